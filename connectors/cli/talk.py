"""`daoban chat`, `match`, `parse`, `notice`: the service in a terminal."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

import httpx
import typer

from bot.hearing.hear import read_act
from connectors.artefacts import NotSetUp, Vectors, load_vectors
from connectors.cli.common import Failure, line_out, lines_in, snapshot
from connectors.local_files import LocalFileError
from connectors.rasa_process import START_TIMEOUT_S
from connectors.service import Service, make_service
from connectors.settings import Settings
from connectors.storage import open_store
from knowledge.facts import FactError, check_facts
from knowledge.notice import build_notice
from knowledge.notice.text import to_markdown
from knowledge.search import Match
from knowledge.snapshot import Snapshot, SnapshotError
from knowledge.text import normalise

Send = Callable[[str, str], Awaitable[dict[str, Any]]]
"""Conversation id and text in, the HTTP reply object out."""

Url = Annotated[str | None, typer.Option("--url", help="A running service, e.g. http://127.0.0.1:8000")]


@asynccontextmanager
async def local_service(settings: Settings | None = None) -> AsyncIterator[Service]:
    """The service in this process, with its own Rasa. Raises Failure."""
    try:
        service = await asyncio.to_thread(make_service, settings or Settings())
    except (NotSetUp, SnapshotError, LocalFileError) as error:
        raise Failure(str(error)) from None
    assert service.rasa is not None
    service.rasa.start()
    try:
        try:
            await asyncio.wait_for(service.rasa.ready.wait(), START_TIMEOUT_S)
        except TimeoutError:
            typer.echo("语言引擎没有起来，先用词句规则听。", err=True)
        yield service
    finally:
        await service.rasa.stop()
        service.store.close()


@asynccontextmanager
async def _local_send() -> AsyncIterator[Send]:
    async with local_service() as service:

        async def send(conversation: str, text: str) -> dict[str, Any]:
            return (await service.conversations.message("cli", conversation, "api", text)).as_json()

        yield send


@asynccontextmanager
async def _remote_send(url: str) -> AsyncIterator[Send]:
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:

        async def send(conversation: str, text: str) -> dict[str, Any]:
            path = f"/api/conversations/{quote(conversation, safe='')}/messages"
            return await _ask(client, path, url, {"text": text})

        yield send


async def _ask(client: httpx.AsyncClient, path: str, url: str, body: dict[str, str]) -> dict[str, Any]:
    """A running service's answer; waits where it says that it is asked too often. Raises Failure."""
    try:
        while (answer := await client.post(path, json=body)).status_code == 429:
            await asyncio.sleep(float(answer.headers.get("Retry-After", 10)))
    except httpx.HTTPError:
        raise Failure(f"连不上 {url}，请确认服务开着。") from None
    if answer.status_code != 200:
        raise Failure(str(answer.json().get("detail", "服务没有答上来。")))
    found: dict[str, Any] = answer.json()
    return found


def _sender(url: str | None) -> AbstractAsyncContextManager[Send]:
    return _remote_send(url) if url else _local_send()


def chat(
    url: Url = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a line, in and out.")] = False,
) -> None:
    """Talk in a terminal, starting Rasa, or through a running service."""
    asyncio.run(_chat_jsonl(url) if jsonl else _chat(url))


async def _chat_jsonl(url: str | None) -> None:
    lines = lines_in()
    async with _sender(url) as send:
        conversation = _new_id()
        while (line := await asyncio.to_thread(next, lines, None)) is not None:
            if not line.strip():
                conversation = _new_id()
                continue
            named, text = _message(line)
            used = named or conversation
            line_out({**await send(used, text), "conversation": used, "text": text})


def _message(line: str) -> tuple[str | None, str]:
    """A line's conversation (None: the current one) and text: plain text, or an object with both."""
    if line.lstrip().startswith("{"):
        try:
            given = json.loads(line)
        except ValueError:
            return None, line
        if isinstance(given, dict) and isinstance(given.get("text"), str):
            named = given.get("conversation")
            return (str(named) if named is not None else None), given["text"]
    return None, line


def _new_id() -> str:
    return secrets.token_hex(8)


async def _chat(url: str | None) -> None:
    typer.echo("您要办什么事？一句话说就行。空行结束。", err=True)
    async with _sender(url) as send:
        conversation = _new_id()
        while True:
            if sys.stdin.isatty():
                typer.echo("> ", nl=False, err=True)
            line = await asyncio.to_thread(sys.stdin.readline)
            if not line.strip():
                return
            for reply in (await send(conversation, line.strip()))["replies"]:
                typer.echo(reply["text"] + "\n")
                sys.stdout.flush()


def match() -> None:
    """Match lines against the catalogue: one JSON line each, in order."""
    settings = Settings()
    known = snapshot(settings)
    vectors = load_vectors(settings) if known.vectors is not None else None
    for batch in _batches(lines_in()):
        for text, found in zip(batch, match_all(known, vectors, batch), strict=True):
            candidates = [
                {"code": one.code, "name": known.catalogue.entry(one.code).name, "score": one.score}
                for one in found.candidates
            ]
            line_out({"text": text, "decision": found.decision, "candidates": candidates})


def match_all(known: Snapshot, vectors: Vectors | None, texts: Sequence[str]) -> list[Match]:
    """The matcher's reading of each text as it was written; the vectors of several are made together."""
    normal = [normalise(text) if text.strip() else "" for text in texts]
    encoded = dict(zip(normal, vectors.encode_passages(normal), strict=True)) if vectors and len(normal) > 1 else {}

    def encode(text: str) -> Any:
        if text in encoded or vectors is None:
            return encoded.get(text)
        return vectors.encode_query(text)

    return [known.matcher.read(text, encode)[1] for text in normal]


def _batches(lines: Iterator[str], size: int = 64) -> Iterator[list[str]]:
    """Lines in batches where they come from a file; one by one from a terminal or pipe that waits."""
    if not Path(f"/proc/self/fd/{sys.stdin.fileno()}").resolve().is_file():
        yield from ([line] for line in lines)
        return
    batch: list[str] = []
    for line in lines:
        batch.append(line)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def parse(url: Url = None) -> None:
    """The act, confidence and entities of each line, as the conversation hears them."""
    asyncio.run(_parse(url))


async def _parse(url: str | None) -> None:
    from connectors.api.routes import parsed

    lines = lines_in()
    if url:
        async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
            while (line := await asyncio.to_thread(next, lines, None)) is not None:
                line_out(await _ask(client, "/api/parse", url, {"text": line}))
        return
    async with local_service() as service:
        assert service.rasa is not None
        while (line := await asyncio.to_thread(next, lines, None)) is not None:
            found = await read_act(line, service.snapshots.newest, service.conversations.ears)
            if found is None:
                raise Failure("语言引擎没有答上来。")
            line_out(parsed(line, found))


Format = Literal["json", "md", "html", "pdf"]


def notice(
    code: Annotated[str, typer.Argument(help="e.g. QY020 or YJ001")],
    fact: Annotated[list[str] | None, typer.Option("--fact", help="k=v, may be given several times")] = None,
    form: Annotated[Format, typer.Option("--format")] = "json",
) -> None:
    """One notice, issued with its number and link."""
    settings = Settings()
    known = snapshot(settings)
    try:
        facts = check_facts(known, code, dict(_pair(one) for one in fact or ()))
    except KeyError:
        from connectors.api.routes import nearest_codes

        near = "、".join(nearest_codes(known, code))
        raise Failure(f"没有编码为“{code}”的事项。相近的有：{near}。", 2) from None
    except FactError as error:
        raise Failure(str(error), 2) from None
    store = open_store(settings.database)
    issued = store.issue(build_notice(known, code, facts))
    store.close()
    if form == "pdf":
        from knowledge.notice.pdf import to_pdf

        sys.stdout.buffer.write(to_pdf(issued, base_url=settings.public_url or None))
    elif form == "html":
        from connectors.terminal.pages import notice_page

        typer.echo(notice_page(issued, changed=[], base_url=settings.public_url))
    else:
        typer.echo(issued.model_dump_json() if form == "json" else to_markdown(issued))


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise Failure(f"“{text}”不是 情形=选项 的写法，例如 --fact premises=rented。", 2)
    return key.strip(), value.strip()
