"""The pages tell what is there: settings, commands, the policy's table, and links that lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from bot.deciding.state import State
from bot.deciding.step import TABLE
from connectors.cli.main import app
from connectors.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DRAW = ROOT / "scripts" / "draw_policy.py"
CONVERSATION = ROOT / "docs" / "conversation.md"
READMES = ("README.md", "README.zh.md")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """Every page of the project; hidden folders and what the service writes are not the project's."""
    folders = [one for one in ROOT.iterdir() if one.is_dir() and not one.name.startswith(".") and one.name != "var"]
    found = [*ROOT.glob("*.md"), *(page for folder in folders for page in folder.rglob("*.md"))]
    return sorted(page for page in found if "templates" not in page.parts)


def commands(command: Any, typed: str = "daoban") -> Iterator[str]:
    """Every command as one types it. A group, and only that, has `commands`; some do something by themselves too."""
    if not hasattr(command, "commands") or command.invoke_without_command:
        yield typed
    if not hasattr(command, "commands"):
        return
    for name, one in command.commands.items():
        yield from commands(one, f"{typed} {name}")


def draw(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(DRAW), *arguments], capture_output=True, text=True, check=False)


def test_the_drawn_policy_is_fresh() -> None:
    done = draw("--check")
    assert done.returncode == 0, done.stderr


def test_a_stale_page_or_one_without_markers_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from scripts import draw_policy

    page = tmp_path / "conversation.md"
    monkeypatch.setattr(draw_policy, "PAGE", page)
    stale = CONVERSATION.read_text("utf-8").replace("| `greet` |", "| `gone` |")
    page.write_text(stale, "utf-8")
    monkeypatch.setattr(sys, "argv", ["draw_policy", "--check"])
    assert draw_policy.main() == 1
    assert page.read_text("utf-8") == stale
    monkeypatch.setattr(sys, "argv", ["draw_policy"])
    assert draw_policy.main() == 0
    assert page.read_text("utf-8") == CONVERSATION.read_text("utf-8")
    page.write_text("no markers", "utf-8")
    assert draw_policy.main() == 1


def test_the_drawn_table_has_a_row_for_every_act_and_every_step_is_described() -> None:
    from scripts.draw_policy import BEGIN, END, step_name

    table, _, prose = CONVERSATION.read_text("utf-8").partition(BEGIN)[2].partition(END)
    assert State().situation in table.splitlines()[1]
    missing = [act for act in TABLE if f"| `{act}` |" not in table]
    assert not missing
    steps = {step_name(handler).split("(")[0] for row in TABLE.values() for handler in row.values()}
    assert not [step for step in sorted(steps) if f"`{step}`" not in prose]


@pytest.mark.parametrize("readme", READMES)
@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_every_setting_is_in_the_readme(readme: str, field: str) -> None:
    assert f"| `DAOBAN_{field.upper()}` |" in (ROOT / readme).read_text("utf-8")


@pytest.mark.parametrize("readme", READMES)
@pytest.mark.parametrize("command", sorted(commands(typer.main.get_command(app))))
def test_every_command_is_in_the_readme(readme: str, command: str) -> None:
    assert f"| `{command}` |" in (ROOT / readme).read_text("utf-8")


@pytest.mark.parametrize("readme", READMES)
def test_the_readme_names_nothing_that_is_gone(readme: str) -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", (ROOT / readme).read_text("utf-8"), re.MULTILINE)
    there = {*commands(typer.main.get_command(app)), *(f"DAOBAN_{field.upper()}" for field in Settings.model_fields)}
    assert {row for row in rows if row.startswith(("daoban ", "DAOBAN_"))} == there


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_relative_links_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(FENCE.sub("", page.read_text("utf-8")))
    local = [target.split("#")[0] for target in targets if "://" not in target and not target.startswith("#")]
    assert not [target for target in local if not (page.parent / target).exists()]
