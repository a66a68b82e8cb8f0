"""Every error is a problem document, and every answer carries the security headers."""

from __future__ import annotations

from typing import Any

import pytest
from contract import MESSAGES, assert_problem
from fastapi.testclient import TestClient
from httpx import Response

from connectors.service import Service


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404), ("GET", "/api/nowhere", 404), ("GET", "/static/nothing.css", 404),
        ("DELETE", "/api/items", 405), ("GET", "/api/conversations/c1/messages", 405), ("PUT", "/healthz", 405),
        ("GET", "/api/sites?lat=91&lon=0", 422), ("GET", "/api/sites?lat=here&lon=0", 422),
        ("GET", "/api/sites?item=QY0200", 404), ("GET", "/wechat", 404), ("POST", "/wechat", 404),
    ],
)  # fmt: skip
def test_errors_are_problem_documents(method: str, path: str, status: int, client: TestClient) -> None:
    assert_problem(client.request(method, path), status)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"text": ', b"[1]", b'"text"', b"{}", b'{"text": 1}', b'{"text": null}', b'{"text": "\xff\xfe"}',
     b"\xff\xfe", b'{"text": "\\ud800"}', b'{"text": "x", "channel": "wechat"}'],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
def test_a_body_that_is_not_a_message(body: bytes, kind: str, client: TestClient) -> None:
    answer = client.post(MESSAGES.format("c1"), content=body, headers={"content-type": kind})
    if kind == "text/plain" and answer.status_code == 415:
        return
    assert_problem(answer, 422)


def test_an_id_that_is_too_long(client: TestClient) -> None:
    assert_problem(client.post(MESSAGES.format("a" * 129), json={"text": "你好"}), 422)


@pytest.mark.parametrize(
    ("path", "near"),
    [("/api/items/SH01", "SH001"), ("/api/items/qy020", "QY020"), ("/api/items/XX", ""), ("/api/items/<b>", "")],
)
def test_an_unknown_code_names_the_nearest(path: str, near: str, client: TestClient) -> None:
    assert near in assert_problem(client.get(path), 404)["detail"]
    assert near in assert_problem(client.post(f"{path}/notice", json={"facts": {}}), 404)["detail"]


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ({"age": "adult"}, "age_16"),
        ({"age_16": "grown"}, "adult"),
        ({"age_16": -1}, "adult"),
        ({"age_16": True}, "adult"),
        ({"age_16": None}, "adult"),
        ({"age_16": ["adult"]}, "adult"),
    ],
)
def test_an_unknown_fact_or_option_names_the_nearest(facts: dict[str, Any], named: str, client: TestClient) -> None:
    assert named in assert_problem(client.post("/api/items/SH013/notice", json={"facts": facts}), 422)["detail"]


@pytest.mark.parametrize("area", [-1, "nan", "inf", "1e400"])
def test_a_number_outside_every_range(area: Any, client: TestClient) -> None:
    answer = client.post("/api/items/YJ001/notice", json={"facts": {"dining_area": area}})
    assert_problem(answer, 422)


def test_a_fault_of_ours_is_a_problem_too(
    client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "snapshots", None)
    body = assert_problem(client.get("/api/items"), 500)
    assert "snapshots" not in body["detail"]


@pytest.mark.parametrize(
    "path", ["/", "/api/items", "/healthz", "/readyz", "/metrics", "/static/daoban.css", "/n/" + "a" * 22, "/nowhere",
             "/api/items/XX", "/wechat", "/forms/nothing"]
)  # fmt: skip
def test_every_answer_carries_the_security_headers(path: str, client: TestClient) -> None:
    assert_headers(client.get(path))


def assert_headers(answer: Response) -> None:
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["permissions-policy"]


def test_a_fault_carries_them_too(client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "snapshots", None)
    answer = client.get("/api/items")
    assert answer.status_code == 500
    assert_headers(answer)


def test_the_description_of_the_api_names_its_routes(client: TestClient) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    assert {"/api/conversations/{conversation_id}/messages", "/api/items", "/api/sites", "/readyz"} <= set(paths)
