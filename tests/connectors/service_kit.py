"""A whole service in this process: words-only search, SQLite in a folder of the test, no language engine."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any

from bot.hearing.hear import Ears
from bot.hearing.rasa import NoParser, Parser
from connectors.artefacts import Snapshots
from connectors.conversations import Conversations
from connectors.hall.ratings import Ratings
from connectors.hall.stuck import StoredStuckCases
from connectors.service import Service
from connectors.settings import Settings
from connectors.storage import open_store
from knowledge.snapshot import Snapshot

WECHAT_TOKEN = "kX82-nobody-guesses"


def make_service(snapshot: Snapshot, folder: Path, parser: Parser | None = None, **settings: Any) -> Service:
    """The service over `snapshot`; `settings` override the environment's."""
    kept = Settings(data_dir=folder, **settings)
    store = open_store(kept.database)
    snapshots = Snapshots(snapshot)
    ears = Ears(parser or NoParser())
    stuck = StoredStuckCases(store.engine)
    conversations = Conversations(
        store, snapshots, ears, stuck, Ratings(store.engine),
        base_url=kept.public_url, a_minute=kept.messages_a_minute, redis_url=kept.redis_url,
    )  # fmt: skip
    return Service(kept, store, snapshots, conversations, stuck, warm=True)


def signed(token: str = WECHAT_TOKEN, *, age_s: int = 0, nonce: str = "n1") -> dict[str, str]:
    """The query that WeChat's server adds to every call."""
    timestamp = str(int(time.time()) - age_s)
    signature = hashlib.sha1("".join(sorted((token, timestamp, nonce))).encode()).hexdigest()
    return {"signature": signature, "timestamp": timestamp, "nonce": nonce}


def text_message(text: str, message_id: int | str = 1, sender: str = "citizen") -> bytes:
    """A text message as WeChat's server posts it."""
    return (
        f"<xml><ToUserName><![CDATA[hall]]></ToUserName><FromUserName><![CDATA[{sender}]]></FromUserName>"
        f"<CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{text}]]></Content><MsgId>{message_id}</MsgId></xml>"
    ).encode()
