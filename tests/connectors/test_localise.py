"""The workbooks of local values: out, filled in, back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from openpyxl import load_workbook
from shipped_catalogue import shipped_snapshot

from connectors.local_files import (
    LocalFileError,
    export_workbooks,
    import_workbook,
    overlay_path,
    read_overlay,
    write_overlay,
)
from connectors.settings import Settings
from knowledge.local import local_values

VALUES = local_values(shipped_snapshot().catalogue)


def _fill(path: Path, row: int, value: object, by: object, date: object) -> None:
    book = load_workbook(path)
    sheet = book.active
    for column, cell in ((6, value), (7, by), (8, date)):
        sheet.cell(row=row, column=column, value=cell)
    book.save(path)


def test_one_workbook_a_department_with_every_value(tmp_path: Path) -> None:
    paths = export_workbooks(VALUES, tmp_path)
    assert {path.stem for path in paths} == {value.department for value in VALUES}
    keys = [row[9] for path in paths for row in load_workbook(path).active.iter_rows(min_row=3, values_only=True)]
    assert sorted(keys) == sorted(value.key for value in VALUES)
    assert not list(tmp_path.glob("*.tmp"))


def test_only_signed_rows_come_back_and_survive(tmp_path: Path) -> None:
    path = export_workbooks([value for value in VALUES if value.kind == "promised"], tmp_path / "out")[0]
    _fill(path, 3, "4个工作日", "王示例", dt.datetime(2026, 11, 24))
    _fill(path, 4, "4个工作日", None, None)
    taken = import_workbook(path, VALUES)
    assert [(one.value, one.by, one.date) for one in taken.values()] == [("4个工作日", "王示例", dt.date(2026, 11, 24))]
    settings = Settings(data_dir=tmp_path, site="真区")
    write_overlay(settings, taken)
    assert read_overlay(settings) == taken
    assert read_overlay(Settings(data_dir=tmp_path, site="别区")) == {}


@pytest.mark.parametrize(
    ("value", "by", "date", "says"),
    [("很快", "王", "2026-11-24", "看不懂"), ("3天", "王", "昨天", "签字日期"), ("3天", "王", None, "没写日期")],
)
def test_a_bad_row_is_named_and_nothing_is_taken(
    tmp_path: Path, value: str, by: str, date: str | None, says: str
) -> None:
    path = export_workbooks([value for value in VALUES if value.kind == "promised"], tmp_path)[0]
    _fill(path, 3, value, by, date)
    with pytest.raises(LocalFileError, match=f"第3行：.*{says}"):
        import_workbook(path, VALUES)


def test_a_file_that_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_text("hello", "utf-8")
    with pytest.raises(LocalFileError, match="不是能读的"):
        import_workbook(path, VALUES)


def test_a_broken_overlay_is_one_sentence(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, site="真区")
    overlay_path(settings).parent.mkdir()
    overlay_path(settings).write_text("a: [", "utf-8")
    with pytest.raises(LocalFileError, match="读不了"):
        read_overlay(settings)
