"""Shared by all tests: snapshots of the catalogue, and a red run in CI when anything was skipped."""

from __future__ import annotations

import gc
import json
import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from knowledge.snapshot import Snapshot

ROOT = Path(__file__).resolve().parents[1]

# The same examples on every machine, and no time limit: both would make a red run hard to repeat.
settings.register_profile("daoban", deadline=None, derandomize=True, database=None, report_multiple_bugs=False)
settings.load_profile("daoban")

ALWAYS_TRIED = ("YJ001", "QY001", "QY020", "QY026", "SH013", "SH029")
"""The first items, which others were modelled on."""

_skipped: list[str] = []


def _in_ci() -> bool:
    return os.environ.get("CI") == "true"


def _note_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """A known failure (xfail) is reported as skipped too, but it did run."""
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        _skipped.append(f"{report.nodeid}: {reason}")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Called where the run is told of, also of what other processes ran."""
    _note_skip(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    _note_skip(report)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if _in_ci() and _skipped and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _in_ci() and _skipped:
        terminalreporter.section("skipped, which fails in CI", red=True)
        for line in _skipped:
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def snapshot() -> Snapshot:
    """The present catalogue in memory, without search."""
    from shipped_catalogue import shipped_snapshot

    return shipped_snapshot()


@pytest.fixture(scope="session")
def searchable(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The present catalogue built for search by words alone."""
    from knowledge.snapshot import build_snapshot, load_snapshot

    made = load_snapshot(build_snapshot(tmp_path_factory.mktemp("snapshots"), "", None, lambda _: None))
    assert made.matcher
    gc.freeze()
    return made


@pytest.fixture(scope="session")
def built() -> Snapshot:
    """The snapshot that `make setup` built, with vectors where the model is there."""
    from knowledge.snapshot import load_snapshot

    named = ROOT / ".build" / "current.json"
    if not named.exists():
        pytest.skip("nothing is built; run make setup")
    name = json.loads(named.read_text("utf-8")).get("snapshot")
    folder = ROOT / ".build" / "snapshots" / str(name)
    if not folder.exists():
        pytest.skip(f"the snapshot {name} is not built; run make setup")
    return load_snapshot(folder)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright keeps an event loop running, in which no other test can start one.

    Tests made from the catalogue try every item and theme. Where nothing is set up they try one in twelve: a first look,
    not the proof.
    """
    items.sort(key=lambda item: "browser" in item.path.parts)
    if _in_ci() or (ROOT / ".build" / "current.json").exists():
        return
    left_out = [item for item in items if _is_left_out(item)]
    if left_out:
        items[:] = [item for item in items if not _is_left_out(item)]
        left_out[0].config.hook.pytest_deselected(items=left_out)


def _is_left_out(item: pytest.Item) -> bool:
    code = getattr(item, "callspec", None) and item.callspec.params.get("code")  # type: ignore[attr-defined]
    return isinstance(code, str) and zlib.crc32(code.encode()) % 12 != 0 and code not in ALWAYS_TRIED
