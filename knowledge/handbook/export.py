"""Writes a handbook as HTML, PDF, Word or Excel, each from the same Book."""

from __future__ import annotations

import io
import json
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import jinja2
import typst
from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from markupsafe import Markup
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill

from knowledge.handbook.book import Book, CaseRow, FormSample, PaperRow, Section, make_book
from knowledge.handbook.drawing import draw
from knowledge.notice.pdf import FONTS
from knowledge.snapshot import Snapshot

TEMPLATES = Path(__file__).parent / "templates"
Format: TypeAlias = Literal["docx", "xlsx", "html", "pdf"]

PAPER_HEAD = ("材料", "份数", "谁出具", "什么情况要", "能不能省", "说明")
CASE_HEAD = ("编号", "情形", "材料", "时间", "费用", "谁来")
FIELD_HEAD = ("栏目", "填写样例", "提醒")
FACT_HEAD = ("项目", "内容")


def export_book(snapshot: Snapshot, handbook: str, form: Format) -> bytes:
    """The handbook as a file's bytes. Raises KeyError for a handbook that is none of the four."""
    book = make_book(snapshot, handbook)
    if form == "html":
        return _html(snapshot, book).encode("utf-8")
    if form == "pdf":
        return _pdf(snapshot, book)
    return _docx(snapshot, book) if form == "docx" else _xlsx(book)


def _paper(row: PaperRow) -> tuple[str, ...]:
    return row.name, row.count, row.issuer, row.when, row.spared, row.note


def _case(row: CaseRow) -> tuple[str, ...]:
    return row.id, row.answers, row.papers, row.time, row.fee, row.who


def _fields(form: FormSample) -> list[tuple[str, ...]]:
    return [(field["label"], field["example"], field["hint"]) for field in form.fields]


def _html(snapshot: Snapshot, book: Book) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )
    # Our own drawing, made from data by Typst: safe to set in as it is.
    drawings = {s.code: Markup(draw(snapshot, s.code, "svg").decode("utf-8")) for s in book.sections}
    return environment.get_template("book.html").render(
        book=book,
        drawings=drawings,
        papers=lambda section: [_paper(row) for row in section.papers],
        cases=lambda section: [_case(row) for row in section.cases],
        fields=_fields,
    )


def _pdf(snapshot: Snapshot, book: Book) -> bytes:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
    inputs = {"data": json.dumps(book.as_dict(), ensure_ascii=False)}
    with tempfile.TemporaryDirectory() as folder:
        # Each drawing is a document of its own, set in as a picture: laid out inside the book, a hundred of them take
        # over 4 GB of memory, and one deep tree takes all there is.
        for section in book.sections:
            (Path(folder) / f"{section.code}.pdf").write_bytes(draw(snapshot, section.code, "pdf"))
        template = Path(shutil.copy(TEMPLATES / "book.typ", folder))
        compiler = typst.Compiler(template, root=folder, font_paths=fonts, sys_inputs=inputs)
        made = compiler.compile(format="pdf")
    assert isinstance(made, bytes), "a PDF is one document"
    return made


def _docx(snapshot: Snapshot, book: Book) -> bytes:
    document: Any = Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "宋体", Pt(10.5)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "宋体")
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(1.8)
    document.add_heading(book.title, 0)
    if book.sample:
        document.add_paragraph(book.sample)
    document.add_paragraph(f"目录版本 {book.version}")
    _contents(document)
    for section in book.sections:
        document.add_page_break()
        _docx_section(snapshot, document, section)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _contents(document: Any) -> None:
    """A field that Word fills with the headings when the file is opened (it asks once)."""
    run = document.add_paragraph().add_run()
    for kind, text in (("begin", ""), ("", 'TOC \\o "1-1" \\h \\z \\u'), ("separate", ""), ("end", "")):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.set(qn("xml:space"), "preserve")
            element.text = text
        run._r.append(element)
    update = OxmlElement("w:updateFields")
    update.set(qn("w:val"), "true")
    document.settings.element.append(update)


def _docx_section(snapshot: Snapshot, document: Any, section: Section) -> None:
    document.add_heading(f"{section.code} {section.name}", 1)
    document.add_paragraph(f"{section.plain_name}。{section.summary}")
    document.add_paragraph(f"主管：{section.department}　核对日期：{section.verified}")
    _docx_table(document, FACT_HEAD, section.facts)
    _docx_list(document, "什么人能办", section.conditions, "List Bullet")
    document.add_heading("怎么分情形", 2)
    document.add_picture(io.BytesIO(draw(snapshot, section.code, "png")), width=Cm(17.4))
    document.add_heading("材料", 2)
    _docx_table(document, PAPER_HEAD, [_paper(row) for row in section.papers])
    document.add_heading("情形一览", 2)
    _docx_table(document, CASE_HEAD, [_case(row) for row in section.cases])
    _docx_list(document, "步骤", [f"{text}（{place}）" for text, place in section.steps], "List Number")
    for form in section.forms:
        document.add_heading(f"样表：{form.name}", 2)
        if form.fields:
            _docx_table(document, FIELD_HEAD, _fields(form))
        for mistake in form.mistakes:
            document.add_paragraph(f"常见错误：{mistake}", style="List Bullet")
    _docx_list(document, "受理提醒", section.notes, "List Bullet")
    _docx_list(document, "依据", section.basis, "List Bullet")


def _docx_list(document: Any, title: str, lines: Sequence[str], style: str) -> None:
    if lines:
        document.add_heading(title, 2)
        for line in lines:
            document.add_paragraph(line, style=style)


def _docx_table(document: Any, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = document.add_table(rows=1, cols=len(head), style="Table Grid")
    for cell, text in zip(table.rows[0].cells, head, strict=True):
        cell.paragraphs[0].add_run(text).bold = True
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text


def _xlsx(book: Book) -> bytes:
    workbook = Workbook()
    sheet: Any = workbook.active
    sheet.title = "目录"
    contents = [(s.code, s.name, s.plain_name, s.department, len(s.cases)) for s in book.sections]
    _fill(sheet, ("编号", "事项", "俗名", "主管", "情形数"), contents, (10, 44, 24, 14, 10))
    if book.sample:
        sheet.append([book.sample])
    parts: tuple[tuple[str, Sequence[str], Any, Sequence[int]], ...] = (
        ("要点", FACT_HEAD, lambda s: s.facts, (10, 30, 14, 70)),
        ("材料", PAPER_HEAD, lambda s: [_paper(row) for row in s.papers], (10, 30, 34, 14, 30, 34, 20, 60)),
        ("情形", CASE_HEAD, lambda s: [_case(row) for row in s.cases], (10, 30, 12, 40, 70, 24, 30, 22)),
        ("步骤", ("步骤", "在哪里"), lambda s: s.steps, (10, 30, 80, 20)),
        ("样表", ("表", *FIELD_HEAD), lambda s: [(f.name, *row) for f in s.forms for row in _fields(f)],
         (10, 30, 30, 20, 40, 40)),
        ("常见错误", ("表", "常见错误"), lambda s: [(f.name, m) for f in s.forms for m in f.mistakes],
         (10, 30, 30, 80)),
        ("受理提醒", ("提醒",), lambda s: [(note,) for note in s.notes], (10, 30, 100)),
        ("依据", ("依据",), lambda s: [(one,) for one in s.basis], (10, 30, 80)),
    )  # fmt: skip
    for title, head, read, widths in parts:
        rows = [(s.code, s.name, *row) for s in book.sections for row in read(s)]
        _fill(workbook.create_sheet(title), ("编号", "事项", *head), rows, widths)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _fill(sheet: Any, head: Sequence[str], rows: Iterable[Sequence[Any]], widths: Sequence[int]) -> None:
    sheet.append(list(head))
    for row in rows:
        sheet.append(list(row))
    for n, width in enumerate(widths):
        sheet.column_dimensions[chr(65 + n)].width = width
    for row in sheet.iter_rows():
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="EEF2F7")
    sheet.freeze_panes = "A2"
