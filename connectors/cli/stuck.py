"""`daoban stuck`: the people who wait for a person's answer."""

from __future__ import annotations

from typing import Annotated

import typer

from connectors.cli.common import Failure
from connectors.hall.stuck import StoredStuckCases, StuckCase
from connectors.settings import Settings
from connectors.storage import open_store

app = typer.Typer(no_args_is_help=True, help="等人工处理的情况：看有哪些，看一件，回复并办结。")

_WHY = {"asked": "要找人", "complaint": "投诉", "missed": "没听懂"}


def _keeper() -> StoredStuckCases:
    return StoredStuckCases(open_store(Settings().database).engine)


@app.command("list")
def list_open() -> None:
    """Open cases, the one due first at the head: number, due day, why, what it is about."""
    for case in _keeper().waiting():
        typer.echo(f"{case.number}　{case.due}前　{_WHY[case.why]}　{case.item or '还没说清办什么'}")


@app.command("show")
def show(number: Annotated[str, typer.Argument(help="e.g. BC20261124-0001")]) -> None:
    """One case with its talk."""
    for line in _lines(_found(_keeper().find(number), number)):
        typer.echo(line)


@app.command("close")
def close(
    number: Annotated[str, typer.Argument(help="e.g. BC20261124-0001")],
    words: Annotated[str, typer.Argument(help="What the citizen is told")],
) -> None:
    """Close a case with words to the citizen."""
    if not words.strip():
        raise Failure("写一句给群众的回话再办结。", 2)
    case = _keeper().close(number, words.strip())
    if case is None:
        raise Failure(f"没有编号为 {number} 的待办情况，用 daoban stuck list 看有哪些。", 2)
    typer.echo(f"{case.number} 办结了。")


def _found(case: StuckCase | None, number: str) -> StuckCase:
    if case is None:
        raise Failure(f"没有编号为 {number} 的情况，用 daoban stuck list 看有哪些。", 2)
    return case


def _lines(case: StuckCase) -> list[str]:
    facts = "，".join(f"{fact}={value}" for fact, value in case.facts.items()) or "还没问到"
    lines = [f"{case.number}　{_WHY[case.why]}　{case.due}前", f"事项：{case.item or '还没说清'}", f"情形：{facts}"]
    for turn in case.talk:
        lines += [f"群众：{turn.said}", *([f"导办：{turn.answered}"] if turn.answered else [])]
    return lines + ([f"回复：{case.answer}"] if case.answer else [])
