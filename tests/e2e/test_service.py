"""The whole service as people use it: API, command line, page and WeChat; and without its language engine."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from contract import assert_notice
from running_service import ROOT, WECHAT_TOKEN, Running, environment, missing, start
from service_kit import signed, text_message

pytestmark = [pytest.mark.rasa, pytest.mark.model]

WISH = "我想开个小饭馆"
ANSWERS = {"premises": "租的", "dining_area": "60平", "business_form": "个体户", "signboard": "要挂"}
COMMAND = [sys.executable, "-m", "connectors.cli.main"]


def alive(pid: int) -> bool:
    """Whether a process still runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def say(client: httpx.Client, conversation: str, text: str) -> dict[str, Any]:
    answer = client.post(f"/api/conversations/{conversation}/messages", json={"text": text})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def asked(body: dict[str, Any]) -> str | None:
    """The fact that a reply object asks for."""
    values = [choice["value"] for reply in body["replies"] for choice in reply.get("choices", ())]
    return next((value.partition("=")[0] for value in values if "=" in value), None)


def test_a_wish_and_four_answers_at_most_give_the_whole_notice(daoban: Running) -> None:
    with daoban.client() as client:
        body = say(client, "wish", WISH)
        assert body["item"] in ("YJ001", "QY020", "QY026")
        answers = 0
        while fact := asked(body):
            answers += 1
            assert answers <= 4
            body = say(client, "wish", ANSWERS[fact])
        notice = body["replies"][-1]["notice"]
        assert_notice(notice)
        assert notice["code"] in ("YJ001", "QY020", "QY026")
        assert body["case"] == notice["case"] is not None
        assert client.get(f"/n/{notice['token']}").status_code == 200
        assert client.get(f"/n/{notice['token']}.pdf").content.startswith(b"%PDF-")


def test_the_same_through_the_command_line(daoban: Running) -> None:
    lines = [WISH, "1", "1", "1", "1", "", json.dumps({"conversation": "张三", "text": "身份证丢了"}), "你好"]
    done = subprocess.run(
        [*COMMAND, "chat", "--jsonl", "--url", daoban.url],
        input="\n".join(lines), capture_output=True, text=True, check=False, cwd=ROOT, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    assert [reply["text"] for reply in replies] == [WISH, "1", "1", "1", "1", "身份证丢了", "你好"]
    assert all(reply.keys() == {"replies", "act", "item", "case", "conversation", "text"} for reply in replies)
    assert_notice(replies[4]["replies"][-1]["notice"])
    names = [reply["conversation"] for reply in replies]
    assert len(set(names[:5])) == 1
    assert names[5] == "张三"
    assert names[6] not in (names[0], "张三")
    assert (replies[5]["item"], replies[6]["item"]) == ("SH013", None)


def test_the_same_on_the_page_without_script(daoban: Running) -> None:
    with daoban.client() as client:
        client.headers["accept"] = "text/html"
        page = client.post("/", data={"text": WISH}, follow_redirects=True)
        for _ in range(4):
            options = re.findall(r'<button class="option[^>]*value="([^"]+)"', page.text)
            if not options:
                break
            page = client.post("/", data={"value": options[0]}, follow_redirects=True)
        assert page.status_code == 200
        (link,) = set(re.findall(r'href="(/n/[0-9A-Za-z]{22}\.pdf)"', page.text))
        assert client.get(link).content.startswith(b"%PDF-")


def test_the_same_through_wechat(daoban: Running) -> None:
    with daoban.client() as client:
        texts = []
        for number, text in enumerate((WISH, "1", "1", "1", "1"), 1):
            answer = client.post(
                "/wechat", params=signed(WECHAT_TOKEN), content=text_message(text, number, "citizen-e2e")
            )
            assert answer.status_code == 200
            texts.append(ElementTree.fromstring(answer.content).findtext("Content") or "")
        assert "开餐馆" in texts[0]
        assert any("一次性告知单" in text for text in texts)
        assert client.post("/wechat", params=signed("guess"), content=text_message("你好")).status_code == 403


def test_text_that_begins_with_a_slash_is_only_text(daoban: Running) -> None:
    with daoban.client() as client:
        assert say(client, "slash", "/身份证丢了")["item"] == "SH013"
        for text in ("/restart", "/greet", "/service{}", "//", "/"):
            body = say(client, "slash", text)
            assert body["item"] == "SH013"
            assert all(reply["text"] for reply in body["replies"])


def test_many_people_at_once_are_kept_apart(daoban: Running) -> None:
    wishes = {"身份证丢了": "SH013", "社保卡补办": "SH029", "我要刻公章": "QY016", WISH: "YJ001"}

    async def main() -> list[tuple[str, str | None]]:
        async with httpx.AsyncClient(base_url=daoban.url, timeout=60, trust_env=False) as client:

            async def one(number: int) -> tuple[str, str | None]:
                wish = list(wishes)[number % len(wishes)]
                path = f"/api/conversations/crowd-{number}/messages"
                item = (await client.post(path, json={"text": wish})).json()["item"]
                again = (await client.post(path, json={"text": "要多少钱"})).json()["item"]
                assert item == again
                return wish, item

            return await asyncio.gather(*(one(number) for number in range(24)))

    assert all(item == wishes[wish] for wish, item in asyncio.run(main()))


def test_a_dead_language_engine_is_borne_and_comes_back(daoban: Running) -> None:
    with daoban.client() as client:
        body = say(client, "outage", WISH)
        first = asked(body)
        assert first
        pid = daoban.rasa_pid
        os.kill(pid, signal.SIGKILL)
        body = say(client, "outage", ANSWERS[first])
        assert body["item"] == "YJ001"
        second = asked(body)
        assert second and second != first
        body = say(client, "outage", "要多少钱")
        assert (body["act"], body["item"], asked(body)) == ("fee", "YJ001", second)
        assert say(client, "outage-2", "社保卡补办")["item"] == "SH029"
        until = time.monotonic() + 10
        while daoban.readiness() != (200, {"status": "degraded", "rasa": "down"}):
            assert time.monotonic() < until, daoban.readiness()
            time.sleep(0.05)
        daoban.until_ok(60)
        assert daoban.rasa_pid != pid
        body = say(client, "outage", ANSWERS[second])
        assert body["item"] == "YJ001" and asked(body) not in (first, second)


def test_stopping_leaves_nothing_behind_and_a_talk_goes_on_after_a_restart() -> None:
    if reason := missing():
        pytest.skip(reason)
    service = start()
    data_dir = service.data_dir
    try:
        service.until_it_answers()
        with service.client() as client:
            body = say(client, "restart", WISH)
            fact = asked(body)
            assert fact
        rasa = service.rasa_pid
        assert alive(rasa)
        assert service.end() in (0, -signal.SIGTERM)
        assert not alive(rasa)
        assert not (data_dir / "run" / "rasa.pid").exists()
        assert "Traceback" not in (data_dir / "log").read_text()

        service = start(data_dir)
        service.until_it_answers()
        with service.client() as client:
            body = say(client, "restart", ANSWERS[fact])
            assert body["item"] == "YJ001"
            assert asked(body) not in (None, fact)
        rasa = service.rasa_pid
        assert service.end(signal.SIGINT) in (0, 130, -signal.SIGINT)
        assert not alive(rasa)
    finally:
        if service.process.poll() is None:
            service.end()
        shutil.rmtree(data_dir, ignore_errors=True)


def test_matching_alone_needs_no_service(tmp_path: Path) -> None:
    if reason := missing():
        pytest.skip(reason)
    texts = [WISH, "身份证丢了", "", "你好"]
    done = subprocess.run(
        [*COMMAND, "match"], input="\n".join(texts), capture_output=True, text=True, check=False, cwd=ROOT,
        env=environment(tmp_path), timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["text"] for line in found] == texts
    assert [line["candidates"][0]["code"] for line in found[:2]] == ["YJ001", "SH013"]
    assert [line["decision"] for line in found[2:]] == ["reject", "reject"]


def test_the_engine_alone_reads_acts(tmp_path: Path) -> None:
    if reason := missing():
        pytest.skip(reason)
    done = subprocess.run(
        [*COMMAND, "parse"], input="要带什么材料\n/在哪里办\n", capture_output=True, text=True, check=False, cwd=ROOT,
        env=environment(tmp_path), timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(line.keys() == {"text", "act", "confidence", "entities"} for line in found)
    assert [line["act"] for line in found] == ["materials", "place"]
    assert all(0 < line["confidence"] <= 1 for line in found)
