"""HTTP clients in one process of their own: as fast as they are answered, or at a rate, and how long each answer took.

Belongs here: sending and timing. Does not belong here: what is asked, sums (`figures`).

At a rate, an answer counts from when its request was due, so that one that is held up shows in those behind it.
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
    """`requests` in turn over so many connections; `rate` requests a second in all, 0 for as fast as they are answered.
    A request is the bytes that go over the wire."""

    port: int
    requests: tuple[bytes, ...]
    connections: int = 8
    rate: float = 0.0
    is_noise: bool = False
    """What is due and late when the time is over is asked no more: it is not what is measured."""


class Answered(Struct, frozen=True, kw_only=True):
    """Answers by status, milliseconds of each, answers a second, and what this process took of a core."""

    statuses: dict[int, int]
    late_ms: list[float]
    per_s: float
    share: float

    @property
    def others(self) -> int:
        """Answers that are not 200."""
        return sum(count for status, count in self.statuses.items() if status != 200)


class Exchange(asyncio.Protocol):
    """One connection that is kept; one request at a time."""

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
        """Send, and wait for the whole answer; its status. Raises OSError."""
        assert self._transport is not None, "it is connected"
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


def size(held: bytes) -> int:
    """Bytes of the answer that begins here, 0 while its head is not whole; one without a length ends with its head."""
    head, end, _ = held.partition(_END)
    if not end:
        return 0
    _, found, rest = head.partition(_LENGTH)
    return len(head) + len(_END) + (int(rest.partition(b"\r\n")[0]) if found else 0)


def get(path: str, port: int, **headers: str) -> bytes:
    """A GET as it goes over the wire."""
    return _request(f"GET {path}", port, headers) + b"\r\n"


def post(path: str, port: int, body: bytes) -> bytes:
    """A POST of JSON."""
    headers = {"content-type": "application/json", "content-length": str(len(body))}
    return _request(f"POST {path}", port, headers) + b"\r\n" + body


def _request(what: str, port: int, headers: dict[str, str]) -> bytes:
    lines = [f"{what} HTTP/1.1", f"host: 127.0.0.1:{port}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "".join(f"{line}\r\n" for line in lines).encode()


def ask(line: Connection, asked: Asked) -> None:
    """Connect and say so; for each number of seconds that is told ask for so long, and say what was answered."""
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
    """The seconds that are told, None once the line is closed."""
    try:
        told: float = line.recv()
    except EOFError:
        return None
    return told


async def answered(exchanges: Sequence[Exchange], asked: Asked, *, seconds: float) -> Answered:
    """Ask for so long over all connections at once."""
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
