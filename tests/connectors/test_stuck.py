"""Stuck cases: from the citizen's words to a numbered record, and to words back."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from bot.deciding.state import Talked
from connectors.cli.main import app
from connectors.hall.stuck import StoredStuckCases
from connectors.hall.stuck.builtin import KEPT_DAYS
from connectors.service import Service
from connectors.storage import open_store
from connectors.storage.store import now
from connectors.storage.tables import StuckCaseRow
from knowledge.hours import CHINA, after_working_days

TALK = (Talked(said="跑了三趟没办成", answered="让您受累了"),)


@pytest.fixture
def cases(service: Service) -> StoredStuckCases:
    return service.stuck


def say(service: Service, *texts: str) -> list[str]:
    async def main() -> list[str]:
        results = [await service.conversations.message("api", "c", "api", text) for text in texts]
        return [reply.text for result in results for reply in result.replies]

    return asyncio.run(main())


def today() -> dt.date:
    return now().astimezone(CHINA).date()


def test_a_case_is_numbered_and_due_in_working_days(cases: StoredStuckCases) -> None:
    first = cases.open("complaint", "SH029", {"age_16": "adult"}, TALK, None)
    second = cases.open("asked", None, {}, (), None)
    assert first.number.startswith("BC") and first.number != second.number
    assert first.due == after_working_days(today(), 5)
    assert second.due == after_working_days(today(), 1)
    assert cases.find(first.number) == first
    assert [case.number for case in cases.waiting()] == [second.number, first.number]
    assert cases.find("BC0") is None


def test_one_talk_has_one_open_case_and_the_nearer_promise_stands(cases: StoredStuckCases) -> None:
    first = cases.open("missed", None, {}, (), None)
    again = cases.open("complaint", "SH029", {}, TALK, first.number)
    assert (again.number, again.due, again.why) == (first.number, first.due, "complaint")
    assert len(cases.waiting()) == 1
    cases.close(first.number, "已经给您补办")
    assert cases.open("asked", None, {}, (), first.number).number != first.number


def test_a_case_is_closed_once_with_words(cases: StoredStuckCases) -> None:
    number = cases.open("asked", None, {}, (), None).number
    closed = cases.close(number, "请到三号窗口")
    assert closed and closed.answer == "请到三号窗口" and closed.closed_at
    assert cases.close(number, "再来一次") is None
    assert cases.waiting() == []


def test_closed_cases_are_dropped_in_time_and_erased_ones_at_once(cases: StoredStuckCases, service: Service) -> None:
    old, new, gone = (cases.open("asked", None, {}, (), None).number for _ in range(3))
    for number in (old, new):
        cases.close(number, "好了")
    with service.store.engine.begin() as connection:
        past = now() - dt.timedelta(days=KEPT_DAYS + 1)
        connection.execute(update(StuckCaseRow).where(StuckCaseRow.number == old).values(closed_at=past))
    cases.prune()
    cases.erase(gone)
    assert [cases.find(number) is None for number in (old, new, gone)] == [True, False, True]


def test_asking_for_a_person_records_the_talk_and_says_its_number(service: Service) -> None:
    say(service, "SH029", "卡丢了，我叫王示例，身份证110101199003071234")
    answer, *_ = say(service, "转人工")
    (case,) = service.stuck.waiting()
    assert case.number in answer and f"{case.due.month}月{case.due.day}日前" in answer
    assert (case.why, case.item, case.facts["ss_card_reason"]) == ("asked", "SH029", "lost")
    said = [turn.said for turn in case.talk]
    assert said[0] == "SH029" and said[-1] == "转人工"
    assert "110101199003071234" not in case.model_dump_json(), "personal numbers are masked before they are kept"
    assert case.number in say(service, "转人工")[0]
    assert len(service.stuck.waiting()) == 1, "one talk, one case"


def test_beginning_anew_keeps_the_number_and_erasing_takes_it_away(service: Service) -> None:
    say(service, "转人工", "重新来")
    (case,) = service.stuck.waiting()
    say(service, "删除我的数据")
    assert service.stuck.find(case.number) is None


def test_the_commands_list_show_and_close(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAOBAN_DATABASE_URL", f"sqlite:///{tmp_path / 'stuck.sqlite3'}")
    store = open_store(f"sqlite:///{tmp_path / 'stuck.sqlite3'}")
    number = StoredStuckCases(store.engine).open("complaint", "SH029", {"age_16": "adult"}, TALK, None).number
    run = CliRunner().invoke
    assert number in run(app, ["stuck", "list"]).output
    shown = run(app, ["stuck", "show", number]).output
    assert "群众：跑了三趟没办成" in shown and "age_16=adult" in shown
    assert "办结了" in run(app, ["stuck", "close", number, "给您补办好了"]).output
    assert run(app, ["stuck", "list"]).output == ""
    assert "回复：给您补办好了" in run(app, ["stuck", "show", number]).output
    for words in (["close", number, "再来"], ["close", "BC0", " "], ["show", "BC0"]):
        failed = run(app, ["stuck", *words])
        assert failed.exit_code != 0 and getattr(failed.exception, "status", None) == 2
    store.close()
