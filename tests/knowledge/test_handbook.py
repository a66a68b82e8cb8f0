"""Drawings and handbooks: every case is in them, and every format opens."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from docx import Document
from openpyxl import load_workbook
from pypdf import PdfReader
from shipped_catalogue import shipped_snapshot

from knowledge.handbook.book import HANDBOOKS, make_book
from knowledge.handbook.drawing import Node, decision_tree, draw
from knowledge.handbook.export import export_book
from knowledge.snapshot import Snapshot

CODES = sorted(shipped_snapshot().tables)


def _leaves(node: Node) -> Iterator[Node]:
    if not node.branches:
        yield node
    for branch in node.branches:
        yield from _leaves(branch.node)


@pytest.mark.parametrize("code", CODES)
def test_the_drawing_ends_in_every_case(snapshot: Snapshot, code: str) -> None:
    table = snapshot.tables[code]
    drawn = {leaf.title for leaf in _leaves(decision_tree(snapshot, code))}
    assert drawn == {table.case_id(n) for n in range(len(table.contents))}


def test_a_drawing_is_a_picture(snapshot: Snapshot) -> None:
    assert draw(snapshot, "SH013", "svg").startswith(b"<svg")
    assert draw(snapshot, "SH013", "png").startswith(b"\x89PNG")
    with pytest.raises(KeyError):
        draw(snapshot, "QY999")


def test_a_book_holds_its_items_and_every_case(snapshot: Snapshot) -> None:
    for name in HANDBOOKS:
        book = make_book(snapshot, name)
        items = [item.code for item in snapshot.catalogue.items.values() if item.handbook == name]
        assert [section.code for section in book.sections] == sorted(items)
        for section in book.sections:
            assert len(section.cases) == len(snapshot.tables[section.code].contents)
            assert section.papers and section.steps and section.basis
    with pytest.raises(KeyError):
        make_book(snapshot, "别的书")


def test_every_format_opens_and_names_every_item(snapshot: Snapshot) -> None:
    # A small book of two items: the formats are the same for any number.
    items = {code: snapshot.catalogue.items[code] for code in ("SH013", "SH029")}
    small = Snapshot("small", snapshot.catalogue.model_copy(update={"items": items, "themes": {}}), None)
    names = [item.name for item in items.values()]
    html = export_book(small, "社会事务", "html").decode("utf-8")
    assert all(name in html for name in names)
    assert "<svg" in html and "<script" not in html
    pdf = "".join(page.extract_text() for page in PdfReader(io.BytesIO(export_book(small, "社会事务", "pdf"))).pages)
    assert all(name in pdf for name in names) and "示例数据" in pdf
    document = Document(io.BytesIO(export_book(small, "社会事务", "docx")))
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert headings == [f"{code} {item.name}" for code, item in items.items()]
    assert len(document.inline_shapes) == len(items)
    workbook = load_workbook(io.BytesIO(export_book(small, "社会事务", "xlsx")))
    assert {row[1] for row in workbook["材料"].iter_rows(min_row=2, values_only=True)} == set(names)
    assert {row[1] for row in workbook["情形"].iter_rows(min_row=2, values_only=True)} == set(names)
