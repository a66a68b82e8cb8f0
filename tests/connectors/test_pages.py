"""The pages: whole, escaped, and free of anything the content policy would refuse."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from shipped_catalogue import shipped_snapshot

from connectors.terminal.pages import (
    STATIC,
    ChoiceView,
    QuestionView,
    TerminalView,
    form_page,
    message_page,
    notice_page,
    terminal_page,
)
from knowledge.notice import Notice, build_notice, issue

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
TOKEN = "b" * 22
RESTAURANT: dict[str, str | int | float] = {
    "business_form": "individual",
    "premises": "rented",
    "dining_area": 80,
    "signboard": "hang",
}
VOID = {"meta", "link", "input", "img", "br", "path", "circle"}


ENTRIES = [*shipped_snapshot().catalogue.items, *shipped_snapshot().catalogue.themes]


class Page(HTMLParser):
    """Collects tags, ids, labels and text; fails on a tag closed out of turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag, f"</{tag}> out of turn"

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def checked(html: str) -> Page:
    """The page, after what must hold for each: policy, language, labels, unique ids, one h1."""
    page = Page(html)
    names = [name for name, _ in page.tags]
    assert not {"script", "style", "iframe", "object", "base"} & set(names)
    for _, attributes in page.tags:
        assert not any(key == "style" or key.startswith("on") for key in attributes)
        assert all(not str(attributes.get(key) or "/").startswith(("http", "//", "data:")) for key in ("src", "action"))
    for link in page.all("link"):
        assert str(link["href"]).startswith("/static/")
    for anchor in page.all("a"):
        assert str(anchor["href"]).startswith(("/", "?", "#", "tel:", "http://", "https://"))
    assert page.all("html")[0]["lang"] == "zh-CN"
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    labelled = {label.get("for") for label in page.all("label")}
    assert all(field["id"] in labelled for field in page.all("input"))
    assert names.count("h1") == 1 and names.count("main") == 1
    return page


def issued(code: str, facts: dict[str, str | int | float]) -> Notice:
    notice = build_notice(shipped_snapshot(), code, facts)
    return issue(notice, number="DB20261124-000001", token=TOKEN, at=dt.datetime(2026, 11, 24, 9, 30))


def views() -> Iterator[TerminalView]:
    question = QuestionView(
        "店面是租的还是自己的？", "租的要带合同。", 2, [("租的", "premises=rented"), ("不知道", "premises=?")]
    )
    yield TerminalView("start", examples=["身份证丢了"], themes=[("YJ001", "开餐馆全套手续", "一次说清")], sample=True)
    yield TerminalView("question", said="开饭馆", answered=["店面面积：80平方米"], question=question)
    yield TerminalView("choices", messages=["您说的是哪一件？"], choices=[ChoiceView("补身份证", "丢了", "SH013")])
    yield TerminalView("message", messages=["没听明白。"])
    yield TerminalView("notice", notice=issued("SH013", {}), large=True)


@pytest.mark.parametrize("view", list(views()), ids=lambda view: view.stage)
def test_a_person_can_always_go_back_start_over_or_ask_for_a_person(view: TerminalView) -> None:
    page = checked(terminal_page(view))
    values = [button.get("value") for button in page.all("button")]
    assert {"上一步", "重新来", "转人工"} <= set(values)
    assert any(field["name"] == "text" for field in page.all("input"))
    assert all(form["method"] == "post" and form["action"] == "/" for form in page.all("form"))


def test_a_tap_sends_the_value_of_what_was_tapped() -> None:
    start, question, choices, *_ = [checked(terminal_page(view)) for view in views()]
    assert {"name": "text", "value": "身份证丢了"} in start.all("button")
    assert any(button.get("value") == "YJ001" for button in start.all("button"))
    assert any(button.get("value") == "premises=rented" for button in question.all("button"))
    assert "最多还有2个问题" in question.text
    assert any(button.get("value") == "SH013" for button in choices.all("button"))


def test_the_elder_version_is_one_link_away() -> None:
    usual, large = (checked(terminal_page(TerminalView("start", large=large))) for large in (False, True))
    assert any(anchor["href"] == "/?large=1" for anchor in usual.all("a")) and "长辈版" in usual.text
    assert any(anchor["href"] == "/?large=0" for anchor in large.all("a"))
    assert large.all("html")[0]["class"] == "large"


@pytest.mark.parametrize("code", ENTRIES)
def test_every_entry_is_shown_whole_before_anything_is_answered(code: str) -> None:
    notice = build_notice(shipped_snapshot(), code, {})
    for html in (
        terminal_page(TerminalView("notice", notice=notice)),
        notice_page(notice, changed=[], base_url="https://hall.example"),
    ):
        page = checked(html)
        for material in notice.materials:
            assert material.name in page.text
            assert material.when_text in page.text
        for text in (notice.name, notice.fee.text, notice.delivery.text, *notice.conditions, "示例数据"):
            assert text in page.text
        assert not any("/n/" in str(image.get("src")) for image in page.all("img"))


@pytest.mark.parametrize("code", ENTRIES)
def test_every_entry_is_shown_with_a_full_case(code: str) -> None:
    catalogue, table = shipped_snapshot().catalogue, shipped_snapshot().tables[code]
    answers: dict[str, str] = {}
    while fact := table.next_question(answers):
        answers[fact] = catalogue.fact(catalogue.entry(code), fact).options[0].id
    notice = issued(code, dict(answers))
    assert notice.stop is not None or notice.case is not None
    page = checked(notice_page(notice, changed=[], base_url=None))
    assert notice.stop is not None or all(material.name in page.text for material in notice.materials)


def test_the_notice_page_is_private_and_offers_paper_and_phone() -> None:
    notice = issued("YJ001", RESTAURANT)
    page = checked(notice_page(notice, changed=[], base_url="https://hall.example"))
    meta = {attributes.get("name"): attributes.get("content") for attributes in page.all("meta")}
    assert meta["robots"] == "noindex" and meta["referrer"] == "no-referrer"
    hrefs = [anchor["href"] for anchor in page.all("a")]
    assert f"/n/{TOKEN}.pdf" in hrefs and f"tel:{notice.consult_phone}" in hrefs
    assert any(image["src"] == f"/n/{TOKEN}.svg" for image in page.all("img"))
    assert any(field.get("type") == "checkbox" for field in page.all("input"))
    assert "今天和发单时不一样的地方" not in page.text
    assert all(step.name in page.text for step in notice.plan or [])


def test_what_differs_today_comes_first() -> None:
    page = checked(notice_page(issued("SH013", {}), changed=["工本费改成了20元。"], base_url=None))
    assert page.text.index("工本费改成了20元。") < page.text.index("要带的")


def test_what_the_citizen_already_has_is_ticked() -> None:
    notice = build_notice(shipped_snapshot(), "SH013", {}, have=["hukou_book"])
    page = checked(notice_page(notice, changed=[], base_url=None))
    assert sum("checked" in field for field in page.all("input")) == 1
    assert "您说手上已经有了" in page.text


def test_a_stopped_notice_says_why_and_leads_on() -> None:
    stop = next(line for line in shipped_snapshot().catalogue.items["QY026"].stops if line.instead)
    notice = issued("QY026", {fact: options[0] for fact, options in stop.when.items()})
    page = checked(terminal_page(TerminalView("notice", notice=notice)))
    assert stop.reason in page.text and "要带的" not in page.text
    assert any(button.get("value") == stop.instead for button in page.all("button"))


def test_a_form_is_shown_blank_and_filled_in() -> None:
    form = next(one.form for one in shipped_snapshot().catalogue.materials.values() if one.form and one.form.mistakes)
    blank, filled = checked(form_page(form, filled=False)), checked(form_page(form, filled=True))
    for page in (blank, filled):
        assert "样表，以窗口发的为准" in page.text
        assert all(mistake in page.text for mistake in form.mistakes)
        assert all(one.label in page.text for one in form.fields)
    assert form.fields[0].example in filled.text
    assert form.fields[0].example not in blank.text.replace(form.name, "")


def test_an_error_page_leads_on() -> None:
    page = checked(message_page("这张单子找不到了", "链接可能抄错了一个字。", status=404))
    assert any(anchor["href"] == "/" for anchor in page.all("a"))
    assert "404" in page.text


def test_all_text_is_escaped() -> None:
    notice = issued("SH013", {})
    first = notice.materials[0].model_copy(update={"name": HOSTILE, "note": HOSTILE, "when_text": HOSTILE})
    bad = notice.model_copy(
        update={
            "name": HOSTILE,
            "plain_name": HOSTILE,
            "materials": [first],
            "conditions": [HOSTILE],
            "facts_text": [HOSTILE],
            "online": notice.online.model_copy(update={"url": "javascript:alert(1)", "text": HOSTILE}),
        }
    )
    form = next(one.form for one in shipped_snapshot().catalogue.materials.values() if one.form)
    question = QuestionView(HOSTILE, HOSTILE, 1, [(HOSTILE, HOSTILE)])
    choice = ChoiceView(HOSTILE, HOSTILE, HOSTILE)
    for html in (
        notice_page(bad, changed=[HOSTILE], base_url='https://x"><script>'),
        terminal_page(TerminalView("notice", notice=bad, said=HOSTILE, messages=[HOSTILE])),
        terminal_page(TerminalView("question", question=question, answered=[HOSTILE], said=HOSTILE)),
        terminal_page(TerminalView("choices", choices=[choice], messages=[HOSTILE])),
        terminal_page(TerminalView("start", examples=[HOSTILE], themes=[(HOSTILE, HOSTILE, HOSTILE)])),
        form_page(form.model_copy(update={"name": HOSTILE, "url": "javascript:alert(1)"}), filled=True),
        message_page(HOSTILE, HOSTILE, status=404),
    ):
        page = checked(html)
        assert "<script" not in html and HOSTILE in page.text
        assert "javascript:" not in html


def test_the_stylesheet_keeps_the_promises_of_size_and_asks_nobody_else() -> None:
    css = (STATIC / "daoban.css").read_text("utf-8")
    assert not re.search(r"https?:|@import|data:", css)
    assert "--base: 18px" in css and ".large { --base: 30px" in css
    assert "--touch: max(60px" in css


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two #rrggbb colours (WCAG 2.2, relative luminance)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_pair_of_text_and_ground_can_be_read() -> None:
    css = (STATIC / "daoban.css").read_text("utf-8")
    token = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", css.split("}")[1] + css.split("}")[0]))
    pairs = [
        *((text, ground) for text in ("ink", "soft", "blue", "seal") for ground in ("paper", "card")),
        *((text, "blue-wash") for text in ("ink", "soft")),
        *((text, "green-wash") for text in ("ink", "soft", "green", "amber")),
        *((text, "seal-wash") for text in ("ink", "blue")),
        *(("card", ground) for ground in ("blue", "seal", "green", "soft")),
        ("amber", "amber-wash"),
    ]
    for text, ground in pairs:
        assert contrast(token[text], token[ground]) >= 4.5, (text, ground)
    for edge in ("edge", "blue", "focus"):
        assert contrast(token[edge], token["paper"]) >= 3, edge
