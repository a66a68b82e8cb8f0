"""`/wechat`: every authenticated POST gets HTTP 200 with valid XML or `success`, within the deadline."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse, Response

from bot.saying.say import sentence
from connectors.conversations import TooOften
from connectors.dependencies import ServiceDep
from connectors.problems import problem
from connectors.service import Service
from connectors.wechat.protocol import MAX_TEXT_BYTES, Incoming, parse, signature_holds, split, text_reply

router = APIRouter()
log = structlog.get_logger()

DEADLINE_S = 4.3
REMEMBERED = 2000
ROOM_FOR_TAIL = 64
"""Bytes left free in each message for the sentence that says it goes on."""
_SUCCESS = PlainTextResponse("success")


class Deliveries:
    """One run for each message, however often it is delivered: a retry waits for the same answer."""

    def __init__(self) -> None:
        self._runs: OrderedDict[str, asyncio.Task[list[str]]] = OrderedDict()
        self._rest: dict[str, list[str]] = {}

    def run(self, service: Service, incoming: Incoming) -> asyncio.Task[list[str]]:
        """The run that answers this message, begun by its first delivery."""
        if incoming.key not in self._runs:
            self._runs[incoming.key] = asyncio.create_task(self._answer(service, incoming))
            while len(self._runs) > REMEMBERED:
                self._runs.popitem(last=False)
        return self._runs[incoming.key]

    async def _answer(self, service: Service, incoming: Incoming) -> list[str]:
        if incoming.kind == "event":
            return [sentence("greet")] if incoming.event in ("subscribe", "subscribe_scan") else []
        if incoming.kind not in ("text", "voice") or not incoming.text:
            return [sentence("only_text")]
        waiting = self._rest.pop(incoming.sender, [])
        if waiting and incoming.text.strip() in ("更多", "1", "继续"):
            return waiting
        try:
            result = await service.conversations.message("wechat", incoming.sender, "wechat", incoming.text)
        except TooOften:
            return [sentence("busy")]
        return split([reply.text for reply in result.replies], MAX_TEXT_BYTES - ROOM_FOR_TAIL)

    def first_of(self, incoming: Incoming, parts: list[str]) -> str:
        """What goes out now; the rest is kept and follows after 更多."""
        if len(parts) == 1:
            return parts[0]
        self._rest[incoming.sender] = parts[1:]
        return f"{parts[0]}\n{sentence('to_be_continued')}"


def _deliveries(request: Request) -> Deliveries:
    if not hasattr(request.app.state, "wechat"):
        request.app.state.wechat = Deliveries()
    deliveries: Deliveries = request.app.state.wechat
    return deliveries


def _token(service: Service) -> str | None:
    return service.settings.wechat_token


@router.get("/wechat")
async def check_url(
    service: ServiceDep,
    signature: str = Query(""),
    timestamp: str = Query(""),
    nonce: str = Query(""),
    echostr: str = Query(""),
) -> Response:
    """WeChat's check of the address: the echo, when the signature holds."""
    token = _token(service)
    if token is None:
        return problem(404, "没有开通微信。")
    if not signature_holds(token, signature, timestamp, nonce):
        return PlainTextResponse("", status_code=403)
    return PlainTextResponse(echostr)


@router.post("/wechat")
async def receive(
    request: Request,
    service: ServiceDep,
    signature: str = Query(""),
    timestamp: str = Query(""),
    nonce: str = Query(""),
) -> Response:
    """A message or event."""
    token = _token(service)
    if token is None:
        return problem(404, "没有开通微信。")
    if not signature_holds(token, signature, timestamp, nonce):
        return PlainTextResponse("", status_code=403)
    try:
        incoming = parse(await request.body())
        if incoming is None:
            return _SUCCESS
        deliveries = _deliveries(request)
        run = deliveries.run(service, incoming)
        try:
            parts = await asyncio.wait_for(asyncio.shield(run), DEADLINE_S)
        except TimeoutError:
            return Response(text_reply(incoming, sentence("still_working")), media_type="application/xml")
        if not parts:
            return _SUCCESS
        return Response(text_reply(incoming, deliveries.first_of(incoming, parts)), media_type="application/xml")
    except Exception as error:
        log.error("wechat_failed", kind=type(error).__name__, exc_info=error)
        return _SUCCESS
