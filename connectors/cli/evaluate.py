"""`daoban eval` and `daoban bench`: figures, with their data and seed."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from bot.deciding.state import State
from bot.hearing.hear import hear
from connectors.artefacts import load_vectors, model_id
from connectors.cli.common import Failure, line_out, snapshot
from connectors.cli.talk import local_service
from connectors.settings import Settings
from knowledge.hours import CHINA

app = typer.Typer(help="在数据上量一量，和基线一起，写成报告。")
bench = typer.Typer(no_args_is_help=True, help="量速度。")


@app.callback(invoke_without_command=True)
def report(
    context: typer.Context,
    split: Annotated[Literal["dev", "test", "all"], typer.Option("--split", help="Which of our own rows")] = "dev",
    out: Annotated[Path | None, typer.Option("--out", help="Folder; default: eval in the data folder")] = None,
    with_acts: Annotated[bool, typer.Option("--acts/--no-acts", help="Acts too, with the language engine")] = True,
) -> None:
    """All figures on our own rows beside the baselines, as report.html and report.json."""
    if context.invoked_subcommand:
        return
    from eval.acts import evaluate_acts
    from eval.matching import evaluate_matching
    from eval.metrics import SEED
    from eval.report import write_report
    from eval.rows import act_rows, own_rows

    settings = Settings()
    known = snapshot(settings)
    vectors = load_vectors(settings) if known.vectors is not None else None
    matched = evaluate_matching(known, own_rows(split), vectors.encode_passages if vectors else None)

    async def acts() -> dict[str, Any]:
        async with local_service() as service:
            told = State(item="SH029", told=True)

            async def read(text: str) -> str:
                return (await hear(text, told, known, service.conversations.ears)).act

            return await evaluate_acts(act_rows(split), read)

    made = dt.datetime.now(CHINA)
    config = {"split": split, "seed": SEED, "snapshot": known.id, "model": model_id(settings) if vectors else ""}
    heard = asyncio.run(acts()) if with_acts else None
    folder = out or settings.data_dir / "eval" / f"{made:%Y%m%d-%H%M%S}-{split}"
    typer.echo(write_report(folder, matched, heard, config, made))


@app.command("match")
def match(
    data: Annotated[
        Path | None, typer.Argument(help="CSV with text,gold (codes by |, empty: none fits); default: ours")
    ] = None,
) -> None:
    """Top-1, top-3, wrong answers and false rejects of the matcher, beside BM25 alone and the embedding alone."""
    from eval.matching import evaluate_matching
    from eval.rows import own_rows, read_rows

    settings = Settings()
    known = snapshot(settings)
    if data is not None and not data.is_file():
        raise Failure(f"没有文件 {data}。", 2)
    vectors = load_vectors(settings) if known.vectors is not None else None
    try:
        rows = read_rows(data) if data else own_rows()
    except (KeyError, UnicodeDecodeError):
        raise Failure(f"{data} 读不了：要有 text 和 gold 两列，UTF-8。", 2) from None
    line_out(evaluate_matching(known, rows, vectors.encode_passages if vectors else None))


@bench.command("turn")
def turn(
    url: Annotated[str, typer.Option("--url", help="A running service")] = "http://127.0.0.1:8000",
    rounds: Annotated[int, typer.Option(min=1)] = 30,
) -> None:
    """Milliseconds a turn over HTTP, one at a time after a warm-up: first turns, answers and follow-ups."""
    from eval.bench import bench_turn

    try:
        line_out(bench_turn(url, rounds))
    except ConnectionError:
        raise Failure(f"连不上 {url}，先运行 daoban serve。") from None


@bench.command("memory")
def memory() -> None:
    """Resident memory of the running service and its Rasa, in MB, by the process ids it wrote."""
    from eval.bench import resident_memory

    try:
        line_out(resident_memory(Settings().data_dir / "run"))
    except OSError:
        raise Failure("服务没有开着，先运行 daoban serve。") from None
