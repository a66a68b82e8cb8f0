"""`/`, `/n/{token}`, `/forms/{id}`: pages that work without JavaScript."""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.saying.say import sentence
from connectors.conversations import TooOften
from connectors.dependencies import ServiceDep, SnapshotDep
from connectors.service import Service
from connectors.terminal.pages import form_page, message_page, notice_page, terminal_page
from connectors.terminal.view import terminal_view
from knowledge.notice import Notice, build_notice
from knowledge.notice.pdf import qr_svg, to_pdf

router = APIRouter(include_in_schema=False)

COOKIE, LARGE = "daoban", "daoban_large"
COOKIE_S = 2 * 3600
Session = Annotated[str | None, Cookie(alias=COOKIE, max_length=64)]
LargeCookie = Annotated[str | None, Cookie(alias=LARGE, max_length=4)]
LargeQuery = Annotated[str | None, Query(alias="large", max_length=4)]

_NOTICE_HEADERS = {"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "private, no-store"}
_TOKEN = re.compile(r"^[0-9A-Za-z]{22}$")


class Size:
    """Large type (长辈版) or not: as the address says, else as it was chosen before."""

    def __init__(self, chosen: LargeQuery = None, before: LargeCookie = None) -> None:
        self.large = (chosen if chosen is not None else before) == "1"
        self._chosen = chosen is not None

    def page(self, html: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """The page, remembering a choice that was just made."""
        response = HTMLResponse(html, status_code=status, headers=headers)
        if self._chosen:
            response.set_cookie(LARGE, "1" if self.large else "0", max_age=COOKIE_S, samesite="lax", httponly=True)
        return response


SizeDep = Annotated[Size, Depends()]


@router.get("/")
async def page(service: ServiceDep, size: SizeDep, session: Session = None) -> Response:
    """Where the conversation stands."""
    view = await asyncio.to_thread(terminal_view, service, session, size.large)
    return size.page(terminal_page(view), headers={"Cache-Control": "no-store"})


@router.post("/")
async def say(
    service: ServiceDep,
    request: Request,
    size: SizeDep,
    session: Session = None,
    text: Annotated[str, Form()] = "",
    value: Annotated[str, Form()] = "",
) -> Response:
    """One message from the page, then back to it."""
    conversation = session or secrets.token_urlsafe(24)
    try:
        await service.conversations.message("page", conversation, "terminal", value or text)
    except TooOften:
        return size.page(message_page("请歇一会儿", sentence("busy"), status=429, large=size.large), 429)
    back = RedirectResponse("/", status_code=303)
    secure = request.url.scheme == "https"
    back.set_cookie(COOKIE, conversation, max_age=COOKIE_S, httponly=True, samesite="strict", secure=secure)
    return back


async def _issued(service: Service, token: str) -> Notice | None:
    return await asyncio.to_thread(service.store.notice, token) if _TOKEN.match(token) else None


def _gone(large: bool = False) -> Response:
    text = "这张告知单过期了、被删掉了，或者地址不对。您再说一遍要办的事，马上给您一张新的。"
    page = message_page("没有这张告知单", text, status=404, large=large)
    return HTMLResponse(page, status_code=404, headers=_NOTICE_HEADERS)


def base_url(service: Service, request: Request) -> str:
    """The address for links: as set, else as asked for."""
    return service.settings.public_url or str(request.base_url).rstrip("/")


@router.get("/n/{token}.pdf")
async def notice_pdf(token: str, request: Request, service: ServiceDep) -> Response:
    """The notice as issued, to print."""
    notice = await _issued(service, token)
    if notice is None:
        return _gone()
    pdf = await asyncio.to_thread(to_pdf, notice, base_url=base_url(service, request))
    name = f"{notice.issued.number if notice.issued else notice.code}.pdf"
    headers = {**_NOTICE_HEADERS, "Content-Disposition": f'inline; filename="{name}"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.get("/n/{token}.svg")
async def notice_qr(token: str, request: Request, service: ServiceDep) -> Response:
    """The QR code of the notice's link."""
    if await _issued(service, token) is None:
        return _gone()
    svg = await asyncio.to_thread(qr_svg, f"{base_url(service, request)}/n/{token}")
    return Response(svg, media_type="image/svg+xml", headers=_NOTICE_HEADERS)


@router.get("/n/{token}")
async def notice(token: str, request: Request, service: ServiceDep, snapshot: SnapshotDep, size: SizeDep) -> Response:
    """The notice as issued, with what is different today."""
    issued = await _issued(service, token)
    if issued is None:
        return _gone(size.large)
    changed: list[str] = []
    if issued.catalogue_version != snapshot.id:
        try:
            changed = differences(issued, build_notice(snapshot, issued.code, issued.facts))
        except (KeyError, ValueError):
            changed = ["这件事的办法变了，请重新问一遍。"]
    shown = notice_page(issued, changed=changed, base_url=base_url(service, request), large=size.large)
    return size.page(shown, headers=_NOTICE_HEADERS)


def differences(then: Notice, today: Notice) -> list[str]:
    """What a citizen must know of the changes between the notice as issued and as it would be today."""
    before, after = ({m.name for m in one.materials} for one in (then, today))
    found = [f"现在还要带：{name}" for name in sorted(after - before)]
    found += [f"现在不用带了：{name}" for name in sorted(before - after)]
    if then.fee != today.fee:
        found.append(f"费用现在是：{today.fee.text}")
    if then.time != today.time:
        found.append("办理时间变了，请看新的告知单。")
    if {site.id for site in then.sites} != {site.id for site in today.sites}:
        found.append("办理地点变了，请看新的告知单。")
    return found


@router.get("/forms/{material_id}")
async def form(material_id: str, snapshot: SnapshotDep, size: SizeDep, filled: bool = False) -> Response:
    """A form, blank or filled in with the usual mistakes named."""
    material = snapshot.catalogue.materials.get(material_id)
    if material is None or material.form is None:
        text = "没有这张表的样子，请到窗口领。"
        return size.page(message_page("没有这张表", text, status=404, large=size.large), 404)
    return size.page(form_page(material.form, filled=filled, large=size.large))
