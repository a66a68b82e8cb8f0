"""The JSON routes: status first, then the exact shape."""

from __future__ import annotations

from typing import Any

import pytest
from contract import MESSAGES, assert_notice, assert_problem, say
from fastapi.testclient import TestClient

from bot.saying.say import sentence
from connectors.cli.main import logs_to_stderr
from connectors.service import Service
from knowledge.snapshot import Snapshot

# Conversations.


def test_a_wish_leads_by_taps_to_a_notice(client: TestClient) -> None:
    body = say(client, "我想开个小饭馆")
    assert (body["act"], body["item"], body["case"]) == ("service", "YJ001", None)
    for _ in range(4):
        if body["case"]:
            break
        body = say(client, body["replies"][-1]["choices"][0]["value"])
        assert body["act"] == "inform"
    reply = body["replies"][-1]
    assert reply["type"] == "notice"
    assert_notice(reply["notice"])
    assert body["case"] == reply["notice"]["case"] is not None
    assert reply["notice"]["plan"]
    names = [material["name"] for material in reply["notice"]["materials"]]
    assert len(names) == len(set(names))


def test_papers_in_hand_fill_have_and_missing(client: TestClient) -> None:
    body = {"facts": {}, "have": ["staff_health_certificate", "nobody_asks_for_this"]}
    notice = client.post("/api/items/QY026/notice", json=body).json()
    assert notice["have"] == ["staff_health_certificate"]
    assert notice["missing"] and "staff_health_certificate" not in notice["missing"]


def test_a_follow_up_about_the_place_brings_places(client: TestClient) -> None:
    for text in ("SH013", "1", "1"):
        say(client, text)
    body = say(client, "去哪里办")
    assert (body["act"], body["item"]) == ("place", "SH013")
    (reply,) = body["replies"]
    assert reply["type"] == "places"
    assert reply["text"].count("电话") >= 1


@pytest.mark.parametrize("channel", ["api", "terminal", "desk", "phone"])
def test_every_channel_of_the_contract(channel: str, client: TestClient) -> None:
    say(client, "你好", channel=channel)


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "empty"), ("   ", "empty"), ("？！…", "empty"), ("👍🏻😂", "empty"), ("啊" * 2001, "too_long")],
)
def test_what_cannot_be_a_request_is_answered_and_changes_nothing(text: str, words: str, client: TestClient) -> None:
    asked = say(client, "SH013")
    body = say(client, text)
    assert [reply["text"] for reply in body["replies"]] == [sentence(words), asked["replies"][-1]["text"]]
    assert (body["act"], body["item"], body["case"]) == (None, "SH013", None)
    assert say(client, "再说一遍")["replies"] == asked["replies"]


def test_two_thousand_characters_are_read(client: TestClient) -> None:
    body = say(client, "我想开个小饭馆" + "，真的" * 664)
    assert body["act"] is not None


def test_conversations_do_not_mix(client: TestClient) -> None:
    say(client, "SH013", "one")
    assert say(client, "你好", "two")["item"] is None
    assert say(client, "你好", "one")["item"] == "SH013"


def test_the_state_that_is_kept_holds_only_masked_text(client: TestClient, service: Service) -> None:
    say(client, "我身份证11010519491231002X丢了，电话13812345678")
    kept = service.store.load("api:c1")
    assert kept is not None
    text = kept[0].model_dump_json()
    assert "110105" not in text and "138123" not in text
    assert "［身份证号］" in text


def test_a_fault_inside_is_answered_and_logged_without_what_was_said(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    say(client, "SH013")

    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("connectors.conversations.step", broken)
    logs_to_stderr()
    body = say(client, "我的秘密11010519491231002X")
    assert [reply["text"] for reply in body["replies"]] == [sentence("trouble")]
    logged = capsys.readouterr().err
    assert "turn_failed" in logged
    assert "秘密" not in logged and "110105" not in logged
    monkeypatch.undo()
    assert say(client, "你好")["item"] == "SH013"


def test_the_sixty_first_message_in_a_minute_waits(client: TestClient) -> None:
    for _ in range(60):
        assert client.post(MESSAGES.format("busy"), json={"text": ""}).status_code == 200
    answer = client.post(MESSAGES.format("busy"), json={"text": "SH013"})
    assert_problem(answer, 429)
    assert int(answer.headers["retry-after"]) > 0
    assert client.post(MESSAGES.format("other"), json={"text": ""}).status_code == 200


def test_ids_of_the_api_do_not_reach_other_channels(client: TestClient, service: Service) -> None:
    client.post("/", data={"value": "SH013"})
    cookie = client.cookies["daoban"]
    for name in (cookie, f"page:{cookie}", "wechat:citizen", "../page"):
        answer = client.post(MESSAGES.format(name), json={"text": "再说一遍"})
        if answer.status_code == 200:
            assert answer.json()["item"] is None
    kept = service.store.load(f"page:{cookie}")
    assert kept is not None and kept[0].item == "SH013"


@pytest.mark.parametrize("name", ["a:b", "张三", "a b", "%00", "a" * 128])
def test_an_id_may_be_anything_that_fits(name: str, client: TestClient) -> None:
    answer = client.post(MESSAGES.format(name), json={"text": "SH013"})
    assert answer.status_code == 200
    assert answer.json()["item"] == "SH013"


def test_erasing_forgets_the_talk_and_its_notices(client: TestClient, service: Service) -> None:
    for text in ("SH013", "1"):
        say(client, text)
    first = say(client, "1")["replies"][-1]["notice"]["token"]
    say(client, "上一步")
    second = say(client, "2")["replies"][-1]["notice"]["token"]
    say(client, "要多少钱")
    assert first != second
    assert all(client.get(f"/n/{token}").status_code == 200 for token in (first, second))
    body = say(client, "删除我的数据")
    assert (body["act"], body["item"]) == ("erase", None)
    assert service.store.load("api:c1") is None
    assert all(client.get(f"/n/{token}").status_code == 404 for token in (first, second))


# Items, notices, sites.


def test_items(client: TestClient, searchable: Snapshot) -> None:
    answer = client.get("/api/items")
    assert answer.status_code == 200
    body = answer.json()
    assert body.keys() == {"items", "total"}
    assert body["total"] == len(body["items"]) == len(searchable.catalogue.items)
    assert all(item.keys() == {"code", "name", "handbook"} for item in body["items"])


@pytest.mark.parametrize("code", ["SH013", "YJ001"])
def test_an_item_or_theme(code: str, client: TestClient, searchable: Snapshot) -> None:
    answer = client.get(f"/api/items/{code}")
    assert answer.status_code == 200
    body = answer.json()
    assert body["code"] == code
    assert body["catalogue_version"] == searchable.id
    assert body["cases"] == len(searchable.tables[code].contents)
    for question in body["questions"]:
        assert question.keys() == {"fact", "ask", "why", "unit", "options", "when"}
        assert all(option.keys() == {"id", "label", "range"} for option in question["options"])
    assert ("plan" in body) == (code == "YJ001")


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        ("SH013", {}),
        ("SH013", {"age_16": "adult", "hukou_place": "外省户口"}),
        ("YJ001", {"dining_area": 60}),
        ("YJ001", {"dining_area": "60.5", "business_form": "company"}),
        ("SH029", {"ss_card_reason": "bank"}),
    ],
)
def test_a_notice(code: str, facts: dict[str, Any], client: TestClient) -> None:
    answer = client.post(f"/api/items/{code}/notice", json={"facts": facts})
    assert answer.status_code == 200
    notice = answer.json()
    assert_notice(notice)
    assert notice["code"] == code
    assert notice["facts"].keys() == facts.keys()
    assert (notice.get("plan") is not None) == (code == "YJ001")
    assert client.get(f"/n/{notice['token']}").status_code == 200


def test_notice_numbers_count_up(client: TestClient) -> None:
    numbers = [client.post("/api/items/SH013/notice", json={"facts": {}}).json()["issued"]["number"] for _ in range(3)]
    counts = [int(number.split("-")[1]) for number in numbers]
    assert counts == [counts[0], counts[0] + 1, counts[0] + 2]


def test_sites(client: TestClient, searchable: Snapshot) -> None:
    answer = client.get("/api/sites")
    assert answer.status_code == 200
    body = answer.json()
    assert body.keys() == {"sites", "total"}
    assert body["total"] == len(body["sites"]) == len(searchable.sites)
    assert all(site["distance_m"] is None for site in body["sites"])


def test_sites_of_an_item_the_nearest_first(client: TestClient, searchable: Snapshot) -> None:
    town = next(site for site in searchable.sites if site.level == "town")
    answer = client.get("/api/sites", params={"item": "SH029", "lat": town.lat, "lon": town.lon})
    assert answer.status_code == 200
    found = answer.json()["sites"]
    distances = [site["distance_m"] for site in found]
    assert distances == sorted(distances)
    assert (found[0]["id"], found[0]["distance_m"]) == (town.id, 0)


# Health.


def test_health_readiness_and_metrics(client: TestClient, service: Service) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "degraded", "rasa": "down"})
    say(client, "你好")
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert 'daoban_turns_total{act="greet",channel="api"}' in answer.text
    service.warm = False
    assert_problem(client.get("/readyz"), 503)
