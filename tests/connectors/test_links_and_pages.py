"""The notice's link, and the terminal's page without JavaScript, over HTTP."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from connectors.service import Service
from connectors.storage.tables import NoticeRow
from connectors.terminal.routes import differences
from knowledge.notice import build_notice
from knowledge.snapshot import Snapshot

UNKNOWN = "a" * 22


@pytest.fixture
def issued(client: TestClient) -> dict[str, Any]:
    """A notice that was handed out."""
    facts = {"age_16": "adult", "hukou_place": "elsewhere"}
    notice: dict[str, Any] = client.post("/api/items/SH013/notice", json={"facts": facts}).json()
    return notice


# The link.


def test_the_link_shows_the_notice_as_issued(client: TestClient, issued: dict[str, Any]) -> None:
    answer = client.get(f"/n/{issued['token']}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert issued["issued"]["number"] in answer.text
    for material in issued["materials"]:
        assert material["name"] in answer.text
    assert issued["consult_phone"] in answer.text
    assert "今天和发单时不一样" not in answer.text


def test_the_link_is_private(client: TestClient, issued: dict[str, Any]) -> None:
    for path in (f"/n/{issued['token']}", f"/n/{issued['token']}.pdf", f"/n/{issued['token']}.svg", f"/n/{UNKNOWN}"):
        headers = client.get(path).headers
        assert "noindex" in headers["x-robots-tag"]
        assert headers["referrer-policy"] == "no-referrer"
        assert "no-store" in headers["cache-control"]
    page = client.get(f"/n/{issued['token']}").text
    assert re.search(r'<meta name="robots" content="noindex', page)
    assert re.search(r'<meta name="referrer" content="no-referrer', page)


def test_paper_and_code_of_the_link(client: TestClient, issued: dict[str, Any]) -> None:
    pdf = client.get(f"/n/{issued['token']}.pdf")
    assert (pdf.status_code, pdf.headers["content-type"]) == (200, "application/pdf")
    assert pdf.content.startswith(b"%PDF-")
    assert issued["issued"]["number"] in pdf.headers["content-disposition"]
    svg = client.get(f"/n/{issued['token']}.svg")
    assert (svg.status_code, svg.headers["content-type"]) == (200, "image/svg+xml")
    assert svg.text.startswith("<svg") and "http://www.w3.org/2000/svg" in svg.text
    assert "<script" not in svg.text


@pytest.mark.parametrize("token", [UNKNOWN, "short", "a" * 23, "a" * 21 + "-", "a" * 21 + "%27", "..%2f..%2fetc"])
@pytest.mark.parametrize("ending", ["", ".pdf", ".svg"])
def test_an_unknown_link_is_gone(token: str, ending: str, client: TestClient) -> None:
    assert client.get(f"/n/{token}{ending}").status_code == 404


def test_a_printed_number_opens_nothing(client: TestClient, issued: dict[str, Any]) -> None:
    assert client.get(f"/n/{issued['issued']['number']}").status_code == 404


def test_a_link_ends_after_its_time(client: TestClient, issued: dict[str, Any], service: Service) -> None:
    assert client.get(f"/n/{issued['token']}").status_code == 200
    past = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
    with service.store.engine.begin() as connection:
        connection.execute(update(NoticeRow).values(expires_at=past))
    assert client.get(f"/n/{issued['token']}").status_code == 404
    assert client.get(f"/n/{issued['token']}.pdf").status_code == 404


def test_an_erased_link_is_gone(client: TestClient, issued: dict[str, Any], service: Service) -> None:
    service.store.erase_notice(issued["token"])
    assert client.get(f"/n/{issued['token']}").status_code == 404


def test_a_banner_says_what_is_different_today(
    client: TestClient, issued: dict[str, Any], service: Service, searchable: Snapshot
) -> None:
    catalogue = searchable.catalogue.model_copy(deep=True)
    item = catalogue.items["SH013"]
    name = issued["materials"][0]["name"]
    item.materials[:] = [one for one in item.materials if one.id != issued["materials"][0]["id"]]
    service.snapshots.swap(replace(searchable, id="000000000000", catalogue=catalogue))
    page = client.get(f"/n/{issued['token']}").text
    assert "今天和发单时不一样的地方" in page
    assert f"现在不用带了：{name}" in page
    assert issued["issued"]["number"] in page


def test_nothing_differs_where_only_the_version_does(
    client: TestClient, issued: dict[str, Any], service: Service, searchable: Snapshot
) -> None:
    service.snapshots.swap(replace(searchable, id="000000000000"))
    assert "今天和发单时不一样" not in client.get(f"/n/{issued['token']}").text


def test_an_item_that_is_no_more_is_said(
    client: TestClient, issued: dict[str, Any], service: Service, searchable: Snapshot
) -> None:
    catalogue = searchable.catalogue.model_copy(deep=True)
    del catalogue.items["SH013"]
    service.snapshots.swap(replace(searchable, id="000000000000", catalogue=catalogue))
    answer = client.get(f"/n/{issued['token']}")
    assert answer.status_code == 200
    assert "重新问一遍" in answer.text


def test_differences_name_papers_fee_time_and_place(snapshot: Snapshot) -> None:
    then = build_notice(snapshot, "SH013", {})
    assert differences(then, then) == []
    fee = then.fee.model_copy(update={"text": "收40元。"})
    time = then.time.model_copy(update={"promised": None, "legal": None})
    today = then.model_copy(update={"materials": then.materials[1:], "fee": fee, "time": time, "sites": []})
    found = "\n".join(differences(then, today))
    assert then.materials[0].name in found and "收40元" in found and "办理时间" in found and "办理地点" in found
    assert f"现在还要带：{then.materials[0].name}" in differences(today, then)


# The page.


def post(client: TestClient, **form: str) -> str:
    """One form from the page; the page it leads back to."""
    answer = client.post("/", data=form)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/"
    page = client.get("/")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    return page.text


def buttons(page: str) -> list[str]:
    return re.findall(r'<button class="option[^>]*name="value" value="([^"]+)"', page)


def test_the_first_page_asks_and_needs_no_script(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert "您想办什么事" in answer.text
    assert '<form class="ask" method="post" action="/"' in answer.text
    assert "<script" not in answer.text and "style=" not in answer.text and "javascript:" not in answer.text
    assert "set-cookie" not in answer.headers


def test_a_wish_and_taps_lead_to_the_notice(client: TestClient) -> None:
    page = post(client, text="我想开个小饭馆")
    for _ in range(4):
        if not (options := buttons(page)):
            break
        page = post(client, value=options[0])
    assert "一次性告知单" in page
    (link,) = set(re.findall(r'href="(/n/[0-9A-Za-z]{22}\.pdf)"', page))
    assert client.get(link).content.startswith(b"%PDF-")


def test_the_cookie_is_kept_from_scripts_and_other_sites(client: TestClient) -> None:
    answer = client.post("/", data={"text": "你好"})
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("daoban=")
    assert "httponly" in cookie and "samesite=strict" in cookie
    assert len(client.cookies["daoban"]) >= 22
    secure = client.post("https://testserver/", data={"text": "你好"}).headers["set-cookie"].lower()
    assert "secure" in secure


def test_every_visitor_has_a_talk_of_their_own(client: TestClient) -> None:
    post(client, value="SH013")
    first = client.cookies["daoban"]
    client.cookies.clear()
    assert "您想办什么事" in client.get("/").text
    post(client, value="SH029")
    assert client.cookies["daoban"] != first


def test_previous_and_restart_from_the_page(client: TestClient) -> None:
    page = post(client, value="SH013")
    first = buttons(page)
    page = post(client, value=first[0])
    assert buttons(page) != first
    assert buttons(post(client, value="上一步")) == first
    page = post(client, value="重新来")
    assert not buttons(page)
    assert "身份证丢了补办" not in page.split("点一句")[0]


def test_nothing_typed_leaves_the_question_there(client: TestClient) -> None:
    page = post(client, value="SH013")
    assert buttons(post(client, text="")) == buttons(page)
    assert buttons(post(client, text="👍")) == buttons(page)


def test_what_is_typed_is_shown_as_text(client: TestClient) -> None:
    page = post(client, text='<script>alert(1)</script>"><img src=x> 身份证丢了')
    assert "<script" not in page and "<img src=x" not in page
    assert "&lt;script&gt;" in page


def test_choices_and_messages_have_their_pages(client: TestClient) -> None:
    page = post(client, text="转人工")
    assert "导办台" in page
    for text in ("你好", "谢谢", "救命"):
        assert "<h1" in post(client, text=text)


def test_the_page_waits_too_when_it_is_asked_too_often(client: TestClient) -> None:
    for _ in range(60):
        client.post("/", data={"text": "👍"})
    answer = client.post("/", data={"text": "你好"})
    assert answer.status_code == 429


def test_a_stale_or_forged_cookie_begins_anew(client: TestClient) -> None:
    client.cookies.set("daoban", "api:c1")
    assert client.get("/").status_code == 200
    page = post(client, value="SH013")
    assert buttons(page)


def test_large_type_is_remembered(client: TestClient) -> None:
    assert 'class="large"' not in client.get("/").text
    answer = client.get("/?large=1")
    shown = client.get("/").text if answer.status_code == 303 else answer.text
    assert 'class="large"' in shown
    assert 'class="large"' in client.get("/").text
    client.get("/?large=0")
    assert 'class="large"' not in client.get("/").text


def test_forms_are_shown_blank_and_filled(client: TestClient, searchable: Snapshot) -> None:
    with_form = [code for code, material in searchable.catalogue.materials.items() if material.form]
    assert with_form
    for code in with_form:
        form = searchable.catalogue.materials[code].form
        blank, filled = client.get(f"/forms/{code}"), client.get(f"/forms/{code}?filled=1")
        assert (blank.status_code, filled.status_code) == (200, 200)
        assert form is not None and form.name in blank.text
        for one in form.fields:
            assert one.label in blank.text and one.example in filled.text
    assert client.get("/forms/nothing").status_code == 404
    assert client.get("/forms/id_card").status_code == 404


def test_samples_named_in_notices_exist(client: TestClient, searchable: Snapshot) -> None:
    samples = {
        material.form.sample
        for code in searchable.tables
        for material in build_notice(searchable, code, {}).materials
        if material.form and material.form.sample
    }
    assert samples
    for sample in samples:
        assert client.get(sample).status_code == 200, sample


def test_every_file_the_page_names_is_there(client: TestClient) -> None:
    page = client.get("/").text
    named = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
    style = client.get("/static/daoban.css").text
    named |= {url if url.startswith("/") else f"/static/{url}" for url in re.findall(r"url\([\"']?([^\"')]+)", style)}
    assert named
    for path in named:
        assert client.get(path).status_code == 200, path
