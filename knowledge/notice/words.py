"""How a notice's parts are said in plain Chinese: shared by text, HTML, PDF and the conversation."""

from __future__ import annotations

from typing import TypedDict

from knowledge.content import Span
from knowledge.notice.model import Notice, NoticeMaterial, NoticeSpan

AT_ONCE = "当场办结"


class Groups(TypedDict):
    """A notice's papers as a person needs them: bring, may follow later, fetched by us, made on the way."""

    must: list[NoticeMaterial]
    later: list[NoticeMaterial]
    on_file: list[NoticeMaterial]
    made: list[NoticeMaterial]


def groups(notice: Notice) -> Groups:
    """Each paper in exactly one group; what we fetch ourselves wins over what may follow later."""
    made = [m for m in notice.materials if m.made_by]
    on_file = [m for m in notice.materials if m.on_file and not m.made_by]
    later = [m for m in notice.materials if m.deferrable and not m.on_file and not m.made_by]
    must = [m for m in notice.materials if not (m.made_by or m.on_file or m.deferrable)]
    return Groups(must=must, later=later, on_file=on_file, made=made)


def span_words(span: Span | NoticeSpan | None) -> str:
    """20个工作日, 60天 or 当场办结; empty where there is none."""
    if span is None:
        return ""
    if span.unit == "immediate" or span.days == 0:
        return AT_ONCE
    return f"{span.days}个工作日" if span.unit == "working" else f"{span.days}天"


def limits_words(promised: Span | None, legal: Span | None) -> str:
    """7个工作日，最长20个工作日: promise and limit of a case in one cell; 以窗口为准 where neither is known."""
    return "，最长".join(dict.fromkeys(span_words(span) for span in (promised, legal) if span)) or "以窗口为准"


def paper_count(material: NoticeMaterial) -> str:
    """原件1份、复印件2份: what of the paper is handed in or shown."""
    parts = ["原件"] if material.original else []
    if material.copies:
        parts.append(f"复印件{material.copies}份")
    return "和".join(parts)


def reach_words(notice: Notice) -> str:
    """Which towns one may go to, where that is not plain from the sites: a sentence, or nothing."""
    if notice.center_only:
        return f"镇上办不了：{notice.center_only}"
    if notice.own_town and "village" in notice.levels:
        return "镇上和村里（社区）的服务站也能办，去您住处或者店面所在的那个镇、村。"
    if notice.own_town:
        return "镇上也能办，去您住处或者店面所在的那个镇。"
    return "村里（社区）的服务站也能办，就近去。" if "village" in notice.levels else ""


def time_words(notice: Notice) -> str:
    """How long it takes, the promise first; 以窗口为准 where neither is known."""
    promised, legal = span_words(notice.time.promised), span_words(notice.time.legal)
    if promised and legal and promised != legal:
        return f"一般{promised}，最长不超过{legal}。" if promised != AT_ONCE else f"{promised}，最长不超过{legal}。"
    if promised or legal == AT_ONCE:
        return f"{promised or legal}。"
    if legal:
        return f"最长不超过{legal}。"
    return "多长时间，以窗口为准。"


def paper_line(material: NoticeMaterial) -> str:
    """One paper on one line: name, what of it, and why only perhaps."""
    line = f"{material.name}（{paper_count(material)}）"
    if material.conditional:
        line = f"视情况（{material.when_text}）：{line}" if material.when_text else f"视情况：{line}"
    return line
