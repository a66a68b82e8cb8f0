"""The notice as a PDF to print: A4, black on white, large type, set by Typst from the sheet.

Texts reach Typst as data, never as markup, so nothing in them can change the page or read a file.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from functools import cache
from pathlib import Path

import segno
import typst

from knowledge.notice.model import Notice
from knowledge.notice.sheet import sheet

FONTS = Path(__file__).parent / "fonts"
TEMPLATE = Path(__file__).parent / "templates" / "notice.typ"


def qr_svg(url: str) -> str:
    """The QR code of a link as an SVG document, with the quiet zone of four modules that scanners need."""
    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="svg", border=4, scale=4, xmldecl=False)
    return out.getvalue().decode()


@cache
def _fonts() -> typst.Fonts:
    # Only ours: the same notice looks the same on every machine.
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


def to_pdf(notice: Notice, *, base_url: str | None = None) -> bytes:
    """The notice as a PDF document.

    The QR code leads to `{base_url}/n/{token}` and is left out where either is unknown, and so are number and date of
    a notice that was not issued. Raises typst.TypstError where the template is broken, never for a text in the notice.
    """
    shown = sheet(notice)
    url = f"{base_url.rstrip('/')}/n/{shown.token}" if base_url and shown.token else ""
    inputs = {"sheet": json.dumps(asdict(shown), ensure_ascii=False), "url": url, "qr": qr_svg(url) if url else ""}
    compiler = typst.Compiler(TEMPLATE, root=TEMPLATE.parent, font_paths=_fonts(), sys_inputs=inputs)
    made = compiler.compile(format="pdf")
    assert isinstance(made, bytes)  # one PDF holds all pages; only images come as a list
    return made
