"""HTTP load clients in their own process, at a fixed rate or as fast as they are answered, with the latency of every
response.

Belongs here: sending and timing. Does not belong here: what is requested, summaries (`figures`).

At a fixed rate, latency counts from when a request was due, so that a delayed response also shows in the requests
queued behind it (no coordinated omission).
"""

import asyncio
import gc
import time
from collections import Counter
from collections.abc import Sequence
from multiprocessing.connection import Connection

from msgspec import Struct

from midround.bench.processes import allow_sockets

_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


class Asked(Struct, frozen=True, kw_only=True):
    """`requests` are sent in rotation over `connections`; `rate` is requests per second in total, 0 for as fast as they
    are answered. A request is its bytes on the wire."""

    port: int
    requests: tuple[bytes, ...]
    connections: int = 8
    rate: float = 0.0
    is_noise: bool = False
    """Drop requests that are still overdue when the time is up: this load is not itself measured."""


class Answered(Struct, frozen=True, kw_only=True):
    """Responses by status, the latency of each in milliseconds, responses per second, and this process's share of a
    core."""

    statuses: dict[int, int]
    late_ms: list[float]
    per_s: float
    share: float

    @property
    def others(self) -> int:
        """Number of responses other than 200."""
        return sum(count for status, count in self.statuses.items() if status != 200)


class Exchange(asyncio.Protocol):
    """One keep-alive connection with one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[int] | None = None
        self._held = b""
        self._wanted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._held = self._held + data if self._held else data
        if not self._wanted:
            self._wanted = size(self._held)
        if self._wanted and len(self._held) >= self._wanted and self._answer is not None:
            status = int(self._held[9:12])
            self._held, self._wanted = b"", 0
            self._answer.set_result(status)

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("the server hung up"))

    async def ask(self, request: bytes) -> int:
        """Send a request, wait for the whole response, and return its status. Raises OSError."""
        assert self._transport is not None, "it is connected"
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


def size(held: bytes) -> int:
    """Return the size in bytes of the response that begins here, 0 while its head is incomplete; without a content
    length the response ends with its head."""
    head, end, _ = held.partition(_END)
    if not end:
        return 0
    _, found, rest = head.partition(_LENGTH)
    return len(head) + len(_END) + (int(rest.partition(b"\r\n")[0]) if found else 0)


def get(path: str, port: int, **headers: str) -> bytes:
    """Return the bytes of a GET request."""
    return _request(f"GET {path}", port, headers) + b"\r\n"


def post(path: str, port: int, body: bytes) -> bytes:
    """Return the bytes of a POST request with a JSON body."""
    headers = {"content-type": "application/json", "content-length": str(len(body))}
    return _request(f"POST {path}", port, headers) + b"\r\n" + body


def _request(what: str, port: int, headers: dict[str, str]) -> bytes:
    lines = [f"{what} HTTP/1.1", f"host: 127.0.0.1:{port}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "".join(f"{line}\r\n" for line in lines).encode()


def ask(line: Connection, asked: Asked) -> None:
    """Connect and report it; for each number of seconds received, send requests for that long and report the result."""
    allow_sockets()
    gc.freeze()
    gc.disable()
    asyncio.run(_asked(line, asked))


async def _asked(line: Connection, asked: Asked) -> None:
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(Exchange, "127.0.0.1", asked.port) for _ in range(asked.connections)
    ]
    exchanges = [exchange for _, exchange in opened]
    line.send(len(exchanges))
    while (seconds := await asyncio.to_thread(_said, line)) is not None:
        line.send(await answered(exchanges, asked, seconds=seconds))
    for exchange in exchanges:
        exchange.close()


def _said(line: Connection) -> float | None:
    """Return the seconds received, or None once the line is closed."""
    try:
        told: float = line.recv()
    except EOFError:
        return None
    return told


async def answered(exchanges: Sequence[Exchange], asked: Asked, *, seconds: float) -> Answered:
    """Send requests over all connections concurrently for `seconds`."""
    statuses: Counter[int] = Counter()
    late_ms: list[float] = []
    begun_s, cpu_s = time.perf_counter(), time.process_time()

    async def some(first: int, exchange: Exchange) -> None:
        number = first
        while True:
            passed_s = time.perf_counter() - begun_s
            after_s = number / asked.rate if asked.rate else passed_s
            if after_s >= seconds or (asked.is_noise and passed_s >= seconds):
                return
            due_s = begun_s + after_s
            if asked.rate:
                await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
            statuses[await exchange.ask(asked.requests[number % len(asked.requests)])] += 1
            late_ms.append((time.perf_counter() - due_s) * 1000)
            number += len(exchanges)

    await asyncio.gather(*(some(first, exchange) for first, exchange in enumerate(exchanges)))
    taken_s = time.perf_counter() - begun_s
    return Answered(
        statuses=dict(statuses),
        late_ms=late_ms,
        per_s=statuses.total() / taken_s,
        share=(time.process_time() - cpu_s) / taken_s,
    )
