"""Several requests in one sentence, and what somebody says he does not mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

import numpy.typing as npt
from numpy import float32

from bot.hearing.volunteered import volunteered
from knowledge.facts import related
from knowledge.search import Match
from knowledge.snapshot import Snapshot
from knowledge.text import normalise

SHORTEST_REQUEST, MOST_CLAUSES, NEAR = 3, 6, 0.02

LIKELY = 0.60
"""A clause that wants something is taken for the request it most resembles from this score on."""

SURE = 0.80
"""A clause that asks for an entry with this score asks for it, though the whole sentence hardly resembles it."""

_CLAUSES = re.compile(r"[，,。；;！!？?、\s]|还有|另外|顺便|顺带|然后|再就是|以及|同时")
_WANTS = re.compile(r"办|想|要|领|补|申请|怎么|哪|丢|坏|没了|过期|到期|换|开|注销")

_STOP = r"(?:[，,。；;！!？?\s]+|$)"
_SET_ASIDE = re.compile(
    rf"(?:^|(?<=[，,。；;！!？?\s]))(?:那|咱|我|哎)*(?:先|暂时|暂且)?(?:别|不)(?:说|问|办|管|谈|提|弄|搞)了?[^，,。；;！!？?\s]{{2,12}}{_STOP}"
    rf"|(?:^|(?<=[，,。；;！!？?\s]))[^，,。；;！!？?\s]{{2,12}}?(?:的事)?(?:先|暂时|暂且|就)(?:别|不)(?:说|问|办|管|谈|提|弄|搞|看)(?:它|这个|了|啦|吧)*{_STOP}"
)
"""先不说护照，问问身份证: what is set aside is no request."""

Encode = Callable[[str], npt.NDArray[float32] | None]


def without_set_aside(text: str) -> str:
    """The text without what it says is not meant now; whole where nothing else is left."""
    return _SET_ASIDE.sub("", text).strip() or text


def wants(normal: str) -> bool:
    """Whether a text holds a word of wanting something done."""
    return _WANTS.search(normal) is not None


def clauses_of(text: str) -> list[str]:
    """The normalised clauses of a text, of some length."""
    return [clause for part in _CLAUSES.split(text) if len(clause := normalise(part)) >= SHORTEST_REQUEST]


def several(text: str, whole: Match, snapshot: Snapshot, encode: Encode) -> tuple[str, ...]:
    """The entries of a sentence that asks for more than one: 身份证丢了，社保卡也坏了.

    Each must be clearly asked for by a clause of its own, and be near the whole sentence too or be very sure:
    我租了个店，想卖早点 has a clause about renting, but asks for one thing. A clause that only tells asks for none:
    残疾证是精神二级.
    """
    near = {one.code for one in whole.candidates if one.score >= NEAR}
    clauses = clauses_of(text)
    if not 2 <= len(clauses) <= MOST_CLAUSES:
        return ()
    found: dict[str, str] = {}
    for clause in clauses:
        _, match = snapshot.matcher.read(clause, encode)
        if match.decision == "reject":
            continue
        code, score = match.candidates[0].code, match.candidates[0].score
        likely = match.decision == "answer" or (score >= LIKELY and wants(clause))
        asked = likely and (code in near or (score >= SURE and wants(clause)))
        if asked and match.decision == "answer":
            found.pop(code, None)  # told in its own clause: 钱包丢了 comes before 身份证也要补办, which asks for it
        if asked and code not in found and not any(related(snapshot, code, one) for one in found):
            found[code] = clause
    wanted = [code for code, clause in found.items() if not _only_tells(clause, found.keys() - {code}, snapshot)]
    return tuple(wanted) if len(wanted) > 1 else ()


def _only_tells(clause: str, others: Collection[str], snapshot: Snapshot) -> bool:
    """Whether a clause wants nothing itself and says something of another entry's case."""
    return not wants(clause) and any(volunteered(snapshot, code, clause) for code in others)
