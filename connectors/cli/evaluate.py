"""`daoban eval` and `daoban bench`: figures, with their data and seed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from connectors.artefacts import load_vectors
from connectors.cli.common import Failure, line_out, snapshot
from connectors.settings import Settings

app = typer.Typer(no_args_is_help=True, help="在数据上量一量，和基线一起。")
bench = typer.Typer(no_args_is_help=True, help="量速度。")


@app.command("match")
def match(
    data: Annotated[
        Path | None, typer.Argument(help="CSV with text,gold (codes by |, empty: none fits); default: ours")
    ] = None,
) -> None:
    """Top-1, top-3, wrong answers and false rejects of the matcher, beside BM25 alone and the embedding alone."""
    from eval.matching import evaluate_matching, read_rows

    settings = Settings()
    known = snapshot(settings)
    if data is not None and not data.is_file():
        raise Failure(f"没有文件 {data}。", 2)
    vectors = load_vectors(settings) if known.vectors is not None else None
    line_out(evaluate_matching(known, read_rows(data), vectors.encode_passages if vectors else None))


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
