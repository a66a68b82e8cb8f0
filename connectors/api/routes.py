"""The JSON routes: conversations, items, notices, sites, health."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, ConfigDict, Field

from bot.hearing.hear import read_act
from bot.hearing.rasa import Parse
from connectors.conversations import TooOften
from connectors.dependencies import ServiceDep, SnapshotDep
from connectors.problems import Problem
from knowledge.cases import CaseTable
from knowledge.facts import FactError, check_facts, entry_facts
from knowledge.model import Item, Theme
from knowledge.notice import build_notice, nearest_sites
from knowledge.snapshot import Snapshot

router = APIRouter()

ConversationId = Annotated[str, Path(min_length=1, max_length=128)]


class MessageIn(BaseModel):
    """One message of a citizen or clerk."""

    model_config = ConfigDict(extra="ignore")

    text: str = Field(max_length=200_000)
    channel: Literal["api", "terminal", "desk", "phone"] = "api"


class NoticeIn(BaseModel):
    """What is known of the case: fact id → option id, label or number."""

    facts: dict[str, Any] = {}
    have: list[str] = []


@router.post("/api/conversations/{conversation_id}/messages")
async def post_message(conversation_id: ConversationId, message: MessageIn, service: ServiceDep) -> JSONResponse:
    """One turn of a conversation."""
    try:
        result = await service.conversations.message("api", conversation_id, message.channel, message.text)
    except TooOften:
        raise Problem(429, "一分钟内发得太多了，请稍等再发。", {"Retry-After": "10"}) from None
    return JSONResponse(result.as_json())


@router.post("/api/parse")
async def post_parse(message: MessageIn, service: ServiceDep) -> dict[str, Any]:
    """The act and entities of a text, as the conversation hears them, for those who tune it."""
    found = await read_act(message.text, service.snapshots.newest, service.conversations.ears)
    if found is None:
        raise Problem(503, "语言引擎现在不在，请稍后再试。", {"Retry-After": "10"})
    return parsed(message.text, found)


def parsed(text: str, found: Parse) -> dict[str, Any]:
    """A reading of the language engine as JSON."""
    entities = [{"entity": one.name, "value": one.value} for one in found.entities]
    return {"text": text, "act": found.act, "confidence": found.confidence, "entities": entities}


@router.get("/api/items")
async def list_items(snapshot: SnapshotDep) -> dict[str, Any]:
    """All items of the catalogue."""
    items = [{"code": i.code, "name": i.name, "handbook": i.handbook} for i in snapshot.catalogue.items.values()]
    return {"items": items, "total": len(items)}


@router.get("/api/items/{code}")
async def get_item(code: str, snapshot: SnapshotDep) -> dict[str, Any]:
    """An item or theme: its questions in words, and how many cases it has."""
    entry, table = _entry(snapshot, code), snapshot.tables[code]
    facts = entry_facts(snapshot, code)
    shown: dict[str, Any] = {
        "code": entry.code,
        "name": entry.name,
        "plain_name": entry.plain_name,
        "summary": entry.summary,
        "questions": [
            {
                "fact": question.fact,
                "ask": facts[question.fact].ask,
                "why": facts[question.fact].why,
                "unit": facts[question.fact].unit,
                "options": [{"id": o.id, "label": o.label, "range": o.range} for o in facts[question.fact].options],
                "when": question.when,
            }
            for question in entry.questions
        ],
        "cases": len(table.contents),
        "verified": entry.verified.isoformat(),
        "sources": entry.sources,
        "catalogue_version": snapshot.id,
    }
    if isinstance(entry, Item):
        shown |= {"handbook": entry.handbook, "department": entry.department, "result": entry.result.name}
    else:
        shown |= {"category": entry.category, "plan": [one.model_dump(mode="json") for one in entry.plan]}
    return shown


@router.post("/api/items/{code}/notice")
async def post_notice(code: str, body: NoticeIn, service: ServiceDep, snapshot: SnapshotDep) -> JSONResponse:
    """One notice, issued with its number and link."""
    _entry(snapshot, code)
    try:
        facts = check_facts(snapshot, code, body.facts)
    except FactError as error:
        raise Problem(422, str(error)) from None
    notice = build_notice(snapshot, code, facts, have=body.have)
    issued = await asyncio.to_thread(service.store.issue, notice)
    return JSONResponse(issued.model_dump(mode="json"))


@router.get("/api/sites")
async def list_sites(
    snapshot: SnapshotDep,
    item: str | None = None,
    lat: Annotated[float | None, Query(ge=-90, le=90)] = None,
    lon: Annotated[float | None, Query(ge=-180, le=180)] = None,
) -> dict[str, Any]:
    """Sites, of one item where it is named, the nearest first where a position is given."""
    windows = {"center": "", "town": "", "village": ""}
    if item is not None:
        _entry(snapshot, item)
        windows = _windows(snapshot.tables[item])
    position = (lat, lon) if lat is not None and lon is not None else None
    sites = nearest_sites([site for site in snapshot.sites if site.level in windows], position, windows)
    return {"sites": [site.model_dump(mode="json") for site in sites], "total": len(sites)}


def _windows(table: CaseTable) -> dict[str, str]:
    return {level: place.window for place in table.content({}).places for level in place.levels}


def _entry(snapshot: Snapshot, code: str) -> Item | Theme:
    try:
        return snapshot.catalogue.entry(code)
    except KeyError:
        near = nearest_codes(snapshot, code)
        raise Problem(404, f"没有编码为“{code[:20]}”的事项。相近的有：{'、'.join(near)}。") from None


def nearest_codes(snapshot: Snapshot, code: str) -> list[str]:
    """The codes of the catalogue that look most like a wrong one."""
    from rapidfuzz import process

    codes = [*snapshot.catalogue.items, *snapshot.catalogue.themes]
    return [match[0] for match in process.extract(code.upper()[:20], codes, limit=3)]


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Whether the process lives."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(service: ServiceDep) -> Response:
    """503 until first ready; then 200 with how well."""
    up = service.rasa.up if service.rasa else False
    if not service.ready:
        raise Problem(503, "正在启动，请稍候。", {"Retry-After": "5"})
    return JSONResponse({"status": "ok" if up else "degraded", "rasa": "up" if up else "down"})


@router.get("/metrics")
async def metrics() -> Response:
    """Figures in Prometheus' form."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
