"""`daoban catalogue`: the editors' tools."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from connectors import artefacts
from connectors.cli.common import Failure, line_out
from connectors.settings import Settings
from knowledge.catalogue_files import CatalogueError
from knowledge.check import check_catalogue
from knowledge.snapshot import compile_catalogue
from knowledge.stats import Stats, catalogue_stats

app = typer.Typer(no_args_is_help=True, help="检查、统计、编译事项目录。")


@app.command()
def check() -> None:
    """Find what is wrong in the catalogue: file, line, and the fix. Exit 1 when there is anything."""
    problems = check_catalogue()
    for problem in problems:
        typer.echo(problem)
    if problems:
        raise Failure(f"{len(problems)} 处要改。")
    typer.echo("没有问题。")


@app.command()
def stats(
    json_out: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Count items, themes, cases, materials, phrases and local values, by handbook."""
    try:
        found = catalogue_stats(compile_catalogue())
    except CatalogueError as error:
        raise Failure(str(error)) from None
    if json_out:
        line_out(found.as_dict())
        return
    for line in _table(found):
        typer.echo(line)


def _table(found: Stats) -> list[str]:
    lines = [f"事项 {found.items}，套餐 {found.themes}，情形 {found.cases}（答案组合 {found.combinations}）"]
    lines += [f"材料 {found.materials}，其中多个事项共用 {found.shared_materials}；说法 {found.phrases}"]
    lines += [f"本地值 {found.local_values}，其中只是示例 {found.sample_values}"]
    lines.append(
        f"能下放的事项 {found.delegable}，其中镇街能办的 {found.delegable_at_towns}"
        f"（{found.delegable_at_towns / max(found.delegable, 1):.0%}），村居能办的 {found.levels.get('village', 0)}"
    )
    lines.append(
        f"只在中心 {found.reach.get('center', 0)}，加本镇 {found.reach.get('own_town', 0)}，"
        f"全区通办 {found.reach.get('any_town', 0)}，"
        f"跨区通办 {found.reach.get('cross_district', 0)}；办理点：中心 {found.sites.get('center', 0)}，"
        f"镇街 {found.sites.get('town', 0)}，村居 {found.sites.get('village', 0)}"
    )
    lines += [
        f"{name}：事项 {row.items}，情形 {row.cases}，说法 {row.phrases}" for name, row in found.handbooks.items()
    ]
    lines += [f"{row.code} {row.name}：情形 {row.cases}，组合 {row.combinations}" for row in found.entries]
    return lines


@app.command()
def graph(
    code: Annotated[str, typer.Argument(help="e.g. QY020 or YJ001")],
    out: Annotated[Path | None, typer.Option("--out", help="File to write; default: stdout")] = None,
    form: Annotated[Literal["svg", "png", "pdf"], typer.Option("--format")] = "svg",
) -> None:
    """Draw an entry's questions and outcomes, for a reviewer to proof-read."""
    from knowledge.handbook.drawing import draw

    try:
        known = compile_catalogue()
        picture = draw(known, code, form)
    except CatalogueError as error:
        raise Failure(str(error)) from None
    except KeyError:
        raise Failure(f"没有编码为“{code}”的事项。", 2) from None
    _put(picture, out)


@app.command()
def export(
    handbook: Annotated[str, typer.Option("--handbook", help="企业开办, 社会事务, 投资项目 or 镇街分中心")],
    form: Annotated[Literal["docx", "xlsx", "html", "pdf"], typer.Option("--format")] = "pdf",
    out: Annotated[Path | None, typer.Option("--out", help="File to write; default: stdout")] = None,
) -> None:
    """Write a handbook as a document: what a clerk keeps on the desk."""
    from knowledge.handbook.export import export_book

    try:
        made = export_book(compile_catalogue(), handbook, form)
    except CatalogueError as error:
        raise Failure(str(error)) from None
    except KeyError:
        raise Failure(f"没有“{handbook}”这一本；有：企业开办、社会事务、投资项目、镇街分中心。", 2) from None
    _put(made, out)


def _put(content: bytes, out: Path | None) -> None:
    """Write to the file, aside first, or to stdout. Raises Failure where it cannot be written."""
    if out is None:
        sys.stdout.buffer.write(content)
        return
    try:
        aside = out.with_name(out.name + ".tmp")
        aside.write_bytes(content)
        aside.replace(out)
    except OSError:
        raise Failure(f"写不进 {out}，请换一个能写的地方。") from None


@app.command()
def build() -> None:
    """Compile the snapshot of the present catalogue and print its id. Does nothing where it is built."""
    try:
        folder = artefacts.build(Settings(), lambda text: typer.echo(text, err=True))
    except CatalogueError as error:
        raise Failure(f"{error}\n事项目录有错，请按上面说的改。") from None
    typer.echo(folder.name)
