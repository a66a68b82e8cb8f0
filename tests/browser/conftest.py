"""Debian's Chromium on the real service, with and without JavaScript, at the hall's and a phone's size."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from running_service import Running

SIZES = {"terminal": (1080, 1920), "phone": (390, 844)}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser. Skips where Chromium or Playwright is not installed."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed (Debian: chromium)")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def daoban(request: pytest.FixtureRequest) -> Running:
    """The running service, shared with the end-to-end tests."""
    from running_service import shared

    return shared(request.config)


@pytest.fixture(params=[f"{size}, {script}" for size in SIZES for script in ("no script", "script")])
def page(request: pytest.FixtureRequest, browser: Browser, daoban: Running) -> Iterator[Page]:
    """A new visitor's page; an error of the page, its console or a file it needs fails the test."""
    size, _, script = request.param.partition(", ")
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=script == "script", base_url=daoban.url,
        locale="zh-CN", has_touch=True,
    )  # fmt: skip
    context.set_default_timeout(20_000)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    opened.on("response", lambda sent: wrong.append(f"{sent.status} {sent.url}") if sent.status >= 400 else None)
    yield opened
    context.close()
    assert not wrong
