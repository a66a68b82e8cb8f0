"""Settings: defaults that run, and one sentence for a value that would be a danger."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from pydantic import ValidationError
from service_kit import WECHAT_TOKEN

from connectors.settings import PROJECT, Settings

DAOBAN = PROJECT / ".venv" / "bin" / "daoban"


def test_defaults_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAOBAN_DATA_DIR")
    settings = Settings()
    assert settings.data_dir == PROJECT / "var"
    assert settings.database == f"sqlite:///{PROJECT / 'var' / 'daoban.sqlite3'}"
    assert (settings.redis_url, settings.embedding_model, settings.wechat_token) == ("", "builtin", None)
    assert settings.site_or_sample is None
    assert settings.messages_a_minute == 60


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "DATA_DIR": str(tmp_path), "DATABASE_URL": "postgresql+psycopg://hall/daoban", "PUBLIC_URL": "https://hall.example/",
        "SITE": "center", "WECHAT_TOKEN": WECHAT_TOKEN,
    }.items():  # fmt: skip
        monkeypatch.setenv(f"DAOBAN_{name}", value)
    settings = Settings()
    assert (settings.data_dir, settings.database) == (tmp_path, "postgresql+psycopg://hall/daoban")
    assert settings.public_url == "https://hall.example"
    assert settings.site_or_sample == "center"
    assert settings.wechat_token == WECHAT_TOKEN


@pytest.mark.parametrize("token", ["", " ", "short", "token", "CHANGEME", "changeme", "YourToken", "daoban"])
def test_an_empty_short_or_sample_token_is_refused(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAOBAN_WECHAT_TOKEN", token)
    with pytest.raises(ValidationError, match="DAOBAN_WECHAT_TOKEN"):
        Settings()


@pytest.mark.skipif(not DAOBAN.exists(), reason="the command is not installed; run make setup")
@pytest.mark.parametrize("token", ["", "token"])
def test_the_service_does_not_start_with_one_and_says_why_in_one_sentence(token: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [DAOBAN, "serve", "--port", "1"],
        env=os.environ | {"DAOBAN_WECHAT_TOKEN": token, "DAOBAN_DATA_DIR": str(tmp_path)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "DAOBAN_WECHAT_TOKEN" in done.stderr and "Traceback" not in done.stderr
