"""What the terminal page shows for a conversation as it stands."""

from __future__ import annotations

from dataclasses import replace

from bot.deciding.state import State
from bot.hearing.picking import NONE_OF_THESE
from bot.saying.say import Reply, wording
from connectors.service import Service
from connectors.terminal.pages import ChoiceView, QuestionView, TerminalView
from knowledge.facts import entry_facts, to_options, value_words
from knowledge.snapshot import Snapshot

EXAMPLES = ("我想开个小饭馆", "身份证丢了", "社保卡丢了", "办个体户执照", "办健康证")


def terminal_view(service: Service, session: str | None, large: bool) -> TerminalView:
    """The view of the session's conversation; the start page where there is none."""
    snapshot = service.snapshots.newest
    state, replies = State(), list[Reply]()
    if session:
        state, snapshot, replies = service.conversations.look("page", session)
    themes = [(one.code, one.plain_name, one.summary) for one in snapshot.catalogue.themes.values()]
    start = TerminalView(
        stage="start", said=state.said, answered=answered(state, snapshot), examples=EXAMPLES, themes=themes,
        sample=snapshot.site is None, large=large,
    )  # fmt: skip
    if not replies:
        return start
    messages = [reply.text for reply in replies if reply.type in ("text", "handoff", "places")]
    last = replies[-1]
    if state.asked and state.item and last.type == "choices":
        question = _question(state, snapshot, last)
        lead = last.text.split(question.text)[0].strip()
        return replace(start, stage="question", question=question, messages=[*messages, *([lead] if lead else [])])
    if state.offered and last.type == "choices":
        choices = [_choice(code, snapshot) for code in state.offered]
        choices.append(ChoiceView(wording()["none_of_these"], "", NONE_OF_THESE))
        return replace(start, stage="choices", choices=choices, messages=[*messages, last.text.split("\n1. ")[0]])
    if state.item is None:
        return replace(start, messages=messages)
    notice = service.store.notice(state.token) if state.told and state.token else None
    return replace(start, stage="notice" if notice else "message", notice=notice, messages=messages)


def answered(state: State, snapshot: Snapshot) -> list[str]:
    """What was answered so far, in words."""
    if not state.item:
        return []
    facts = entry_facts(snapshot, state.item)
    shown = [
        f"{facts[fact].name}：{value_words(facts[fact], value)}" for fact, value in state.facts.items() if fact in facts
    ]
    shown += [f"{facts[fact].name}：{wording()['unknown']}" for fact in sorted(state.skipped) if fact in facts]
    return shown


def _question(state: State, snapshot: Snapshot, reply: Reply) -> QuestionView:
    assert state.item is not None and state.asked is not None
    fact = snapshot.catalogue.fact(snapshot.catalogue.entry(state.item), state.asked)
    left = snapshot.tables[state.item].open_questions(to_options(snapshot, state.item, state.facts), state.skipped)
    return QuestionView(
        text=fact.ask,
        why=fact.explain if fact.explain in reply.text else fact.why,
        left=len(left),
        options=[(choice.label, choice.value) for choice in reply.choices or ()],
    )


def _choice(code: str, snapshot: Snapshot) -> ChoiceView:
    entry = snapshot.catalogue.entry(code)
    return ChoiceView(entry.plain_name, entry.tells_apart, code)
