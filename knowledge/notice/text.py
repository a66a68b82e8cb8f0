"""A notice as text for chat and as Markdown for the command line.

The main text holds every paper, before any cut: 更多 hides only conditions, steps and legal basis.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2

from knowledge.notice import words
from knowledge.notice.model import Notice
from knowledge.notice.plan import plan_stages

TEMPLATES = Path(__file__).parent / "templates"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # plain text and Markdown; HTML is made elsewhere
    )
    environment.globals.update(
        groups=words.groups,
        time_words=words.time_words,
        paper_line=words.paper_line,
        reach_words=words.reach_words,
        plan_stages=plan_stages,
    )
    return environment


def _render(template: str, notice: Notice, **more: object) -> str:
    return _environment().get_template(template).render(n=notice, **more).strip() + "\n"


def main_text(notice: Notice, base_url: str | None = None) -> str:
    """What every citizen must read: papers, place, time, fee, in that order."""
    return _render("main.txt", notice, base_url=base_url)


def more_text(notice: Notice) -> str:
    """What 更多 shows: conditions, steps, legal basis."""
    return _render("more.txt", notice)


def to_markdown(notice: Notice) -> str:
    """The whole notice as Markdown."""
    return _render("notice.md", notice)
