"""The ASGI front of the embedded engine: HTTP requests to statements, results to HTTP responses.

Belongs here: receiving, running in a thread pool, answering. Does not belong here: SQL, the meaning of a request
(`wire`), the engine (`engine`).

Statements run in a thread pool, so a long query blocks neither `/ping` nor other statements. Differences from a server:
no users, no sessions, no readonly GET; responses are not compressed and are sent only when complete.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Protocol

import msgspec

from adapters.clickhouse.engine import Answer
from adapters.clickhouse.wire import MAX_BODY_BYTES, BadRequest, EngineError, Statement, parse

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

TEXT = (b"content-type", b"text/plain; charset=UTF-8")


class Executor(Protocol):
    """The engine interface that the front needs: run one statement, thread-safely; raises EngineError if it fails."""

    def execute(self, statement: Statement) -> Answer: ...


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP response."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    content: bytes


def create_app(engine: Executor, pool: ThreadPoolExecutor) -> App:
    """The ASGI application over one engine; `pool` limits the number of concurrent statements."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        reply = await _reply(scope, receive, engine=engine, pool=pool)
        headers = [*reply.headers, (b"content-length", str(len(reply.content)).encode())]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.content})

    return app


async def _reply(scope: Scope, receive: Receive, *, engine: Executor, pool: ThreadPoolExecutor) -> Reply:
    if scope["path"] == "/ping" or (scope["method"] == "GET" and not scope["query_string"]):
        return Reply(status=200, headers=(TEXT,), content=b"Ok.\n")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    try:
        body = await _body(receive)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            pool, partial(answer, engine, scope["query_string"], headers=headers, body=body)
        )
    except BadRequest as error:
        return Reply(status=error.status, headers=(TEXT,), content=f"{error}\n".encode())


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequest("the client went away before its request was complete", status=499)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY_BYTES:
            raise BadRequest(f"body larger than {MAX_BODY_BYTES} bytes", status=413)
        if not message.get("more_body", False):
            return b"".join(parts)


def answer(engine: Executor, query_string: bytes, *, headers: Mapping[str, str], body: bytes) -> Reply:
    """Parse, run and answer one request. Raises BadRequest; an engine error becomes a response worded like a
    server's."""
    statement = parse(query_string, headers, body)
    try:
        result = engine.execute(statement)
    except EngineError as error:
        return _refusal(error, statement)
    return Reply(status=200, headers=tuple(_headers(statement, result)), content=result.content)


def _refusal(error: EngineError, statement: Statement) -> Reply:
    headers = (
        TEXT,
        (b"x-clickhouse-exception-code", str(error.code).encode()),
        (b"x-clickhouse-query-id", statement.query_id.encode()),
    )
    return Reply(status=error.status, headers=headers, content=f"{error.body}\n".encode())


def _headers(statement: Statement, result: Answer) -> Iterable[tuple[bytes, bytes]]:
    summary = {
        "read_rows": str(result.read_rows),
        "read_bytes": str(result.read_bytes),
        "written_rows": str(result.written_rows),
        "written_bytes": str(result.written_bytes),
    }
    yield TEXT
    yield b"x-clickhouse-format", statement.result_format.encode()
    yield b"x-clickhouse-query-id", statement.query_id.encode()
    yield b"x-clickhouse-summary", msgspec.json.encode(summary)
