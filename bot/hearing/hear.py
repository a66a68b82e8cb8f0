"""Hearing: mask, normalise, what was offered, rules, then two readers side by side."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bot.deciding.state import Situation, State
from bot.hearing.cues import likely_act, sure_act
from bot.hearing.mask import mask_personal
from bot.hearing.options import ordinal, read_option
from bot.hearing.papers import asks_if_enough
from bot.hearing.places import asks_where
from bot.hearing.rasa import Parse, Parser
from bot.hearing.reading import ABOUT_ITEM, ACTS, Act, Picked, Reading
from bot.hearing.volunteered import volunteered
from knowledge.facts import related
from knowledge.search import Match
from knowledge.snapshot import Snapshot
from knowledge.text import clean, normalise, plain_words

NONE_OF_THESE = "none"
"""The value of 都不是 among offered entries."""

SURE = 0.55
"""Rasa's confidence from which its act stands against the matcher's; below, the matcher decides between the two."""

_LEAST = 1e-4
"""What an act counts for that a reader does not list at all."""

FAINT = 0.30
"""Below this confidence Rasa has heard nothing."""

SURE_ANGER, SHORT_ANSWER = 0.75, 8
"""Below this confidence so few characters are an answer, no complaint: 招了三个人 wants no person and no number."""

BREAKING: frozenset[Act] = frozenset(("emergency", "restart", "bye", "human", "erase"))
SURE_BREAK = 0.6
"""In the middle of a talk these acts frighten or end it: 刚开始摆 is no restart. Less sure, it is an answer."""

CLEAR = 0.90
"""A match from which a request is heard whatever Rasa says of its tone."""

_CLAUSES = re.compile(r"[，,。；;！!？?、\n]|还有|另外|顺便|顺带|然后|再就是|以及|同时")
_WANTS = re.compile(r"办|想|要|领|补|申请|怎么|哪|丢|坏|没了|过期|到期|换|开|注销")
_THAT_ONE = re.compile(
    r"^(?:我?(?:要|选|问的?|说的?|办)?(?:的?是)?)|(?:的?(?:那|这)(?:一?个|种|项|件|张|本)|的)(?:吧|呀|啊)?$"
)
"""What is said around a word that picks: 我要公司的那个."""

SHORTEST_WORD = 2
SHORTEST_REQUEST, MOST_CLAUSES, NEAR = 3, 5, 0.02

_CACHED_VECTORS = 2048

Vector = npt.NDArray[np.float32]


class QueryEncoder(Protocol):
    """Turns queries into vectors, L2-normalised."""

    def encode_query(self, text: str) -> Vector:
        """The vector [d] of one normalised text."""


@dataclass
class Ears:
    """What hearing needs: the language engine, and the encoder where there is one."""

    parser: Parser
    encoder: QueryEncoder | None = None
    _vectors: OrderedDict[str, Vector] = field(default_factory=OrderedDict)

    def vector(self, normal: str) -> Vector | None:
        """The text's vector, remembered for the sentences that many people say."""
        if self.encoder is None or not normal:
            return None
        if normal not in self._vectors:
            self._vectors[normal] = self.encoder.encode_query(normal)
            if len(self._vectors) > _CACHED_VECTORS:
                self._vectors.popitem(last=False)
        self._vectors.move_to_end(normal)
        return self._vectors[normal]


async def hear(text: str, state: State, snapshot: Snapshot, ears: Ears) -> Reading:
    """The reading of one utterance in its situation. Never raises for any text."""
    masked = mask_personal(clean(text))
    normal = normalise(masked)
    picked = _pick(masked, normal, state, snapshot)
    if picked:
        return Reading(masked, normal, "inform", 1.0, picked)
    rule = sure_act(masked, normal)
    if rule and rule != "deny":
        return Reading(masked, normal, rule, 1.0)
    heard, (match, head) = await asyncio.gather(
        ears.parser.parse(plain_words(masked)), asyncio.to_thread(_read_vectors, normal, snapshot, ears)
    )
    parse = agreed(heard, head)
    act, confidence = choose_act(parse, match, normal, state.situation)
    requests: tuple[str, ...] = ()
    if rule:
        act, confidence = rule, 1.0
    elif act == "service" or act in ABOUT_ITEM:
        requests = await asyncio.to_thread(_several, masked, match, snapshot, ears)
    if requests:
        act = "service"
    elif act == "service" and (asked := _asks_of_it(match, normal, state, snapshot)):
        act = asked
    elif act in ("service", "conditions") and state.item and asks_where(snapshot, normal):
        act = "place"
    elif act == "service" and state.item and asks_if_enough(snapshot, state.item, normal):
        act = "materials"
    return Reading(
        masked,
        normal,
        act,
        confidence,
        None,
        parse.entities if parse else (),
        match,
        degraded=heard is None,
        requests=requests,
    )


async def read_act(text: str, snapshot: Snapshot, ears: Ears) -> Parse | None:
    """The act of a sentence by itself, as the conversation hears it: by rule, else as both readers agree.

    None where the language engine gives no reading.
    """
    heard = await ears.parser.parse(plain_words(text))
    if heard is None:
        return None
    normal = normalise(text)
    rule = sure_act(text, normal)
    if rule:
        return Parse(rule, 1.0, heard.entities)
    vector = ears.vector(normal)
    return agreed(heard, _act_head(vector, snapshot))


def _read_vectors(normal: str, snapshot: Snapshot, ears: Ears) -> tuple[Match, dict[str, float]]:
    """The matcher's reading, and from the same vector the act head's."""
    vector = ears.vector(normal)
    return snapshot.matcher.match(normal, vector), _act_head(vector, snapshot)


def _act_head(vector: Vector | None, snapshot: Snapshot) -> dict[str, float]:
    """The act head's probabilities; nothing where there is no head or no vector."""
    return snapshot.acts.read(vector) if snapshot.acts is not None and vector is not None else {}


def _asks_of_it(match: Match, normal: str, state: State, snapshot: Snapshot) -> Act | None:
    """What a sentence asks that would be a request for what is talked about anyway: 补一本要多少钱."""
    if state.item is None:
        return None
    if match.decision != "reject" and not related(snapshot, state.item, match.candidates[0].code):
        return None
    act = likely_act(normal)
    return act if act in ABOUT_ITEM else None


def _several(masked: str, whole: Match, snapshot: Snapshot, ears: Ears) -> tuple[str, ...]:
    """The entries of a sentence that asks for more than one: 身份证丢了，社保卡也坏了.

    Each must be clearly asked for by a clause of its own and be near the whole sentence too: 我租了个店，想卖早点 has a
    clause about renting, but asks for one thing. A clause that only tells, as 残疾证是精神二级, asks for none.
    """
    near = {one.code for one in whole.candidates if one.score >= NEAR}
    clauses = [clause for part in _CLAUSES.split(masked) if len(clause := normalise(part)) >= SHORTEST_REQUEST]
    if len(near) < 2 or not 2 <= len(clauses) <= MOST_CLAUSES:
        return ()
    found: dict[str, str] = {}
    for clause in clauses:
        match = snapshot.matcher.match(clause, ears.vector(clause))
        code = match.candidates[0].code if match.decision == "answer" else ""
        if code in near and code not in found and not any(related(snapshot, code, one) for one in found):
            found[code] = clause
    asked = [code for code, clause in found.items() if not _only_tells(clause, found.keys() - {code}, snapshot)]
    return tuple(asked) if len(asked) > 1 else ()


def _only_tells(clause: str, others: Collection[str], snapshot: Snapshot) -> bool:
    """Whether a clause wants nothing itself and says something of another entry's case."""
    return not _WANTS.search(clause) and any(volunteered(snapshot, code, clause) for code in others)


def agreed(heard: Parse | None, head: Mapping[str, float]) -> Parse | None:
    """One act from the language engine and the act head: the geometric mean of their probabilities.

    Either stands alone where the other is silent; None where both are.
    """
    if not head:
        return heard
    if heard is None:
        act = max(head, key=lambda one: head[one])
        return Parse(act, head[act])
    ranking = heard.ranking or {heard.act: heard.confidence}
    means = {act: ((ranking.get(act, 0.0) + _LEAST) * (head[act] + _LEAST)) ** 0.5 for act in head}
    total = sum(means.values())
    act = max(means, key=lambda one: means[one])
    return Parse(act, means[act] / total, heard.entities)


def _pick(masked: str, normal: str, state: State, snapshot: Snapshot) -> Picked | None:
    if masked.upper() in snapshot.tables:
        return Picked("entry", masked.upper())
    if state.offered:
        return _pick_entry(masked, normal, state, snapshot)
    if state.asked and state.item:
        fact = snapshot.catalogue.fact(snapshot.catalogue.entry(state.item), state.asked)
        return read_option(state.asked, fact, masked, normal)
    return None


def _pick_entry(masked: str, normal: str, state: State, snapshot: Snapshot) -> Picked | None:
    """Which offered entry the text picks: by value, number or name; None as value: none of these."""
    value = masked.strip()
    if value in state.offered:
        return Picked("entry", value)
    if value == NONE_OF_THESE:
        return Picked("entry", None)
    number = ordinal(normal)
    if number is not None:
        if 1 <= number <= len(state.offered):
            return Picked("entry", state.offered[number - 1])
        return Picked("entry", None) if number == len(state.offered) + 1 else None
    plain = normal.replace(" ", "")
    for code in state.offered:
        entry = snapshot.catalogue.entry(code)
        if plain in (normalise(entry.name).replace(" ", ""), normalise(entry.plain_name).replace(" ", "")):
            return Picked("entry", code)
    return _pick_by_word(plain, state, snapshot)


def _pick_by_word(plain: str, state: State, snapshot: Snapshot) -> Picked | None:
    """The one offered entry whose words hold what was said: 公司的那个."""
    word = _THAT_ONE.sub("", plain)
    if len(word) < SHORTEST_WORD:
        return None
    entries = [snapshot.catalogue.entry(code) for code in state.offered]
    for texts in ([(one.name, one.plain_name) for one in entries], [(one.tells_apart,) for one in entries]):
        holding = [entry.code for entry, of in zip(entries, texts, strict=True) if any(word in text for text in of)]
        if len(holding) == 1:
            return Picked("entry", holding[0])
    return None


def choose_act(parse: Parse | None, match: Match, normal: str, situation: Situation) -> tuple[Act, float]:
    """One act from the two readers.

    A clear request wins over an unsure act; an act about an item stands in any case, since the matcher's entry then
    says which item it is about. Without Rasa, words decide between acts.
    """
    found = match.candidates[0].score if match.candidates and match.decision == "answer" else 0.0
    if parse is None or parse.act not in ACTS or parse.confidence < FAINT:
        return _without_rasa(match, found, normal, situation)
    if (
        parse.act in BREAKING
        and situation != "idle"
        and likely_act(normal) != parse.act
        and parse.confidence < SURE_BREAK
    ):
        return "inform", parse.confidence
    short = len(normal) <= SHORT_ANSWER and situation in ("asking", "choosing")
    if parse.act == "complaint" and short and parse.confidence < SURE_ANGER and likely_act(normal) != "complaint":
        return "inform", parse.confidence
    if parse.act == "service" or parse.act in ABOUT_ITEM:
        return parse.act, parse.confidence
    if found and situation in ("idle", "choosing") and (parse.confidence < SURE or parse.act == "inform"):
        return "service", found
    if found > CLEAR and parse.act not in ("human", "complaint", "emergency", "correct", "inform"):
        return "service", found
    return parse.act, parse.confidence


def _without_rasa(match: Match, found: float, normal: str, situation: Situation) -> tuple[Act, float]:
    act = likely_act(normal)
    if act in ABOUT_ITEM and (situation != "idle" or not found):
        return act, 0.5
    if match.decision != "reject":
        return "service", match.candidates[0].score
    return act or ("out_of_scope" if situation == "idle" else "inform"), 0.5
