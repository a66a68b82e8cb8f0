"""The protocol's plain mode: signatures, incoming XML, passive replies.

wechatpy parses and renders; what it gets wrong is fenced off here: it compares signatures in variable time, raises
half a dozen kinds of error for bad XML, and does not escape `]]>`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wechatpy import parse_message
from wechatpy.replies import TextReply

MAX_AGE_S = 300
MAX_BODY = 64 * 1024
MAX_TEXT_BYTES = 2048
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Incoming:
    """A message or event. `key` names it for de-duplication: events have no message id of their own."""

    kind: str
    event: str
    sender: str
    receiver: str
    text: str
    key: str


def signature_holds(token: str, signature: str, timestamp: str, nonce: str, *, at: float | None = None) -> bool:
    """Whether the query was signed with `token` and is fresh (within 300 s). Compared in constant time."""
    expected = hashlib.sha1("".join(sorted((token, timestamp, nonce))).encode()).hexdigest()
    fresh = timestamp.isdigit() and abs((at if at is not None else time.time()) - int(timestamp)) <= MAX_AGE_S
    return hmac.compare_digest(expected.encode(), signature.encode()) and fresh


def parse(body: bytes) -> Incoming | None:
    """The message in `body`, or None for anything that is not one."""
    if not body or len(body) > MAX_BODY:
        return None
    try:
        message: Any = parse_message(body)
    except Exception:  # ExpatError, TypeError, KeyError, UnicodeDecodeError … all mean: not a message
        return None
    if message is None or not getattr(message, "source", "") or not getattr(message, "target", ""):
        return None
    raw = message._data
    kind = str(raw.get("MsgType", ""))  # wechatpy calls an event it does not know an unknown message
    event = str(raw.get("Event", "") or "").lower() if kind == "event" else ""
    identity = str(message.id or "")
    if not identity or identity == "0":
        identity = f"{raw.get('CreateTime', '')}:{event}:{raw.get('EventKey', '')}"
    return Incoming(
        kind=kind,
        event=event,
        sender=str(message.source),
        receiver=str(message.target),
        text=str(getattr(message, "content", "") or getattr(message, "recognition", "") or ""),
        key=f"{message.source}:{identity}",
    )


def text_reply(incoming: Incoming, text: str) -> bytes:
    """A passive text reply as XML. The text must fit: see `split`."""
    safe = _FORBIDDEN.sub("", text).replace("]]>", "]]]]><![CDATA[>")
    reply = TextReply(source=incoming.receiver, target=incoming.sender, content=safe)
    return str(reply.render()).encode("utf-8")


def split(texts: Sequence[str], limit: int = MAX_TEXT_BYTES) -> list[str]:
    """Messages of at most `limit` bytes of UTF-8, cut between lines, or between characters of a line too long."""
    parts: list[str] = []
    current = ""
    for line in "\n\n".join(texts).split("\n"):
        for piece in _pieces(line, limit):
            joined = f"{current}\n{piece}" if current else piece
            if len(joined.encode()) <= limit:
                current = joined
            else:
                parts.append(current)
                current = piece
    return [part for part in (*parts, current) if part.strip()]


def _pieces(line: str, limit: int) -> list[str]:
    pieces, current = [], ""
    for char in line:
        if len((current + char).encode()) > limit:
            pieces.append(current)
            current = ""
        current += char
    return [*pieces, current]
