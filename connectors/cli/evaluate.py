"""`daoban eval` and `daoban bench`: figures, with their data and seed."""

from __future__ import annotations

import asyncio
import datetime as dt
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bot.deciding.state import State
from bot.hearing.hear import hear
from connectors.artefacts import NotSetUp, artefact, load_vectors, model_id
from connectors.cli.common import Failure, line_out, snapshot
from connectors.cli.talk import local_service, match_all
from connectors.settings import BUILD, Settings
from knowledge.hours import CHINA
from knowledge.snapshot import Snapshot

if TYPE_CHECKING:
    from eval.matching import Baseline
    from eval.rows import OtherSets

app = typer.Typer(help="在数据上量一量，和基线一起，写成报告。")
bench = typer.Typer(no_args_is_help=True, help="量速度。")


@app.callback(invoke_without_command=True)
def report(
    context: typer.Context,
    split: Annotated[Literal["dev", "test", "all"], typer.Option("--split", help="Which of our own rows")] = "dev",
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder; default: by time in eval in the data folder")
    ] = None,
    with_acts: Annotated[bool, typer.Option("--acts/--no-acts", help="Acts too, with the language engine")] = True,
    sets: Annotated[Path | None, typer.Option("--sets", help="Folder of other labelled sets, CSV and JSONL")] = None,
    rasa: Annotated[
        bool | None,
        typer.Option("--rasa/--no-rasa", help="Rasa with one intent an entry; trains 5 minutes. Default: if trained"),
    ] = None,
) -> None:
    """All figures on our own rows, and other sets, beside the baselines, as report.html and report.json."""
    if context.invoked_subcommand:
        return
    from eval.config import configuration
    from eval.matching import evaluate_sets
    from eval.report import point_latest, write_report
    from eval.rows import OtherSets, act_rows, own_rows

    settings = Settings()
    known = snapshot(settings)
    vectors = load_vectors(settings) if known.vectors is not None else None
    others = _other_sets(sets) if sets else OtherSets({}, [], [])
    rows = {"own": own_rows(split), **others.sentences}
    more, trained = _rasa_baseline(known, [row.text for one in rows.values() for row in one], rasa)
    found = evaluate_sets(known, rows, vectors.encode_passages if vectors else None, more)
    told = {
        "match": found["sets"].pop("own"),
        **found,
        **dict.fromkeys(("acts", "sets_acts", "dialogues")),
        **(asyncio.run(_talked(known, act_rows(split), others)) if with_acts else {}),
    }
    made = dt.datetime.now(CHINA)
    config = configuration(
        known, [path for path in (sets.iterdir() if sets else ()) if path.is_file()], split=split,
        model=model_id(settings) if vectors else "", rasa_baseline=trained,
        rasa_model=artefact("rasa_model").name if with_acts else "",
    )  # fmt: skip
    folder = out or settings.data_dir / "eval" / f"{made:%Y%m%d-%H%M%S}-{split}"
    page = write_report(folder, told, config, made)
    if out is None:
        point_latest(folder)
    typer.echo(page)


def _other_sets(folder: Path) -> OtherSets:
    from eval.rows import read_folder

    if not folder.is_dir():
        raise Failure(f"没有文件夹 {folder}。", 2)
    try:
        return read_folder(folder)
    except (KeyError, ValueError) as error:
        raise Failure(f"{folder} 里有读不了的文件（{error}）：写法见 docs/evaluation.md。", 2) from None


def _rasa_baseline(known: Snapshot, texts: Sequence[str], asked: bool | None) -> tuple[dict[str, Baseline], str]:
    """The baseline and the name of its model, trained where asked for; nothing where not, or not there."""
    from eval.rasa_baseline import RasaBaseline, RasaFailed
    from knowledge.text import normalise

    if asked is False:
        return {}, ""
    try:
        baseline = RasaBaseline(artefact("rasa_python"), BUILD, known.matcher.index.phrases)
        if asked:
            baseline.train()
        elif not baseline.model.is_file():
            return {}, ""
        read = baseline.read([normalise(text) for text in texts])
    except NotSetUp as error:
        if asked:
            raise Failure(str(error)) from None
        return {}, ""
    except RasaFailed as error:
        raise Failure(f"Rasa 基线没有做成：{error}") from None
    return {"rasa": lambda normal, _: [read[text] for text in normal]}, baseline.model.name


async def _talked(known: Snapshot, acts: Sequence[tuple[str, str]], others: OtherSets) -> dict[str, Any]:
    """What needs the whole service: acts, ours and the other sets', and dialogues; in a data folder of its own."""
    from eval.acts import evaluate_acts
    from eval.dialogues import evaluate_dialogues

    with tempfile.TemporaryDirectory() as folder:
        async with local_service(Settings(data_dir=Path(folder), database_url="")) as service:
            told = State(item="SH029", told=True)

            async def read(text: str) -> str:
                return (await hear(text, told, known, service.conversations.ears)).act

            async def send(conversation: str, text: str) -> dict[str, Any]:
                return (await service.conversations.message("cli", conversation, "api", text)).as_json()

            return {
                "acts": await evaluate_acts(acts, read),
                "sets_acts": await evaluate_acts(others.acts, read) if others.acts else None,
                "dialogues": await evaluate_dialogues(others.dialogues, send) if others.dialogues else None,
            }


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


@app.command("refit")
def refit() -> None:
    """Fit the matcher's decision on the development sentences anew; run `make setup` afterwards."""
    from eval.calibrate import refit as fit

    settings = Settings()
    vectors = load_vectors(settings)
    if vectors is None:
        raise Failure("没有语义模型，先运行 make setup。")
    typer.echo(fit(snapshot(settings), vectors.encode_passages))


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


@bench.command("match")
def match_speed(
    limit: Annotated[int, typer.Option(min=1, help="Sentences of each length")] = 320,
) -> None:
    """The matcher beside the bare encoder on our own sentences: in batches and one at a time, with the targets."""
    from eval.bench import SHORT, bench_match
    from eval.rows import own_rows

    settings = Settings()
    known = snapshot(settings)
    vectors = load_vectors(settings) if known.vectors is not None else None
    if vectors is None:
        raise Failure("没有语义模型，请先运行 make setup。")
    texts = [row.text for row in own_rows()]
    short, long = ([text for text in texts if (len(text) <= SHORT) is wanted][:limit] for wanted in (True, False))
    line_out(
        bench_match(
            [*short, *long],
            lambda some: match_all(known, vectors, some),
            vectors.encode_passages,
            vectors.encode_query,
        )
    )


@bench.command("memory")
def memory() -> None:
    """Resident memory of the running service and its Rasa, in MB, by the process ids it wrote."""
    from eval.bench import resident_memory

    try:
        line_out(resident_memory(Settings().data_dir / "run"))
    except OSError:
        raise Failure("服务没有开着，先运行 daoban serve。") from None
