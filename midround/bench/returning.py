"""Clients of the live feed that reconnect after a cut, in their own process: how long it takes, and which seqs are
missing.

Belongs here: resuming from the last seq of each client. Does not belong here: the cut itself (`restart`).

No gap is legitimate for a reconnecting client: it asks for what follows the last seq that it has, not for a
snapshot.
"""

import asyncio
import gc
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection

import msgspec

from midround.bench.crowd import AT_ONCE, LOOK_S, SETTLE_S
from midround.bench.judging import Head, Judge, Place, live_head, remembered
from midround.bench.processes import allow_sockets
from midround.bench.sockets import Socket, SocketError, connected, request

FIRST_RETRY_S, LAST_RETRY_S = 0.1, 0.5
PATH = "/api/v1/live"


class Returning(msgspec.Struct, frozen=True, kw_only=True):
    """`clients`, each of one of the matches."""

    port: int
    matches: tuple[str, ...]
    clients: int


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds from the cut to the first new frame of each client, retries included; and the final counts."""

    away_s: list[float]
    cuts: int
    holes: int
    behind: int


class Client:
    """One client."""

    def __init__(self, port: int, match_id: str) -> None:
        self._port, self.match_id = port, match_id
        self.judge = Judge()
        self.begun = asyncio.Event()
        self.cut_at_s: float | None = None
        self.back_at_s: float | None = None
        self.cuts = 0
        self._socket: Socket | None = None
        self._read = remembered(live_head)

    async def run(self) -> None:
        """Follow the match, and reconnect whenever the connection is cut."""
        retry_s = FIRST_RETRY_S
        while True:
            try:
                self._socket = await connected(request(PATH, self._port), self._port, self._hear)
                retry_s = FIRST_RETRY_S
                self._ask()
                await self._socket.ended
                self.cuts += 1
                self.cut_at_s = self.cut_at_s or time.perf_counter()
            except (OSError, SocketError):
                retry_s = min(LAST_RETRY_S, retry_s * 2)
            await asyncio.sleep(retry_s)

    def _ask(self) -> None:
        """Subscribe from after the last seq known on both channels, or from the opening if there is none yet."""
        place = self.judge.place
        asked: dict[str, object] = {"op": "subscribe", "match_id": self.match_id}
        if place.state and place.predictions:
            asked["from_seq"] = min(place.state, place.predictions) + 1
        if self._socket is not None:
            self._socket.say(msgspec.json.encode(asked))

    def _hear(self, text: bytes) -> None:
        head = self._read(text)
        if head.message == "refused":
            asyncio.get_running_loop().call_later(LAST_RETRY_S, self._ask)
            return
        self._note(head, before=max(self.judge.place.state, self.judge.place.predictions))
        if head.message == "prediction":
            self.begun.set()

    def _note(self, head: Head, *, before: int) -> None:
        self.judge.take(head)
        is_news = max(self.judge.place.state, self.judge.place.predictions) > before
        if is_news and self.cut_at_s is not None and self.back_at_s is None:
            self.back_at_s = time.perf_counter()


def follow(line: Connection, asked: Returning) -> None:
    """Connect and report the number; given the matches' final positions, report the result."""
    allow_sockets()
    asyncio.run(_followed(line, asked))


async def _followed(line: Connection, asked: Returning) -> None:
    clients = [
        Client(asked.port, asked.matches[number % len(asked.matches)]) for number in range(asked.clients)
    ]
    running = []
    for start in range(0, len(clients), AT_ONCE):
        some = clients[start : start + AT_ONCE]
        running += [asyncio.create_task(client.run()) for client in some]
        await asyncio.gather(*(client.begun.wait() for client in some))
    gc.freeze()
    line.send(len(clients))
    places = await asyncio.to_thread(line.recv)
    line.send(await _returned(clients, places))
    for task in running:
        task.cancel()


async def _returned(clients: list[Client], places: Mapping[str, Place]) -> Returned:
    deadline_s = time.perf_counter() + SETTLE_S
    while (behind := _behind(clients, places)) and time.perf_counter() < deadline_s:
        await asyncio.sleep(LOOK_S)
    return Returned(
        away_s=[_away_s(client) for client in clients],
        cuts=sum(client.cuts for client in clients),
        holes=sum(client.judge.holes for client in clients),
        behind=behind,
    )


def _behind(clients: list[Client], places: Mapping[str, Place]) -> int:
    return sum(client.judge.place != places[client.match_id] for client in clients)


def _away_s(client: Client) -> float:
    """Seconds without news: until now for a client that did not come back, 0 for one that was never cut off."""
    if client.cut_at_s is None:
        return 0.0
    return (client.back_at_s or time.perf_counter()) - client.cut_at_s
