"""`/wechat`: signatures, messages and events, broken XML, one run for each message, answers that fit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
from fastapi.testclient import TestClient
from service_kit import WECHAT_TOKEN, make_service, signed, text_message

from bot.hearing.rasa import Parse
from bot.saying.say import sentence
from connectors.app import create_app
from connectors.service import Service
from connectors.wechat.protocol import MAX_BODY, MAX_TEXT_BYTES, parse, signature_holds, split, text_reply
from knowledge.snapshot import Snapshot

HEAD = "<xml><ToUserName><![CDATA[hall]]></ToUserName><FromUserName><![CDATA[citizen]]></FromUserName>"
HEAD += "<CreateTime>1700000000</CreateTime>"
SUBSCRIBE = f"{HEAD}<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event></xml>".encode()
UNKNOWN_EVENT = f"{HEAD}<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[moonrise]]></Event></xml>".encode()
UNSUBSCRIBE = SUBSCRIBE.replace(b"[subscribe]", b"[unsubscribe]")
SCANNED = (
    f"{HEAD}<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event>"
    "<EventKey><![CDATA[qrscene_hall]]></EventKey><Ticket><![CDATA[t]]></Ticket></xml>"
).encode()
IMAGE = (
    f"{HEAD}<MsgType><![CDATA[image]]></MsgType><PicUrl><![CDATA[http://x.example/1]]></PicUrl>"
    "<MediaId><![CDATA[m]]></MediaId><MsgId>7</MsgId></xml>"
).encode()
VOICE = (
    f"{HEAD}<MsgType><![CDATA[voice]]></MsgType><MediaId><![CDATA[m]]></MediaId><Format><![CDATA[amr]]></Format>"
    "<Recognition><![CDATA[身份证丢了]]></Recognition><MsgId>8</MsgId></xml>"
).encode()
UNKNOWN_KIND = f"{HEAD}<MsgType><![CDATA[hologram]]></MsgType><MsgId>9</MsgId></xml>".encode()


@pytest.fixture
def account(searchable: Snapshot, tmp_path: Path) -> Iterator[Service]:
    """A service whose WeChat channel is on."""
    made = make_service(searchable, tmp_path, wechat_token=WECHAT_TOKEN)
    yield made
    made.store.close()


@pytest.fixture
def wechat(account: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A client of it."""
    monkeypatch.setattr("connectors.service.LOOK_FOR_SNAPSHOT_S", 3600.0)
    with TestClient(create_app(account), raise_server_exceptions=False) as opened:
        yield opened


def send(wechat: TestClient, body: bytes) -> str | None:
    """Post a signed message; the text of the passive reply, or None for `success`."""
    answer = wechat.post("/wechat", params=signed(), content=body)
    assert answer.status_code == 200, answer.text
    if answer.text == "success":
        return None
    return read(answer.content)


def read(body: bytes) -> str:
    """The text of a passive reply, which goes back to who wrote and fits."""
    reply = ElementTree.fromstring(body)
    assert reply.findtext("ToUserName") == "citizen"
    assert reply.findtext("FromUserName") == "hall"
    assert reply.findtext("MsgType") == "text"
    assert (reply.findtext("CreateTime") or "").isdigit()
    text = reply.findtext("Content") or ""
    assert 0 < len(text.encode()) <= MAX_TEXT_BYTES
    return text


# The address and signatures.


def test_without_a_token_the_channel_is_off(client: TestClient) -> None:
    assert client.get("/wechat", params=signed()).status_code == 404
    assert client.post("/wechat", params=signed(), content=text_message("你好")).status_code == 404


def test_the_address_is_checked_by_an_echo(wechat: TestClient) -> None:
    answer = wechat.get("/wechat", params={**signed(), "echostr": "7161<b>"})
    assert (answer.status_code, answer.text) == (200, "7161<b>")
    assert answer.headers["content-type"].startswith("text/plain")


BAD: list[dict[str, str]] = [
    {},
    {**signed(), "signature": ""},
    {**signed(), "signature": "0" * 40},
    {**signed(), "signature": "签名"},
    {**signed(), "nonce": "other"},
    {**signed(), "timestamp": ""},
    {**signed(), "timestamp": "soon"},
    signed("another-token"),
    signed(""),
    signed(age_s=301),
    signed(age_s=-86_400),
]


@pytest.mark.parametrize("query", BAD)
def test_a_signature_that_does_not_hold_is_refused(query: dict[str, str], wechat: TestClient) -> None:
    assert wechat.get("/wechat", params={**query, "echostr": "1"}).status_code == 403
    answer = wechat.post("/wechat", params=query, content=text_message("你好"))
    assert (answer.status_code, answer.text) == (403, "")


def test_a_signature_is_good_for_five_minutes() -> None:
    query = signed()
    at = int(query["timestamp"])
    values = (query["signature"], query["timestamp"], query["nonce"])
    assert signature_holds(WECHAT_TOKEN, *values, at=at + 300)
    assert not signature_holds(WECHAT_TOKEN, *values, at=at + 301)
    assert signature_holds(WECHAT_TOKEN, *values, at=at - 300)


# Messages.


def test_text_is_answered(wechat: TestClient, account: Service) -> None:
    text = send(wechat, text_message("身份证丢了"))
    assert text and "身份证" in text
    kept = account.store.load("wechat:citizen")
    assert kept is not None and kept[0].item == "SH013"


def test_a_talk_goes_on_until_the_notice(wechat: TestClient) -> None:
    for number, text in enumerate(("SH013", "1", "1"), 1):
        answer = send(wechat, text_message(text, number))
    assert answer and "一次性告知单" in answer


def test_voice_is_read_by_what_was_recognised(wechat: TestClient, account: Service) -> None:
    assert send(wechat, VOICE)
    kept = account.store.load("wechat:citizen")
    assert kept is not None and kept[0].item == "SH013"


def test_following_is_greeted_and_other_events_are_not_answered(wechat: TestClient) -> None:
    assert send(wechat, SUBSCRIBE) == sentence("greet")
    assert send(wechat, SCANNED) == sentence("greet")
    assert send(wechat, UNKNOWN_EVENT) is None
    assert send(wechat, UNSUBSCRIBE) is None


def test_what_is_not_text_is_said_so(wechat: TestClient) -> None:
    assert send(wechat, IMAGE) == sentence("only_text")
    assert send(wechat, UNKNOWN_KIND) == sentence("only_text")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"not xml", b"<xml>", b"<xml></xml>", b"\xff\xfe\x00", HEAD.encode(),
        b"<xml><MsgType>text</MsgType></xml>",
        text_message("你好").replace(b"citizen", b""),
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml><Content>&b;</Content></xml>',
        b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>' + text_message("&f;"),
    ],
)  # fmt: skip
def test_what_is_no_message_is_let_go(body: bytes, wechat: TestClient) -> None:
    assert send(wechat, body) is None


def test_a_body_too_large_is_let_go(wechat: TestClient) -> None:
    assert parse(text_message("啊" * MAX_BODY)) is None
    assert send(wechat, text_message("啊" * MAX_BODY)) is None


def test_a_text_with_the_end_mark_of_cdata(wechat: TestClient) -> None:
    body = text_message("身份证丢了 ]]]]><![CDATA[> &lt;b&gt;")
    assert send(wechat, body)
    incoming = parse(text_message("你好"))
    assert incoming is not None
    assert read(text_reply(incoming, "一]]>二\x00三")) == "一]]>二三"


@pytest.mark.parametrize("text", ["", "  ", "👍", "啊" * 2001, "/restart", "<b>&amp;</b>"])
def test_odd_texts_are_answered(text: str, wechat: TestClient) -> None:
    assert send(wechat, text_message(text, 1))


def test_too_often_is_answered_in_words(wechat: TestClient) -> None:
    for number in range(60):
        send(wechat, text_message("👍", number))
    assert send(wechat, text_message("👍", 99)) == sentence("busy")


def test_a_fault_inside_is_never_an_error_for_wechat(wechat: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise RuntimeError("broken")

    monkeypatch.setattr("connectors.wechat.routes.text_reply", broken)
    assert send(wechat, text_message("你好", 1)) is None


def test_personal_numbers_are_masked_here_too(wechat: TestClient, account: Service) -> None:
    send(wechat, text_message("身份证11010519491231002X丢了"))
    kept = account.store.load("wechat:citizen")
    assert kept is not None and "110105" not in kept[0].model_dump_json()


# Long answers.


def test_a_long_answer_is_cut_between_lines_and_goes_on_after_more(wechat: TestClient) -> None:
    for number, text in enumerate(("YJ001", "不知道", "不知道", "不知道", "不知道"), 1):
        answer = send(wechat, text_message(text, number))
    assert answer and answer.endswith(sentence("to_be_continued"))
    parts = [answer]
    for number in range(20, 30):
        if not parts[-1].endswith(sentence("to_be_continued")):
            break
        parts.append(send(wechat, text_message("更多", number)) or "")
    assert 1 < len(parts) < 10
    assert "一次性告知单" in parts[0]
    assert all(parts) and not parts[-1].endswith(sentence("to_be_continued"))


def test_splitting_loses_nothing() -> None:
    texts = ["第一行\n第二行", "字" * 1500, "", "尾"]
    parts = split(texts, 300)
    assert all(0 < len(part.encode()) <= 300 for part in parts)
    assert "".join(parts).replace("\n", "") == "".join(texts).replace("\n", "")
    assert split(["短"], 300) == ["短"]
    assert split([""], 300) == []


# Deliveries.


def test_the_same_message_three_times_runs_once(wechat: TestClient, account: Service) -> None:
    answers = {send(wechat, text_message("身份证丢了", 42)) for _ in range(3)}
    assert len(answers) == 1
    kept = account.store.load("wechat:citizen")
    assert kept is not None and kept[1] == 1
    assert send(wechat, text_message("身份证丢了", 43))
    kept = account.store.load("wechat:citizen")
    assert kept is not None and kept[1] == 2


def test_the_same_id_of_two_people_is_two_messages(wechat: TestClient, account: Service) -> None:
    send(wechat, text_message("身份证丢了", 1))
    wechat.post("/wechat", params=signed(), content=text_message("身份证丢了", 1, "neighbour"))
    assert account.store.load("wechat:neighbour") is not None


class SlowParser:
    """An engine that takes its time, and counts."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.runs = seconds, 0

    async def parse(self, text: str) -> Parse | None:
        self.runs += 1
        await asyncio.sleep(self.seconds)
        return Parse("greet", 0.99, ())


def test_deliveries_at_the_same_time_wait_for_one_run(searchable: Snapshot, tmp_path: Path) -> None:
    parser = SlowParser(0.3)
    service = make_service(searchable, tmp_path, parser, wechat_token=WECHAT_TOKEN)

    async def three() -> list[httpx.Response]:
        transport = httpx.ASGITransport(create_app(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://hall.example") as wechat:
            posts = (wechat.post("/wechat", params=signed(), content=text_message("嗯这样子", 5)) for _ in range(3))
            return await asyncio.gather(*posts)

    answers = asyncio.run(three())
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({read(answer.content) for answer in answers}) == 1
    assert parser.runs == 1
    service.store.close()


def test_past_the_deadline_it_says_so_and_a_retry_gets_the_answer(
    searchable: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.wechat.routes.DEADLINE_S", 0.2)
    parser = SlowParser(0.8)
    service = make_service(searchable, tmp_path, parser, wechat_token=WECHAT_TOKEN)

    async def twice() -> list[str]:
        transport = httpx.ASGITransport(create_app(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://hall.example") as wechat:
            first = await wechat.post("/wechat", params=signed(), content=text_message("嗯这样子", 5))
            await asyncio.sleep(1.2)
            second = await wechat.post("/wechat", params=signed(), content=text_message("嗯这样子", 5))
            return [read(first.content), read(second.content)]

    first, second = asyncio.run(twice())
    assert first == sentence("still_working")
    assert second == sentence("greet")
    assert parser.runs == 1
    service.store.close()
