"""Errors on the wire: RFC 9457 problem details, one plain sentence, never an exception's text."""

from __future__ import annotations

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

log = structlog.get_logger()

_TITLES = {
    400: "请求有误",
    403: "没有权限",
    404: "没有这个",
    405: "方法不对",
    409: "冲突",
    410: "已经失效",
    413: "内容太大",
    415: "格式不对",
    422: "内容有误",
    429: "太频繁",
    500: "服务出错",
    503: "暂时不可用",
}
_NOT_JSON = "请求内容不是有效的 JSON。"


class Problem(Exception):
    """An error with its status and one sentence for whoever called."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """The problem document."""
    return JSONResponse(
        {"type": "about:blank", "title": _TITLES.get(status, "出错了"), "status": status, "detail": detail},
        status_code=status,
        media_type="application/problem+json",
        headers=headers,
    )


def install(app: FastAPI) -> None:
    """Give every error of the app this shape, the framework's own included."""

    @app.exception_handler(Problem)
    async def _ours(_: Request, error: Problem) -> Response:
        return problem(error.status, error.detail, error.headers)

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> Response:
        if error.status_code == 400:  # the framework's word for a body that is not UTF-8
            return problem(422, _NOT_JSON)
        detail = {404: "没有这个地址。", 405: "这个地址不支持这种请求。"}.get(error.status_code, "请求没有处理成。")
        return problem(error.status_code, detail, dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> Response:
        where = {".".join(str(part) for part in one["loc"][1:]) for one in error.errors()}
        named = "、".join(sorted(part for part in where if part))
        return problem(422, f"请求内容不对，请检查：{named}。" if named else _NOT_JSON)


def unhandled(request: Request, error: Exception) -> Response:
    """The answer to a fault of ours, which is logged."""
    log.error("unhandled", path=request.url.path, kind=type(error).__name__, exc_info=error)
    return problem(500, "服务出了点问题，请稍后再试。")
