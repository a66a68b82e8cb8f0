"""Settings from the environment, prefix `DAOBAN_`, with defaults that run."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pydantic import field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parents[1]
BUILD = PROJECT / ".build"

CONVERSATION_DAYS = 30
"""How long a conversation nobody came back to is kept."""

_SAMPLE_TOKENS = frozenset({"token", "wechat", "weixin", "daoban", "test", "123456", "changeme", "yourtoken"})
_MIN_TOKEN = 8


class Settings(BaseSettings):
    """All settings. A bad value is a ValidationError whose message is one plain sentence."""

    model_config = SettingsConfigDict(env_prefix="DAOBAN_", env_ignore_empty=False, frozen=True)

    data_dir: Path = PROJECT / "var"
    database_url: str = ""
    redis_url: str = ""
    embedding_model: str = "builtin"
    public_url: str = ""
    site: str = ""
    wechat_token: str | None = None
    wechat_aes_key: str = ""
    wechat_aes_key_previous: str = ""
    wechat_appid: str = ""
    wechat_secret: str = ""
    wechat_api_base: str = "https://api.weixin.qq.com"
    messages_a_minute: int = 60

    @field_validator("wechat_token")
    @classmethod
    def _token_is_secret(cls, token: str | None) -> str | None:
        if token is not None and (len(token) < _MIN_TOKEN or token.lower() in _SAMPLE_TOKENS):
            raise ValueError(
                f"DAOBAN_WECHAT_TOKEN 太短或是示例值：请换成至少{_MIN_TOKEN}位、别人猜不到的字符，"
                "或者不设它来关掉微信。"
            )
        return token

    @field_validator("public_url")
    @classmethod
    def _no_slash_at_the_end(cls, url: str) -> str:
        return url.rstrip("/")

    @cached_property
    def database(self) -> str:
        """The database's URL: SQLite in the data folder unless told otherwise."""
        return self.database_url or f"sqlite:///{self.data_dir / 'daoban.sqlite3'}"

    @property
    def site_or_sample(self) -> str | None:
        """The hall's site, or None for the sample."""
        return self.site or None
