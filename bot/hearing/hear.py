"""Hearing: mask, normalise, what was offered, rules, then two readers side by side."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bot.deciding.state import Situation, State
from bot.hearing.cues import likely_act, sure_act
from bot.hearing.mask import mask_personal
from bot.hearing.meant import implied
from bot.hearing.options import is_question
from bot.hearing.papers import asks_if_enough
from bot.hearing.picking import meant_of_offered, pick, pick_misheard, request_so_far
from bot.hearing.places import asks_where
from bot.hearing.rasa import Parse, Parser
from bot.hearing.reading import ABOUT_ITEM, ACTS, Act, Picked, Reading
from bot.hearing.several import MOST_CLAUSES, clauses_of, several, wants, without_set_aside
from knowledge.facts import related
from knowledge.search import Match
from knowledge.snapshot import Snapshot
from knowledge.text import clean, normalise, plain_words

SURE = 0.55
"""Rasa's confidence from which its act stands against the matcher's; below, the matcher decides between the two."""

_LEAST = 1e-4
"""What an act counts for that a reader does not list at all."""

FAINT = 0.30
"""Below this confidence Rasa has heard nothing."""

SURE_ANGER, SHORT_ANSWER = 0.75, 8
"""Below this confidence so few characters are an answer, no complaint: 招了三个人 wants no person and no number."""

ANSWERED_OTHERWISE: frozenset[Act] = frozenset(
    ("human", "complaint", "emergency", "rate", "repeat", "explain", "erase")
)
"""Acts that no likeness to an option overrules."""

SURE_QUESTION = 0.90
"""Below this confidence a sentence without any word of asking tells something: 没什么债 员工也没 is no 办到哪一步了."""

BREAKING: frozenset[Act] = frozenset(("emergency", "restart", "bye", "human", "erase"))
SURE_BREAK, LEAST_EMERGENCY = 0.6, 0.45
"""While something is pending these acts frighten or end the talk: 刚开始摆 is no restart. Less sure, it is an answer.

An emergency stands on less: to tell the numbers for nothing costs a sentence.
"""

CLEAR = 0.90
"""A match from which a request is heard whatever Rasa says of its tone."""

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
    picked = pick(masked, normal, state, snapshot)
    if picked:
        return Reading(masked, normal, "inform", 1.0, picked)
    rule = sure_act(masked, normal)
    if rule and rule not in ("deny", "correct"):
        return Reading(masked, normal, rule, 1.0)
    meant = without_set_aside(masked)
    if state.asked or state.offered:
        picked = await asyncio.to_thread(pick_misheard, normal, state, snapshot)
        if picked:
            return Reading(masked, normal, "inform", 1.0, picked)
    heard, (normal, match, head) = await asyncio.gather(
        ears.parser.parse(plain_words(meant)), asyncio.to_thread(_read_vectors, meant, snapshot, ears)
    )
    parse = agreed(heard, head)
    act, confidence = choose_act(parse, match, normal, state.situation)
    if rule:
        act, confidence = rule, 1.0
    reading = Reading(
        masked,
        normal,
        act,
        confidence,
        entities=parse.entities if parse else (),
        match=match,
        degraded=heard is None,
    )
    if not rule and (act == "service" or act in ABOUT_ITEM):
        requests = await asyncio.to_thread(several, meant, match, snapshot, ears.vector)
        if requests:
            return replace(reading, act="service", requests=requests)
    if state.offered and rule != "deny" and act not in ANSWERED_OTHERWISE:
        return await asyncio.to_thread(_among_offered, reading, state, snapshot, ears)
    return await asyncio.to_thread(_in_its_place, reading, meant, state, snapshot, ears)


def _in_its_place(reading: Reading, meant: str, state: State, snapshot: Snapshot, ears: Ears) -> Reading:
    """The reading for what is pending: an answer by its meaning, or a question about the item in hand.

    `meant` is the text before it was normalised, whose punctuation tells its clauses.
    """
    act, normal, item = reading.act, reading.normal, state.item
    if item and state.asked and act not in ANSWERED_OTHERWISE and not asks_for_another(reading, item, snapshot):
        tells = not is_question(normal) and not (reading.match.named and wants(normal))
        text = meant if normal == normalise(meant) else normal
        option = implied(snapshot, item, state.asked, _told_vectors(text, ears)) if tells else None
        if option:
            return replace(reading, act="inform", picked=Picked("option", option), implied=True)
    if act == "service" and (asked := _asks_of_it(reading.match, normal, state, snapshot)):
        return replace(reading, act=asked)
    if act in ("service", "conditions", "material_source") and item and asks_where(snapshot, normal):
        return replace(reading, act="place")
    if act == "service" and item and asks_if_enough(snapshot, item, normal):
        return replace(reading, act="materials")
    return reading


def asks_for_another(reading: Reading, item: str, snapshot: Snapshot) -> bool:
    """Whether the sentence surely asks for an entry that has nothing to do with the one in hand."""
    match = reading.match
    if match.decision != "answer" or related(snapshot, item, match.candidates[0].code):
        return False
    return wants(reading.normal) and (match.named is not None or match.candidates[0].score >= CLEAR)


def _among_offered(reading: Reading, state: State, snapshot: Snapshot, ears: Ears) -> Reading:
    """What was said while entries are offered, read together with the request that led to them.

    A request that is clear by itself stands. Otherwise 我要取公积金, then 租的不是买的, is one request in two turns.
    """
    alone = reading.match
    if alone.decision == "answer" and alone.candidates[0].code not in state.offered:
        long_and_clear = alone.candidates[0].score >= CLEAR and len(reading.normal) > SHORT_ANSWER
        if long_and_clear or wants(reading.normal):
            return reading
    request = request_so_far(state, reading.normal)
    request, match = snapshot.matcher.read(request, ears.vector)
    code = meant_of_offered(state, match) or meant_of_offered(state, alone)
    if code:
        return replace(reading, picked=Picked("entry", code), request=request)
    if match.decision != "reject" and reading.act not in ABOUT_ITEM:
        return replace(reading, match=match, act="service", request=request)
    return reading


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


def _read_vectors(text: str, snapshot: Snapshot, ears: Ears) -> tuple[str, Match, dict[str, float]]:
    """The text as it is best understood, the matcher's reading, and from the same vector the act head's."""
    read, match = snapshot.matcher.read(normalise(text), ears.vector)
    return read, match, _act_head(ears.vector(read), snapshot)


def _told_vectors(text: str, ears: Ears) -> Vector | None:
    """The vectors [k, d] of a text and its clauses, those left out that ask something."""
    told = [one for one in dict.fromkeys((normalise(text), *clauses_of(text))) if one and not is_question(one)]
    vectors = [vector for one in told[: MOST_CLAUSES + 1] if (vector := ears.vector(one)) is not None]
    return np.stack(vectors) if vectors else None


def _act_head(vector: Vector | None, snapshot: Snapshot) -> dict[str, float]:
    """The act head's probabilities; nothing where there is no head or no vector."""
    return snapshot.acts.read(vector) if snapshot.acts is not None and vector is not None else {}


def _asks_of_it(match: Match, normal: str, state: State, snapshot: Snapshot) -> Act | None:
    """What a sentence asks that would be a request for what is talked about anyway: 补一本要多少钱."""
    if state.item is None:
        return None
    if match.decision == "answer" and not related(snapshot, state.item, match.candidates[0].code):
        return None
    act = likely_act(normal)
    return act if act in ABOUT_ITEM else None


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


def choose_act(parse: Parse | None, match: Match, normal: str, situation: Situation) -> tuple[Act, float]:
    """One act from the two readers.

    A clear request wins over an unsure act; an act about an item stands in any case, since the matcher's entry then
    says which item it is about. Without Rasa, words decide between acts.
    """
    found = match.candidates[0].score if match.candidates and match.decision == "answer" else 0.0
    if parse is None or parse.act not in ACTS or parse.confidence < FAINT:
        return _without_rasa(match, found, normal, situation)
    midway, cue = situation in ("asking", "choosing"), likely_act(normal)
    least = LEAST_EMERGENCY if parse.act == "emergency" else SURE_BREAK
    if parse.act in BREAKING and midway and cue != parse.act and parse.confidence < least:
        return "inform", parse.confidence
    if parse.act in ABOUT_ITEM and midway and not (cue or is_question(normal)) and parse.confidence < SURE_QUESTION:
        return "inform", parse.confidence
    short = len(normal) <= SHORT_ANSWER and midway
    if parse.act == "complaint" and short and parse.confidence < SURE_ANGER and cue != "complaint":
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
