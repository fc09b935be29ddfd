"""Clients of the live feed that come back after a cut, in a process of their own: how long it took, what is missing.

Belongs here: coming back from the last seq that each has. Does not belong here: who cuts them off (`restart`).

Nothing explains a hole to a client that comes back: it asks for what follows on what it has, and a snapshot is none.
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
    """So many clients, each of one of the matches."""

    port: int
    matches: tuple[str, ...]
    clients: int


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds from the cut to the first news of each client, whatever it had to try; and how all ended."""

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
        """Follow the match, and come back as often as the connection is cut."""
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
        """For what follows on the last seq of each channel; for an opening where there is none yet."""
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
    """Connect and say how many; told where the matches stand in the end, say how it went."""
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
    """Until now for one that did not come back, 0 for one that was never cut off."""
    if client.cut_at_s is None:
        return 0.0
    return (client.back_at_s or time.perf_counter()) - client.cut_at_s
