"""`daoban localise`: hand the local values out to be signed, take them back, see what is open."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from connectors.cli.common import Failure
from connectors.local_files import (
    LocalFileError,
    export_workbooks,
    import_workbook,
    overlay_path,
    read_overlay,
    write_overlay,
)
from connectors.settings import Settings
from knowledge.catalogue_files import CatalogueError, load_catalogue
from knowledge.local import LocalValue, apply, local_values

app = typer.Typer(no_args_is_help=True, help="本地值：导出给部门填和签字，导入，看还差哪些。")


def _values(settings: Settings) -> list[LocalValue]:
    try:
        return local_values(apply(load_catalogue(), read_overlay(settings)))
    except (CatalogueError, LocalFileError) as error:
        raise Failure(str(error)) from None


def _site(settings: Settings) -> Settings:
    if not settings.site:
        raise Failure("先用 DAOBAN_SITE 说明是哪个大厅，例如 DAOBAN_SITE=某某区。", 2)
    return settings


@app.command("export")
def export(folder: Annotated[Path, typer.Argument(help="Folder for the workbooks, one a department")]) -> None:
    """Write one xlsx a department, to fill in and sign."""
    try:
        paths = export_workbooks(_values(Settings()), folder)
    except OSError:
        raise Failure(f"写不进 {folder}，请换一个能写的文件夹。") from None
    for path in paths:
        typer.echo(str(path))


@app.command("import")
def take(files: Annotated[list[Path], typer.Argument(help="Workbooks that came back")]) -> None:
    """Take the signed rows of workbooks; on any mistake none are taken."""
    settings = _site(Settings())
    values = _values(settings)
    taken = dict(read_overlay(settings))
    before = len(taken)
    problems: list[str] = []
    for file in files:
        try:
            taken |= import_workbook(file, values)
        except LocalFileError as error:
            problems.append(str(error))
    if problems:
        raise Failure("\n".join(problems))
    write_overlay(settings, taken)
    typer.echo(f"已确认 {len(taken)} 项（新增 {len(taken) - before}），存在 {overlay_path(settings).name}。")


@app.command("status")
def status() -> None:
    """List what is still open, by department."""
    values = _values(Settings())
    still = Counter(value.department for value in values if value.open)
    for department, total in Counter(value.department for value in values).items():
        typer.echo(f"{department}：{total} 项，未核实 {still[department]} 项")
    typer.echo(f"一共 {len(values)} 项，未核实 {sum(still.values())} 项。")
