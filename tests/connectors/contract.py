"""The public contract's shapes: the reply object, the problem document, the notice."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

MESSAGES = "/api/conversations/{}/messages"

NOTICE_FIELDS = {
    "code", "name", "case", "facts", "unknown", "materials", "have", "missing", "conditions", "steps", "visits", "time",
    "fee", "online", "proxy", "delivery", "sites", "legal_basis", "benefits", "consult_phone", "supervise_phone",
    "issued", "token", "catalogue_version",
}  # fmt: skip
MATERIAL_FIELDS = {
    "id", "name", "original", "copies", "issuer", "form", "on_file", "deferrable", "local", "when", "conditional",
}  # fmt: skip


def say(client: TestClient, text: str, conversation: str = "c1", **more: Any) -> dict[str, Any]:
    """One message; the reply object, whose shape is checked."""
    answer = client.post(MESSAGES.format(conversation), json={"text": text, **more})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    assert body.keys() == {"replies", "act", "item", "case"}
    assert body["replies"]
    for reply in body["replies"]:
        assert reply["type"] in ("text", "choices", "notice", "places", "ticket", "handoff")
        assert reply["text"].strip()
        assert ("choices" in reply) == (reply["type"] == "choices")
        assert ("notice" in reply) == (reply["type"] == "notice")
        for choice in reply.get("choices", ()):
            assert choice.keys() == {"label", "value"}
    return body


def assert_problem(answer: Response, status: int) -> dict[str, Any]:
    """The answer is RFC 9457's problem document; returns it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body.keys() == {"type", "title", "status", "detail"}
    assert (body["type"], body["status"]) == ("about:blank", status)
    assert body["title"] and body["detail"].endswith("。")
    return body


def assert_notice(notice: dict[str, Any]) -> None:
    """Every field of the contract, with the kinds of value it names."""
    assert notice.keys() >= NOTICE_FIELDS
    assert all(
        isinstance(fact, str) and isinstance(value, str | int | float) for fact, value in notice["facts"].items()
    )
    for material in notice["materials"]:
        assert material.keys() >= MATERIAL_FIELDS
        assert type(material["original"]) is type(material["on_file"]) is type(material["conditional"]) is bool
        assert isinstance(material["copies"], int)
        assert material["original"] or material["copies"]
        assert material["form"] is None or material["form"].keys() == {"name", "url", "sample"}
        assert material["deferrable"] is None or material["deferrable"].keys() == {"days", "basis"}
        assert material["local"] in ("confirmed", "unconfirmed", None)
    assert all(step.keys() == {"text", "place"} for step in notice["steps"])
    assert isinstance(notice["visits"], int)
    assert notice["time"].keys() == {"legal", "promised"}
    for span in filter(None, notice["time"].values()):
        assert span.keys() == {"days", "unit"}
        assert span["unit"] in ("working", "calendar", "immediate")
    assert notice["fee"].keys() == {"free", "amount", "text", "basis"}
    assert notice["online"].keys() >= {"status", "url"}
    assert notice["proxy"].keys() >= {"allowed", "needs"}
    assert notice["delivery"].keys() == {"post", "text"}
    for site in notice["sites"]:
        assert site.keys() >= {"id", "name", "address", "phone", "hours", "distance_m"}
    assert all(basis.keys() == {"law", "article"} for basis in notice["legal_basis"])
    assert all(benefit.keys() == {"name", "how"} for benefit in notice["benefits"])
    assert notice["issued"].keys() == {"number", "site", "at"}
    assert re.fullmatch(r"DB\d{8}-\d{6}", notice["issued"]["number"])
    assert dt.datetime.fromisoformat(notice["issued"]["at"]).tzinfo
    assert re.fullmatch(r"[0-9A-Za-z]{22}", notice["token"])
    for step in notice.get("plan") or ():
        assert step.keys() >= {"item", "case", "after", "optional"}
