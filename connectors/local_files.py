"""The hall's own values: one workbook a department to fill in and sign, and the file they are kept in."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import yaml
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils.exceptions import InvalidFileException
from pydantic import TypeAdapter, ValidationError

from connectors.settings import Settings
from knowledge.local import HOW_TO_FILL, HallValue, LocalValue, LocalValueError, Overlay, read_value
from knowledge.text import read_yaml

COLUMNS = ("编号", "事项", "问的是什么", "怎么填", "示例区的值（仅供参考）", "本地的值", "签字人", "签字日期", "备注")
_WIDTHS = (14, 30, 44, 26, 22, 22, 14, 16, 24)
_TO_FILL = range(6, 10)
_INSTRUCTION = "请逐行填“本地的值”，填的人签上姓名和日期。不签字的行不算数；拿不准的先空着。灰色的列不要改。"

_OVERLAY: TypeAdapter[dict[str, HallValue]] = TypeAdapter(dict[str, HallValue])


class LocalFileError(Exception):
    """A file that cannot be taken, one sentence a mistake; nothing was changed."""


def overlay_path(settings: Settings) -> Path:
    """Where the site's own values are kept."""
    return settings.data_dir / "local" / f"{settings.site or 'sample'}.yml"


def read_overlay(settings: Settings) -> dict[str, HallValue]:
    """The site's own values; none for the sample. Raises LocalFileError."""
    path = overlay_path(settings)
    if not settings.site or not path.exists():
        return {}
    try:
        return _OVERLAY.validate_python(read_yaml(path) or {})
    except (yaml.YAMLError, ValidationError) as error:
        raise LocalFileError(f"{path.name} 读不了，请用导出的表重新导入。") from error


def write_overlay(settings: Settings, overlay: Overlay) -> None:
    """Write the site's values, aside first and then renamed."""
    path = overlay_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".tmp")
    plain = {key: value.model_dump(mode="json") for key, value in sorted(overlay.items())}
    aside.write_text(yaml.safe_dump(plain, allow_unicode=True, sort_keys=True), "utf-8")
    aside.replace(path)


def export_workbooks(values: Sequence[LocalValue], folder: Path) -> list[Path]:
    """Write one workbook a department into `folder`; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    by_department: dict[str, list[LocalValue]] = defaultdict(list)
    for value in values:
        by_department[value.department].append(value)
    return [_write(folder / f"{name}.xlsx", name, rows) for name, rows in by_department.items()]


def _write(path: Path, department: str, values: Sequence[LocalValue]) -> Path:
    book = Workbook()
    sheet: Any = book.active
    sheet.title = department
    sheet.append([_INSTRUCTION])
    sheet.append([*COLUMNS, "键"])
    for value in values:
        signed = value.confirmation if not value.open else None
        sheet.append(
            [value.code, value.item, value.about, HOW_TO_FILL[value.kind], value.value,
             value.value if signed else None, signed.by if signed else None, signed.date if signed else None, None,
             value.key]
        )  # fmt: skip
    grey = PatternFill("solid", fgColor="EEEEEE")
    for n, width in enumerate(_WIDTHS, start=1):
        sheet.column_dimensions[chr(64 + n)].width = width
    sheet.column_dimensions["J"].hidden = True
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if cell.row == 2:
                cell.font = Font(bold=True)
            elif cell.column in _TO_FILL:
                cell.protection = Protection(locked=False)
            else:
                cell.fill = grey
    sheet.protection.sheet = True
    sheet.freeze_panes = "C3"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    aside = path.with_suffix(".tmp")
    book.save(aside)
    aside.replace(path)
    return path


def import_workbook(path: Path, values: Sequence[LocalValue]) -> dict[str, HallValue]:
    """The signed rows of a workbook. Raises LocalFileError that names every bad row; then nothing is taken."""
    try:
        sheet: Any = load_workbook(path, read_only=True, data_only=True).active
        rows = list(sheet.iter_rows(min_row=3, max_col=10, values_only=True))
    except (OSError, InvalidFileException, BadZipFile, KeyError, ValueError, EOFError) as error:
        raise LocalFileError(f"{path.name} 不是能读的 xlsx 表，请用导出的那张填。") from error
    known = {value.key: value for value in values}
    found: dict[str, HallValue] = {}
    problems: list[str] = []
    for number, row in enumerate(rows, start=3):
        key, filled, by, date = row[9], row[5], row[6], row[7]
        if key is None or filled in (None, "") or by in (None, ""):
            continue
        try:
            found[str(key)] = _row(known, str(key), filled, str(by), date)
        except LocalValueError as error:
            problems.append(f"{path.name} 第{number}行：{error}")
    if problems:
        raise LocalFileError("\n".join(problems))
    return found


def _row(known: dict[str, LocalValue], key: str, filled: object, by: str, date: object) -> HallValue:
    if key not in known:
        raise LocalValueError("目录里已经没有这一项，请重新导出一张表来填。")
    text = f"{filled:g}" if isinstance(filled, float) else str(filled).strip()
    read_value(known[key].kind, text)
    day = date.date() if isinstance(date, dt.datetime) else date
    if isinstance(day, str):
        try:
            day = dt.date.fromisoformat(day.strip().replace("/", "-").replace(".", "-"))
        except ValueError:
            raise LocalValueError(f"签字日期“{date}”看不懂，请写成 2026-11-24 这样。") from None
    if not isinstance(day, dt.date):
        raise LocalValueError("签了名没写日期，请补上。")
    return HallValue(value=text, by=by.strip(), date=day)
