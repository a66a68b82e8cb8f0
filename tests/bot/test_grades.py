"""Ratings: the grade that is said is kept, and who only wants to rate chooses one."""

from __future__ import annotations

import pytest
from conversation import Talk

from bot.deciding.grades import GRADES
from bot.deciding.outcome import Ask, HandOff, Rated
from bot.hearing.cues import sure_act
from bot.saying.say import speak


@pytest.mark.parametrize(
    ("said", "grade", "handed"),
    [("非常满意", 5, False), ("满意", 4, False), ("基本满意", 3, False), ("不太满意", 2, True), ("给个差评", 1, True)],
)
def test_a_rating_is_kept_and_who_is_not_satisfied_gets_a_person(
    said: str, grade: int, handed: bool, talk: Talk
) -> None:
    talk.say("SH029")
    talk.say(said, "rate")
    assert Rated(grade) in talk.outcomes
    assert any(isinstance(one, HandOff) for one in talk.outcomes) == handed
    assert isinstance(talk.outcomes[-1], Ask), "the pending question is put again"


def test_who_wants_to_rate_chooses_a_grade(talk: Talk) -> None:
    talk.say("我要评价", "rate")
    (reply,) = speak(talk.outcomes, talk.snapshot)
    assert [choice.label for choice in reply.choices or ()] == list(GRADES.values())
    for choice in reply.choices or ():
        assert sure_act(choice.value, choice.value) == "rate"
