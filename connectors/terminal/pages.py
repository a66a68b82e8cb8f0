"""The pages as HTML: pure functions from what is to be shown to a string. No script, no inline style, all text escaped.

Every action is a form that posts to `/`, so the pages work on any browser and under `default-src 'self'`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

import jinja2

from knowledge.definitions import Form
from knowledge.notice import Notice
from knowledge.notice.sheet import SAMPLE_LINE, sheet

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"

Stage: TypeAlias = Literal["start", "question", "choices", "notice", "message"]


@dataclass(frozen=True)
class QuestionView:
    """A question; `left` counts those that may still come, this one included. Options are (label, value)."""

    text: str
    why: str
    left: int
    options: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ChoiceView:
    """An entry to choose; `hint` is what tells it from its neighbours."""

    label: str
    hint: str
    value: str


@dataclass(frozen=True)
class TerminalView:
    """All that the terminal's one page shows.

    `messages` are paragraphs above; for choices the last one is the question. `themes` are (code, plain name,
    summary), and a tap sends the code.
    """

    stage: Stage
    messages: Sequence[str] = ()
    said: str = ""
    answered: Sequence[str] = ()
    question: QuestionView | None = None
    choices: Sequence[ChoiceView] = ()
    notice: Notice | None = None
    examples: Sequence[str] = ()
    themes: Sequence[tuple[str, str, str]] = field(default=())
    sample: bool = False
    large: bool = False


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals["sample_line"] = SAMPLE_LINE
    return environment


def _render(template: str, **values: object) -> str:
    return _environment().get_template(template).render(**values)


def terminal_page(view: TerminalView) -> str:
    """The page `/`: one thing at a time, on the hall's screen or a phone."""
    shown = sheet(view.notice) if view.notice else None
    return _render("terminal.html", view=view, s=shown, large=view.large)


def notice_page(notice: Notice, *, changed: Sequence[str], base_url: str | None, large: bool = False) -> str:
    """The page `/n/{token}`: the notice as it was issued; `changed` says in words what differs today."""
    shown = sheet(notice)
    url = f"{base_url.rstrip('/')}/n/{shown.token}" if base_url and shown.token else ""
    return _render("notice.html", s=shown, changed=changed, url=url, large=large)


def form_page(form: Form, *, filled: bool, large: bool = False) -> str:
    """The page `/forms/{id}`: a form blank, or filled in with hints; the usual mistakes on both."""
    url = form.url if form.url and form.url.startswith(("https://", "http://")) else ""
    return _render("form.html", form=form, filled=filled, url=url, large=large)


def message_page(title: str, text: str, *, status: int, large: bool = False) -> str:
    """A page that says in plain words why there is nothing here, and the way on. `status` is shown small, for staff."""
    return _render("message.html", title=title, text=text, status=status, large=large)
