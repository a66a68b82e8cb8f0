"""A citizen at the terminal or on a phone: says a wish, taps answers, gets the notice and its paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.rasa, pytest.mark.model]

MIN_TARGET_PX = 60
MIN_TEXT_PX = 18

# The developer tools run these even where the page itself may run nothing.
TOO_WIDE = """() => [...document.querySelectorAll('body *')]
    .filter(one => !one.closest('.visually-hidden, .skip') && one.checkVisibility())
    .map(one => [one.textContent.trim().slice(0, 20), one.getBoundingClientRect()])
    .filter(([_, box]) => box.width > 1 && (box.right > innerWidth + 0.5 || box.left < -0.5))
    .map(([text, box]) => `${text}: ${box.left} to ${box.right} px`)"""
TOO_SMALL_TARGETS = """least => [...document.querySelectorAll('button, a.primary, a.switch, .ask input')]
    .map(one => [one.textContent.trim() || one.name, one.getBoundingClientRect()])
    .filter(([_, box]) => box.height > 0 && (box.height < least - 0.5 || box.width < least - 0.5))
    .map(([text, box]) => `${text}: ${box.width} × ${box.height} px`)"""
TOO_SMALL_TEXT = """least => [...document.querySelectorAll('main *')]
    .filter(one => !one.closest('.visually-hidden, svg') && one.checkVisibility())
    .filter(one => [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()))
    .map(one => [one.textContent.trim().slice(0, 20), parseFloat(getComputedStyle(one).fontSize)])
    .filter(([_, size]) => size < least).map(([text, size]) => `${text}: ${size} px`)"""


def follow(page: Page, target: Locator) -> None:
    """Tap something that leads to another page, and wait for it."""
    with page.expect_navigation(wait_until="load"):
        target.tap()


def stages(page: Page) -> Iterator[str]:
    """Walk from the first page to the notice, stopping at each page on the way."""
    page.goto("/")
    yield "start"
    page.locator("#say").fill("我想开个小饭馆")
    follow(page, page.locator(".ask button"))
    taps = 0
    while page.locator("button.option").count():
        yield "question"
        assert taps < 4
        follow(page, page.locator("button.option").first)
        taps += 1
    yield "notice"


def test_a_wish_and_taps_lead_to_the_notice_and_its_paper(page: Page) -> None:
    seen = list(stages(page))
    assert seen[0] == "start" and seen[-1] == "notice" and 1 <= seen.count("question") <= 4
    assert page.locator("article.notice h1").inner_text()
    assert page.locator(".papers li.paper").count() > 3
    link = page.locator("a.print").get_attribute("href")
    assert link is not None
    answer = page.request.get(link)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.body().startswith(b"%PDF-")
    assert page.locator(".qr img").evaluate("one => one.complete && one.naturalWidth > 0")


def test_every_page_fits_and_is_large_enough(page: Page) -> None:
    for stage in stages(page):
        assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"), stage
        assert page.evaluate(TOO_WIDE) == [], stage
        assert page.evaluate(TOO_SMALL_TARGETS, MIN_TARGET_PX) == [], stage
        assert page.evaluate(TOO_SMALL_TEXT, MIN_TEXT_PX) == [], stage


def test_large_type_is_a_tap_away_and_stays(page: Page) -> None:
    def size() -> float:
        measured: Any = page.evaluate("parseFloat(getComputedStyle(document.querySelector('main label')).fontSize)")
        return float(measured)

    page.goto("/")
    before = size()
    follow(page, page.locator("a.switch"))
    assert page.locator("html.large").count() == 1
    assert size() > before
    for stage in stages(page):
        assert page.locator("html.large").count() == 1, stage
        assert page.evaluate(TOO_WIDE) == [], stage
    follow(page, page.locator("a.switch"))
    assert page.locator("html.large").count() == 0


def test_previous_restart_and_a_person_are_always_there(page: Page) -> None:
    walk = stages(page)
    next(walk)
    next(walk)
    first = page.locator("h1").inner_text()
    next(walk)
    assert page.locator("h1").inner_text() != first
    _bar(page, "上一步")
    assert page.locator("h1").inner_text() == first
    _bar(page, "转人工")
    assert "导办台" in page.locator("main").inner_text()
    _bar(page, "重新来")
    assert page.locator("button.option").count() == 0


def _bar(page: Page, name: str) -> None:
    follow(page, page.locator(".bar button", has_text=name))


def test_it_is_used_by_keyboard_alone(page: Page) -> None:
    page.goto("/")
    _tab_to(page, lambda: page.locator("#say:focus").count() == 1)
    page.keyboard.insert_text("身份证丢了")
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press("Enter")
    _tab_to(page, lambda: page.locator("button.option:focus").count() == 1)
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", "what has the focus is not seen"
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press("Enter")
    assert page.locator(".so-far .facts li").count() == 1


def _tab_to(page: Page, there: Callable[[], bool]) -> None:
    for _ in range(40):
        if there():
            return
        page.keyboard.press("Tab")
    raise AssertionError("the keyboard does not reach it")


def test_the_link_and_a_form_fit_too(page: Page) -> None:
    list(stages(page))
    link = page.locator("a.print").get_attribute("href")
    form = page.locator("a", has_text="看填好的样子").first.get_attribute("href")
    assert link is not None and form is not None
    for path in (link.removesuffix(".pdf"), form):
        answer = page.goto(path)
        assert answer is not None and answer.status == 200
        assert page.locator("h1").first.is_visible()
        assert page.evaluate(TOO_WIDE) == [], path
        assert page.evaluate(TOO_SMALL_TEXT, MIN_TEXT_PX) == [], path


def test_what_is_typed_is_never_run(page: Page) -> None:
    page.goto("/")
    page.locator("#say").fill(
        "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>身份证丢了"
    )
    follow(page, page.locator(".ask button"))
    assert page.title() != "run"
    assert page.locator("main img, main script").count() == 0
