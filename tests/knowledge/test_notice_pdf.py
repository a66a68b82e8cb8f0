"""The notice on paper: nothing is lost between the data and the printed page."""

from __future__ import annotations

import datetime as dt
import io
import re
import struct
from pathlib import Path

import pytest
from shipped_catalogue import shipped_snapshot

from knowledge.catalogue_files import ROOT
from knowledge.notice import Notice, build_notice, issue
from knowledge.notice.model import PlanStep
from knowledge.notice.pdf import FONTS, qr_svg, to_pdf
from knowledge.notice.plan import stages
from knowledge.notice.sheet import SAMPLE_LINE, sheet
from knowledge.snapshot import Snapshot

pypdf = pytest.importorskip("pypdf")

NUMBER = "DB20261124-000001"
RESTAURANT: dict[str, str | int | float] = {
    "business_form": "individual",
    "premises": "rented",
    "dining_area": 80,
    "signboard": "hang",
}
FONT = FONTS / "DaobanSans-Regular.otf"


def issued(code: str, facts: dict[str, str | int | float]) -> Notice:
    notice = build_notice(shipped_snapshot(), code, facts)
    return issue(notice, number=NUMBER, token="a" * 22, at=dt.datetime(2026, 11, 24, 9, 30))


def plain(text: str) -> str:
    """Without white space: line breaks and the gap between Chinese and figures are the typesetter's."""
    return re.sub(r"\s+", "", text)


def pages(pdf: bytes) -> list[str]:
    return [plain(page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


@pytest.mark.parametrize(("code", "facts"), [("YJ001", RESTAURANT), ("SH013", {})])
def test_the_pdf_holds_the_whole_notice(code: str, facts: dict[str, str | int | float]) -> None:
    notice = issued(code, facts)
    read = pages(to_pdf(notice, base_url="https://hall.example/"))
    whole = "".join(read)
    for material in notice.materials:
        assert plain(material.name) in whole
        assert plain(material.when_text) in whole
    for site in notice.sites:
        assert plain(site.address) in whole
    for text in (
        NUMBER,
        "2026年11月24日",
        notice.catalogue_version,
        notice.consult_phone,
        notice.fee.text,
        notice.name,
    ):
        assert plain(text) in whole
    for step in notice.plan or []:
        assert plain(step.name) in whole
    assert all(plain(SAMPLE_LINE) in page for page in read)
    assert "https://hall.example/n/" + "a" * 22 in whole


@pytest.mark.parametrize("code", [*shipped_snapshot().catalogue.items, *shipped_snapshot().catalogue.themes])
def test_every_entry_prints_before_anything_is_answered_or_issued(code: str) -> None:
    read = pages(to_pdf(build_notice(shipped_snapshot(), code, {})))
    assert "编号 DB" not in read[0] and "编号DB" not in read[0]
    assert "二维码" not in "".join(read)


def test_a_stopped_notice_is_one_short_page_with_the_reason() -> None:
    stop = shipped_snapshot().catalogue.items["QY039"].stops[0]
    notice = build_notice(shipped_snapshot(), "QY039", {fact: options[0] for fact, options in stop.when.items()})
    read = pages(to_pdf(notice))
    assert len(read) == 1
    assert plain(stop.reason) in read[0]
    assert "要带的" not in read[0]


def test_texts_are_never_taken_for_markup() -> None:
    hostile = '#read("/etc/passwd") *粗* $x$ \\ <label> @ref [a](b)'
    notice = issued("SH013", {}).model_copy(update={"name": hostile, "conditions": [hostile], "facts_text": [hostile]})
    assert plain('#read("/etc/passwd")*粗*$x$\\<label>@ref[a](b)') in "".join(pages(to_pdf(notice)))


def test_a_real_hall_does_not_print_the_sample_line() -> None:
    notice = build_notice(Snapshot(shipped_snapshot().id, shipped_snapshot().catalogue, "某区"), "SH013", {})
    assert "示例数据" not in "".join(pages(to_pdf(notice)))


def test_a_qr_code_stands_alone_as_svg() -> None:
    drawn = qr_svg("https://hall.example/n/" + "a" * 22)
    assert drawn.startswith("<svg") and "http://www.w3.org/2000/svg" in drawn


def test_the_plan_says_what_can_be_done_side_by_side() -> None:
    def step(code: str, *after: str) -> PlanStep:
        return PlanStep(item=code, case=None, after=list(after), optional=False)

    plan = [step("QY001"), step("QY020", "QY001", "QY065"), step("QY065"), step("QY038", "QY001")]
    assert [[one.item for one in cut] for cut in stages(plan)] == [["QY001", "QY065"], ["QY020", "QY038"]]
    circle = [step("QY001", "QY020"), step("QY020", "QY001")]
    assert [len(cut) for cut in stages(circle)] == [2]


def test_each_paper_stands_on_the_sheet_once_and_numbers_run_through() -> None:
    notice = issued("YJ001", RESTAURANT)
    groups = sheet(notice).papers
    names = [row.name for group in groups for row in [*group.sure, *group.perhaps]]
    assert sorted(names) == sorted(material.name for material in notice.materials)
    for group in groups:
        assert [row.number for row in [*group.sure, *group.perhaps]] == list(range(1, group.count + 1))
        assert all(row.when for row in group.perhaps)
        assert not any(row.when for row in group.sure)


def test_the_day_printed_is_the_day_in_china() -> None:
    late = dt.datetime(2026, 11, 23, 20, 0, tzinfo=dt.UTC)
    notice = issue(build_notice(shipped_snapshot(), "SH013", {}), number=NUMBER, token="a" * 22, at=late)
    assert sheet(notice).date == "2026年11月24日"


def characters_of(font: Path) -> set[int]:
    """Code points of an OpenType font's cmap, formats 4 and 12 (OpenType specification, table cmap)."""
    data = font.read_bytes()
    tables = {}
    for index in range(struct.unpack_from(">H", data, 4)[0]):
        tag, _, offset, _ = struct.unpack_from(">4sIII", data, 12 + 16 * index)
        tables[tag] = offset
    start = tables[b"cmap"]
    found: set[int] = set()
    for index in range(struct.unpack_from(">H", data, start + 2)[0]):
        at = start + struct.unpack_from(">HHI", data, start + 4 + 8 * index)[2]
        kind = struct.unpack_from(">H", data, at)[0]
        if kind == 12:
            for group in range(struct.unpack_from(">I", data, at + 12)[0]):
                low, high, _ = struct.unpack_from(">III", data, at + 16 + 12 * group)
                found.update(range(low, high + 1))
        elif kind == 4:
            count = struct.unpack_from(">H", data, at + 6)[0] // 2
            ends = struct.unpack_from(f">{count}H", data, at + 14)
            starts = struct.unpack_from(f">{count}H", data, at + 16 + 2 * count)
            for low, high in zip(starts, ends, strict=True):
                found.update(range(low, high + 1))
    return found - {0xFFFF}


def test_the_font_has_every_character_of_the_catalogue() -> None:
    texts = "".join(path.read_text("utf-8") for path in ROOT.rglob("*") if path.suffix in {".yml", ".csv"})
    lacking = {char for char in texts if char >= " "} - set(map(chr, characters_of(FONT)))
    assert not lacking, f"run scripts/subset_font.py: {''.join(sorted(lacking))}"


def test_the_font_is_small_and_comes_with_its_licence() -> None:
    assert FONT.stat().st_size <= 5_000_000
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / "OFL.txt").read_text("utf-8")
