"""The FastAPI app: routes, headers, errors, start and end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles

from connectors import problems
from connectors.api import routes as api
from connectors.service import Service, keep_fresh, warm_up
from connectors.terminal import routes as terminal
from connectors.terminal.pages import STATIC
from connectors.wechat import routes as wechat
from knowledge.notice.pdf import FONTS

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
}


def create_app(service: Service) -> FastAPI:
    """The app over a service. Rasa is started with it and ended with it."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if service.rasa:
            service.rasa.start()
        await asyncio.to_thread(warm_up, service.snapshots.newest, service.conversations.ears.encoder)
        waiting = asyncio.create_task(_first_ready(service))
        fresh = asyncio.create_task(keep_fresh(service))
        try:
            yield
        finally:
            for task in (waiting, fresh):
                task.cancel()
            if service.rasa:
                await service.rasa.stop()
            service.store.close()

    app = FastAPI(
        title="导办 Daoban", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json"
    )
    app.state.service = service
    problems.install(app)

    @app.middleware("http")
    async def headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        try:
            response = await call_next(request)
        except Exception as error:
            response = problems.unhandled(request, error)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    app.include_router(api.router)
    app.include_router(wechat.router)
    app.mount("/static/fonts", StaticFiles(directory=FONTS), name="fonts")
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.include_router(terminal.router)
    return app


async def _first_ready(service: Service) -> None:
    if service.rasa:
        await service.rasa.ready.wait()
    service.warm = True
