"""Single talks, turn by turn: what a citizen says and what happens."""

from __future__ import annotations

import pytest
from conversation import Talk, answer_with, clarify_with, kind

from bot.deciding.state import Answer, State
from bot.deciding.step import step
from bot.hearing.reading import Picked, Reading
from bot.saying.say import speak


def test_a_request_opens_the_entry_and_asks_the_most_decisive_question_first(talk: Talk) -> None:
    assert talk.say("我想开个小饭馆", "service", answer_with("YJ001")) == ["say:start", "ask"]
    assert talk.state.item == "YJ001"
    assert talk.asked == talk.snapshot.tables["YJ001"].open_questions({})[0]


def test_four_answers_at_most_lead_from_the_wish_to_the_notice(talk: Talk) -> None:
    talk.say("我想开个小饭馆", "service", answer_with("YJ001"))
    for turn, words in enumerate(("租的", "六十平", "个体户", "要挂"), 1):
        said = talk.say(words)
        assert turn <= 4
        if said == ["tell:all"]:
            break
    assert said == ["tell:all"]
    notice = talk.told().notice
    assert notice.facts["dining_area"] == 60
    assert {"QY001", "QY020", "QY038"} <= {one.item for one in notice.plan or []}
    assert "QY026" not in {one.item for one in notice.plan or []}


@pytest.mark.parametrize("words", ["2", "第二个", "选2", "二", "社保卡补办换卡", "SH029", "sh029"])
def test_choosing_by_number_name_or_code(talk: Talk, words: str) -> None:
    assert talk.say("卡丢了", "service", clarify_with("SH013", "SH029")) == ["offer:offer"]
    assert talk.say(words) == ["say:start", "say:noted", "ask"]
    assert talk.state.facts == {"ss_card_reason": "lost"}
    assert (talk.state.item, talk.state.offered) == ("SH029", ())


@pytest.mark.parametrize("words", ["3", "都不是", "none", "不是"])
def test_none_of_what_is_offered(talk: Talk, words: str) -> None:
    talk.say("卡丢了", "service", clarify_with("SH013", "SH029"))
    assert talk.say(words) == ["say:none_of_these"]
    assert (talk.state.item, talk.state.situation) == (None, "idle")


def test_a_number_outside_the_offer_is_not_a_choice(talk: Talk) -> None:
    talk.say("卡丢了", "service", clarify_with("SH013", "SH029"))
    assert talk.say("7") == ["say:missed", "offer:offer_again"]
    assert talk.state.offered == ("SH013", "SH029")


def test_what_was_told_before_the_choice_is_not_asked_again(talk: Talk) -> None:
    talk.say("开火锅店，店面是租的，一百八十平", "service", clarify_with("QY020", "YJ001"))
    assert talk.say("2") == ["say:start", "say:noted", "ask"]
    assert {"premises": "rented", "dining_area": 180}.items() <= talk.state.facts.items()


def test_a_new_request_while_choosing_is_heard(talk: Talk) -> None:
    talk.say("卡丢了", "service", clarify_with("SH013", "SH029"))
    assert talk.say("算了，我要刻公章", "service", answer_with("QY016")) == ["say:start", "ask"]
    assert talk.state.item == "QY016"


def test_yes_takes_the_only_entry_that_is_offered(talk: Talk) -> None:
    talk.say("补卡", "service", clarify_with("SH029"))
    assert talk.say("是的") == ["say:start", "ask"]
    assert talk.state.item == "SH029"


def test_a_later_fact_is_taken_while_another_is_asked(talk: Talk) -> None:
    talk.say("YJ001")
    assert talk.asked == "premises"
    assert talk.say("我们是公司", "inform") == ["say:noted", "ask"]
    assert talk.state.facts == {"business_form": "company"}
    assert talk.asked == "premises"


def test_an_answer_may_tell_a_later_fact_too(talk: Talk) -> None:
    talk.say("YJ001")
    assert talk.say("租的，一共六十平", "inform") == ["say:noted", "ask"]
    assert talk.state.facts == {"premises": "rented", "dining_area": 60}


def test_facts_of_the_first_sentence_are_not_asked_again(talk: Talk) -> None:
    said = talk.say("我想开公司做餐馆，门面是租的，两百平", "service", answer_with("YJ001"))
    assert said[:2] == ["say:start", "say:noted"]
    assert {"premises": "rented", "dining_area": 200, "business_form": "company"}.items() <= talk.state.facts.items()
    assert talk.asked == "signboard"


def test_what_is_said_twice_is_not_missed(talk: Talk) -> None:
    talk.say("YJ001")
    talk.say("我们是公司", "inform")
    assert talk.say("是办公司", "inform") == ["say:noted", "ask"]
    assert (talk.state.facts, talk.state.misses) == ({"business_form": "company"}, 0)


def test_telling_who_comes_is_an_answer_and_asking_whether_they_may_is_not(talk: Talk) -> None:
    talk.say("SH029")
    assert talk.say("能不能让我女儿去", "proxy") == ["tell:proxy", "ask"]
    assert talk.say("我腿脚不好，叫我女儿去", "proxy") == ["say:noted", "ask"]
    assert talk.state.facts == {"attendance": "proxy"}


def test_a_correction_with_the_right_answer_changes_it(talk: Talk) -> None:
    talk.say("YJ001")
    talk.say("租的", "inform")
    assert talk.say("说错了，房子是自己的", "correct") == ["say:noted", "ask"]
    assert talk.state.facts == {"premises": "own"}


def test_a_correction_after_the_notice_gives_a_new_notice(talk: Talk) -> None:
    talk.say("SH013")
    talk.say("满了")
    assert talk.say("本省") == ["tell:all"]
    first = talk.told().notice.case
    assert talk.say("不对，户口是外省的", "correct") == ["say:noted", "tell:all"]
    assert talk.told().notice.case != first


def test_a_correction_without_an_answer_asks_the_last_question_anew(talk: Talk) -> None:
    talk.say("YJ001")
    talk.say("租的", "inform")
    assert talk.say("刚才说错了", "correct") == ["say:went_back", "ask"]
    assert (talk.asked, talk.state.facts) == ("premises", {})


def test_previous_goes_back_one_answer_at_a_time(talk: Talk) -> None:
    talk.say("YJ001")
    talk.say("租的")
    talk.say("六十平")
    assert talk.say("上一步") == ["say:went_back", "ask"]
    assert (talk.asked, talk.state.facts) == ("dining_area", {"premises": "rented"})
    talk.say("上一步")
    assert (talk.asked, talk.state.facts) == ("premises", {})
    assert talk.say("上一步") == ["say:at_start", "ask"]


def test_previous_never_asks_what_the_entry_does_not_ask(talk: Talk) -> None:
    """小饭馆 tells a fact of one item of the theme, which the theme itself has no question for."""
    talk.say("我想开个小饭馆", "service", answer_with("YJ001"))
    assert "food_business_kind" in talk.state.facts
    assert talk.say("上一步") == ["say:at_start", "ask"]
    talk.say("租的")
    assert talk.say("上一步") == ["say:went_back", "ask"]
    assert talk.asked == "premises"
    assert "food_business_kind" in talk.state.facts


def test_previous_after_the_notice_opens_the_last_question(talk: Talk) -> None:
    talk.say("SH013")
    talk.say("1")
    talk.say("1")
    assert talk.say("上一步") == ["say:went_back", "ask"]
    assert (talk.state.told, talk.asked) == (False, "hukou_place")


def test_unknown_answers_are_not_asked_again_and_leave_papers_in(talk: Talk) -> None:
    talk.say("SH013")
    talk.say("不知道")
    assert talk.state.skipped == {"age_16"}
    assert talk.say("不清楚") == ["tell:all"]
    notice = talk.told().notice
    assert notice.case is None
    assert set(notice.unknown) == {"age_16", "hukou_place"}
    assert any(material.conditional for material in notice.materials)


def test_switch_and_come_back_with_the_answers_kept(talk: Talk) -> None:
    talk.say("SH029")
    talk.say("丢了", "inform")
    assert talk.say("先问问刻公章", "service", answer_with("QY016")) == ["say:start", "ask"]
    assert (talk.state.item, talk.state.facts) == ("QY016", {})
    assert talk.state.parked["SH029"] == (Answer(fact="ss_card_reason", value="lost"),)
    talk.say("还是办社保卡", "service", answer_with("SH029"))
    assert (talk.state.item, talk.state.facts) == ("SH029", {"ss_card_reason": "lost"})
    assert talk.asked == "age_16"


def test_from_theme_to_its_item_facts_carry_over(talk: Talk) -> None:
    talk.say("YJ001")
    talk.say("租的")
    assert talk.say("先办个体户执照", "service", answer_with("QY001"))[0] == "say:start"
    assert (talk.state.item, talk.state.facts["premises"]) == ("QY001", "rented")
    asked = []
    while talk.state.asked:
        asked.append(talk.state.asked)
        talk.say("1")
    assert asked and "premises" not in asked
    assert talk.told().notice.facts["premises"] == "rented"


def test_facts_do_not_carry_over_between_strangers(talk: Talk) -> None:
    talk.say("SH013")
    talk.say("满16岁")
    talk.say("社保卡也丢了", "service", answer_with("SH029"))
    assert "age_16" not in talk.state.facts


def test_a_follow_up_in_the_middle_is_answered_and_the_question_put_again(talk: Talk) -> None:
    talk.say("SH013")
    asked = talk.asked
    assert talk.say("要多少钱", "fee") == ["tell:fee", "ask"]
    assert talk.asked == asked
    assert talk.state.answers == ()


def test_a_follow_up_that_names_another_entry_opens_it(talk: Talk) -> None:
    talk.say("SH029")
    said = talk.say("补身份证要多少钱", "fee", answer_with("SH013", named="SH013"))
    assert said[:2] == ["say:start", "tell:fee"]
    assert talk.state.item == "SH013"


def test_a_follow_up_that_only_resembles_another_entry_stays(talk: Talk) -> None:
    talk.say("SH029")
    assert talk.say("我忘带身份证了行不行", "conditions", answer_with("SH013")) == ["tell:conditions", "ask"]
    assert talk.state.item == "SH029"


def test_papers_in_hand_give_what_is_held_and_what_is_missing(talk: Talk) -> None:
    talk.say("QY026")
    while talk.state.asked:
        talk.say("1")
    assert talk.say("健康证和食品安全承诺书我有了，够了没", "materials") == ["tell:materials"]
    notice = talk.told().notice
    assert set(notice.have) == {"staff_health_certificate", "food_safety_pledge"}
    on_file = {material.id for material in notice.materials if material.on_file}
    assert on_file
    assert set(notice.missing) == {material.id for material in notice.materials} - on_file - set(notice.have)


def test_papers_told_while_a_question_is_pending_are_remembered(talk: Talk) -> None:
    talk.say("QY026")
    assert talk.say("健康证我办好了", "materials") == ["tell:materials", "ask"]
    while talk.state.asked:
        talk.say("1")
    assert talk.told().notice.have == ["staff_health_certificate"]


def test_a_paper_that_one_lacks_is_not_held(talk: Talk) -> None:
    talk.say("QY026")
    talk.say("健康证我还没有，行不行", "materials")
    assert talk.told().notice.have == []


def test_the_name_of_a_tapped_entry_tells_no_facts(talk: Talk) -> None:
    talk.say("看病那个卡", "service", clarify_with("SH013", "SH029"))
    talk.say("社保卡补办换卡")
    assert (talk.state.item, talk.state.answers) == ("SH029", ())


def test_a_repeated_miss_brings_a_person_and_a_hit_forgets_it(talk: Talk) -> None:
    talk.say("SH013")
    assert talk.say("嗯这样子", "inform") == ["say:missed", "ask:explained"]
    assert talk.say("嗯那样子", "inform") == ["handoff:handoff_missed", "ask"]
    talk.say("满16岁")
    assert talk.state.misses == 0


def test_a_story_as_an_answer_is_not_taken_for_small_talk(talk: Talk) -> None:
    talk.say("SH013")
    assert talk.say("我不是本省的，老家在外省", "deny") == ["say:noted", "ask"]
    assert talk.state.facts == {"hukou_place": "elsewhere"}


def test_restart_and_erase_leave_nothing(talk: Talk) -> None:
    for words in ("重新来", "删除我的数据"):
        talk.say("SH013")
        talk.say("满16岁")
        talk.say(words)
        assert talk.state == State(said=words)


def test_yes_and_no_answer_a_question_that_has_them(talk: Talk) -> None:
    yes_no = [
        (code, question.fact)
        for code in talk.snapshot.catalogue.items
        for question in talk.snapshot.catalogue.entry(code).questions
        if {"yes", "no"} <= {one.id for one in talk.snapshot.catalogue.fact(
            talk.snapshot.catalogue.entry(code), question.fact).options}
    ]  # fmt: skip
    for code, fact in yes_no:
        for act, option in (("affirm", "yes"), ("deny", "no")):
            state = State(item=code, asked=fact)
            after, _ = step(state, Reading("是", "是", act, 1.0), talk.snapshot)
            assert after.facts[fact] == option


def test_a_picked_number_is_kept_as_the_number(talk: Talk) -> None:
    state = State(item="YJ001", asked="dining_area")
    after, _ = step(state, Reading("62", "62", "inform", 1.0, Picked("option", 62)), talk.snapshot)
    assert after.facts == {"dining_area": 62}


def test_several_requests_are_done_in_turn_and_announced(talk: Talk) -> None:
    text = "身份证丢了 社保卡也丢了"
    asked = Reading(text, text, "service", 0.9, match=answer_with("SH013"), requests=("SH013", "SH029"))
    talk.state, talk.outcomes = step(talk.state, asked, talk.snapshot)
    assert [kind(one) for one in talk.outcomes][:2] == ["say:queued", "say:start"]
    assert (talk.state.item, talk.state.queue) == ("SH013", ("SH029",))
    talk.say("满了")
    assert talk.say("本省")[-1] == "say:next", "after the notice, what waits is named"
    talk.say("下一件", "affirm")
    assert (talk.state.item, talk.state.queue) == ("SH029", ())


def test_what_waits_is_not_said_twice_once_it_was_opened(talk: Talk) -> None:
    talk.state = State(item="SH013", told=True, queue=("SH029", "SH018"))
    talk.say("社保卡丢了", "service", answer_with("SH029"))
    assert talk.state.queue == ("SH018",)


def test_beginning_anew_forgets_the_case_but_not_what_must_be_erasable(talk: Talk) -> None:
    talk.state = State(item="SH013", told=True, issued=("t",), stuck="BC1", queue=("SH029",))
    talk.say("重新来", "restart")
    assert (talk.state.item, talk.state.queue) == (None, ())
    assert (talk.state.issued, talk.state.stuck) == (("t",), "BC1")


def test_papers_held_are_added_up_over_the_talk(talk: Talk) -> None:
    talk.state = State(item="YJ001", told=True)
    talk.say("健康证我有了", "materials")
    talk.say("租赁合同也有了", "materials")
    assert {"staff_health_certificate", "lease_contract"} <= set(talk.state.have)


@pytest.mark.parametrize("said", ["none", "都不是"])
def test_none_of_the_offered_goes_on_with_what_was_asked(talk: Talk, said: str) -> None:
    talk.say("身份证丢了", "service", answer_with("SH013"))
    asked = talk.state.asked
    talk.say("还有社保的事", "service", clarify_with("SH028", "SH029"))
    assert talk.state.offered
    talk.say(said, "deny")
    assert (talk.state.offered, talk.state.asked) == ((), asked)


def test_asking_for_a_person_keeps_the_question(talk: Talk) -> None:
    talk.say("身份证丢了", "service", answer_with("SH013"))
    assert talk.say("转人工", "human") == ["handoff:handoff_asked", "ask"]


def test_an_earlier_answer_is_taken_back_after_the_notice_too(talk: Talk) -> None:
    talk.state = State(item="SH013").answered(age_16="adult", hukou_place="local").model_copy(update={"told": True})
    talk.say("不对 是外省的户口", "service", answer_with("SH015"))
    assert (talk.state.item, talk.state.facts["hukou_place"]) == ("SH013", "elsewhere")
    talk.say("算了 先办居住证", "service", answer_with("SH015", named="SH015"))
    assert talk.state.item == "SH015", "another entry by its name is a switch"


def test_an_answer_half_heard_as_anger_is_no_case_for_a_person(talk: Talk) -> None:
    talk.say("身份证丢了", "service", answer_with("SH013"))
    assert "handoff:handoff_complaint" not in talk.say("招了三个人", "complaint", confidence=0.6)
    assert "handoff:handoff_complaint" in talk.say("你们这什么态度", "complaint", confidence=0.9)


def test_what_is_read_back_is_confirmed_without_a_miss(talk: Talk) -> None:
    talk.say("SH029")
    assert talk.say("对的", "affirm") == ["ask"]
    assert talk.state.misses == 0


def test_without_a_wish_nothing_else_is_opened_while_a_question_is_pending(talk: Talk) -> None:
    talk.say("SH029")
    talk.say("私家车", "inform", answer_with("SH026", 0.8))
    assert talk.state.item == "SH029" and talk.state.asked
    talk.say("新的", "service", clarify_with("SH026", "QY017"))
    assert talk.state.item == "SH029" and talk.state.asked


def test_a_paper_is_asked_about_by_name(talk: Talk) -> None:
    talk.say("SH072")
    talk.say("要身份证不", "materials")
    (reply, *_) = speak(talk.outcomes, talk.snapshot)
    assert reply.text.startswith("要：") and "身份证" in reply.text
    assert len(reply.text) < 60


def test_what_was_left_half_way_is_come_back_to(talk: Talk) -> None:
    talk.say("SH029")
    talk.say("SH072")
    talk.say("回去说刚才那个", "previous")
    assert talk.state.item == "SH029"
