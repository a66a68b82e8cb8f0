"""A turn, from a channel's text to replies: load, hear, step, issue, say, save."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, cast

import structlog
from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from bot.deciding.outcome import HandOff, Outcome, Rated, Replay, Tell
from bot.deciding.state import State, Talked
from bot.deciding.step import step
from bot.hearing.hear import Ears, hear
from bot.hearing.reading import Act
from bot.saying.say import Choice, Reply, sentence, speak
from connectors import metrics
from connectors.artefacts import Snapshots
from connectors.hall.ratings import Ratings
from connectors.hall.stuck import StuckCases, Why
from connectors.storage.store import Conflict, Store
from knowledge.facts import to_options
from knowledge.snapshot import Snapshot
from knowledge.text import has_words

log = structlog.get_logger()

Namespace: TypeAlias = Literal["api", "page", "wechat", "cli"]
"""Where a conversation's id comes from: ids of one cannot reach those of another."""

MAX_CHARACTERS = 2000
TRIES = 4

TURNS_KEPT, ANSWER_KEPT = 20, 120
"""Of a talk, what a person who takes over gets to read: the last turns, of each answer the beginning."""


class TooOften(Exception):
    """More messages a minute than one conversation may send."""


@dataclass(frozen=True)
class TurnResult:
    """What goes back for one message."""

    replies: list[Reply]
    act: Act | None
    item: str | None
    case: str | None

    def as_json(self) -> dict[str, Any]:
        """The reply object of the public contract: of a reply only the parts it has, of a notice all fields."""
        replies = [
            {name: part for name, part in reply.model_dump(mode="json").items() if part is not None}
            for reply in self.replies
        ]
        return {"replies": replies, "act": self.act, "item": self.item, "case": self.case}


class OneAtATime:
    """A lock for each key, kept while somebody holds it or waits for it."""

    def __init__(self) -> None:
        self.locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def hold(self, key: str) -> AsyncIterator[None]:
        """Wait until nobody else holds `key`, then hold it."""
        lock, users = self.locks.get(key, (asyncio.Lock(), 0))
        self.locks[key] = lock, users + 1
        try:
            async with lock:
                yield
        finally:
            lock, users = self.locks.pop(key)
            if users > 1:
                self.locks[key] = lock, users - 1


class Conversations:
    """Owns every conversation; channels only bring text and carry replies."""

    def __init__(
        self,
        store: Store,
        snapshots: Snapshots,
        ears: Ears,
        stuck: StuckCases,
        ratings: Ratings,
        *,
        base_url: str = "",
        a_minute: int,
        redis_url: str = "",
    ) -> None:
        self._store, self._snapshots, self.ears, self._base_url = store, snapshots, ears, base_url
        self._stuck, self._ratings = stuck, ratings
        self._limiter = MovingWindowRateLimiter(storage_from_string(redis_url or "memory://", wrap_exceptions=True))
        self._limit = RateLimitItemPerMinute(a_minute)
        self._turns = OneAtATime()

    async def message(self, namespace: Namespace, conversation_id: str, channel: str, text: str) -> TurnResult:
        """Answer one message. Raises TooOften; nothing else: a fault inside is answered with designed words."""
        key = f"{namespace}:{conversation_id}"
        if namespace != "cli" and self._too_often(key):
            raise TooOften(key)
        began = time.perf_counter()
        try:
            async with self._turns.hold(key):
                result = await self._turn_or_again(key, text)
        except Exception as error:
            log.error("turn_failed", channel=channel, kind=type(error).__name__, exc_info=error)
            metrics.turn_failures.inc()
            return TurnResult([Reply(type="text", text=sentence("trouble"))], None, None, None)
        metrics.turn_seconds.labels(channel).observe(time.perf_counter() - began)
        metrics.turns.labels(channel, result.act or "none").inc()
        return result

    def _too_often(self, key: str) -> bool:
        try:
            return not self._limiter.hit(self._limit, key)
        except StorageError:  # Redis is away: better not to count than not to answer
            log.warning("rate_limit_away")
            return False

    async def _turn_or_again(self, key: str, text: str) -> TurnResult:
        """The turn, taken anew from the newer state where another process wrote in between."""
        for _ in range(TRIES - 1):
            try:
                return await self._turn(key, text)
            except Conflict:
                log.warning("conversation_conflict")
        return await self._turn(key, text)

    async def _turn(self, key: str, text: str) -> TurnResult:
        loaded = await asyncio.to_thread(self._store.load, key)
        state, version = loaded or (State(), 0)
        snapshot = self._snapshots.get(state.snapshot)
        state = state.model_copy(update={"snapshot": snapshot.id})
        if refused := _refusal(text):
            replies = [Reply(type="text", text=sentence(refused))]
            if state.last and state.last[-1]["type"] == "choices":  # what is pending stays before their eyes
                replies.append(self.recall(state.last[-1]))
            return TurnResult(replies, None, state.item, _case(state, snapshot))
        reading = await hear(text, state, snapshot, self.ears)
        try:
            after, outcomes = step(state, reading, snapshot)
        except Exception:
            log.error("step_failed", situation=state.situation, act=reading.act, item=state.item)
            raise
        if any(isinstance(outcome, Replay) for outcome in outcomes):
            replies = await self._replay(state)
        else:
            outcomes, number = await self._hand_off(outcomes, reading.text, after)
            after = after.model_copy(update={"stuck": number})
            for rated in (one for one in outcomes if isinstance(one, Rated)):
                await asyncio.to_thread(self._ratings.add, rated.grade, after.item)
            replies = speak(await self._issue(outcomes), snapshot, self._base_url)
        issued = [reply.notice.token for reply in replies if reply.notice and reply.notice.token]
        after = after.model_copy(
            update={
                "last": tuple(_remembered(reply) for reply in replies),
                "said": _heard(reading.text, state),
                "talk": (*state.talk, _talked(_heard(reading.text, state), replies))[-TURNS_KEPT:],
                "token": issued[-1] if issued else after.token if after.told else None,
                "issued": (*after.issued, *issued),
            }
        )
        if reading.act == "erase":
            await asyncio.to_thread(self._erase, key, state)
        else:
            await asyncio.to_thread(self._store.save, key, after, version)
        return TurnResult(replies, reading.act, after.item, _case(after, snapshot))

    async def _hand_off(self, outcomes: Sequence[Outcome], text: str, state: State) -> tuple[list[Outcome], str | None]:
        """Record what a person must take over, once a talk while it is open; the outcomes then carry its number."""
        found, number = list(outcomes), state.stuck
        for n, one in enumerate(found):
            if isinstance(one, HandOff):
                why = cast(Why, one.key.removeprefix("handoff_"))
                talk = (*state.talk, Talked(said=text, answered=""))
                case = await asyncio.to_thread(self._stuck.open, why, state.item, state.facts, talk, number)
                number = case.number
                found[n] = replace(one, number=number, due=f"{case.due.month}月{case.due.day}日")
        return found, number

    async def _issue(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Number and store the notices that are handed out whole."""
        return [
            replace(one, notice=await asyncio.to_thread(self._store.issue, one.notice))
            if isinstance(one, Tell) and one.part == "all"
            else one
            for one in outcomes
        ]

    def _erase(self, key: str, state: State) -> None:
        """Forget the conversation and the notices it was given."""
        for token in state.issued:
            self._store.erase_notice(token)
        if state.stuck:
            self._stuck.erase(state.stuck)
        self._store.forget(key)

    async def _replay(self, state: State) -> list[Reply]:
        return [await asyncio.to_thread(self.recall, reply) for reply in state.last]

    def recall(self, remembered: dict[str, object]) -> Reply:
        """A reply of the last turn as it was, its notice read from the store."""
        token = remembered.get("token")
        notice = self._store.notice(token) if isinstance(token, str) else None
        reply = Reply.model_validate({key: value for key, value in remembered.items() if key != "token"})
        if reply.type == "notice" and notice is None:
            return reply.model_copy(update={"type": "text"})
        return reply.model_copy(update={"notice": notice})

    def look(self, namespace: Namespace, conversation_id: str) -> tuple[State, Snapshot, list[Reply]]:
        """A conversation as it stands: its state, its snapshot, and the last replies."""
        loaded = self._store.load(f"{namespace}:{conversation_id}")
        state = loaded[0] if loaded else State()
        return state, self._snapshots.get(state.snapshot), [self.recall(reply) for reply in state.last]

    def forget(self, namespace: Namespace, conversation_id: str) -> None:
        """Erase a conversation."""
        self._store.forget(f"{namespace}:{conversation_id}")


def _refusal(text: str) -> str | None:
    """The sentence for text that cannot be a request, or None."""
    if len(text) > MAX_CHARACTERS:
        return "too_long"
    return None if has_words(text) else "empty"


def _heard(text: str, before: State) -> str:
    """What the citizen said, in words: the label of the choice whose value came back, else the text."""
    choices = [choice for reply in before.last for choice in reply.get("choices") or ()]  # type: ignore[attr-defined]
    return next((str(choice["label"]) for choice in choices if choice["value"] == text), text)


def _talked(said: str, replies: Sequence[Reply]) -> Talked:
    return Talked(said=said, answered=" ".join(reply.text for reply in replies)[:ANSWER_KEPT])


def _case(state: State, snapshot: Snapshot) -> str | None:
    if not (state.item and state.told):
        return None
    return snapshot.tables[state.item].case(to_options(snapshot, state.item, state.facts))


def _remembered(reply: Reply) -> dict[str, object]:
    """A reply for 再说一遍: its notice is in the store already, so only the token is kept."""
    kept: dict[str, object] = {"type": reply.type, "text": reply.text}
    if reply.choices:
        kept["choices"] = [Choice.model_dump(choice) for choice in reply.choices]
    if reply.places:
        kept["places"] = [place.model_dump() for place in reply.places]
    if reply.notice and reply.notice.token:
        kept["token"] = reply.notice.token
    return kept
