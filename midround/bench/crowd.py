"""Many WebSocket clients in their own process: what all of them received, and how late.

Belongs here: connecting, recording. Does not belong here: bytes (`sockets`), checks of the sequence (`judging`),
summaries (`figures`).
"""

import asyncio
import gc
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from api.public.live.operations import Subscribe
from midround.bench.judging import Judge, Place, graph_head, live_head, remembered
from midround.bench.processes import allow_sockets
from midround.bench.sockets import Socket, connected, request
from midround.client.feed import Feed

AT_ONCE = 50
"""Connections that are being opened concurrently."""
SETTLE_S, LOOK_S = 10.0, 0.05
FOLDED = frozenset({"snapshot", "delta", "prediction", "retraction"})
MATCH = "MATCH"
FOLLOW = ('{"op":"subscribe","match_id":"MATCH"}',)
_QUERY = (
    "subscription($match:ID!){predictionUpdated(matchId:$match,maxPerSecond:50){seq tsCalc pTeamAWin lo hi}}"
)
SUBSCRIBE = (
    '{"type":"connection_init"}',
    f'{{"type":"subscribe","id":"1","payload":{{"query":"{_QUERY}","variables":{{"match":"MATCH"}}}}}}',
)


class Crowd(msgspec.Struct, frozen=True, kw_only=True):
    """Clients, each of one match: the path that they connect to and the messages that they send, with the match id in
    place of `MATCH`."""

    port: int
    matches: tuple[str, ...]
    clients: int
    path: str = "/api/v1/live"
    says: tuple[str, ...] = FOLLOW
    protocol: str = ""
    has_opening: bool = True

    @property
    def is_graph(self) -> bool:
        return bool(self.protocol)


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What all clients received since they began to listen. `frames` counts messages with new content, `messages` all,
    including heartbeats. `behind` counts clients that did not reach the end of their match; `share` is this process's
    share of a core; `states` has, for each match, the state of one client that folded everything."""

    frames: int
    messages: int
    holes: int
    conflated: int
    behind: int
    late_ms: list[float]
    share: float
    states: dict[str, dict[str, Any]]


def of_live(asked: Crowd) -> Crowd:
    """Clients of the live feed, unchanged."""
    return asked


def of_bare(asked: Crowd) -> Crowd:
    """The same clients at the bare send loop."""
    return msgspec.structs.replace(asked, path=f"/{MATCH}", says=(), has_opening=False)


def of_graph(asked: Crowd) -> Crowd:
    """The same clients, subscribing to the newest prediction over graphql-transport-ws."""
    return msgspec.structs.replace(asked, path="/graphql", says=SUBSCRIBE, protocol="graphql-transport-ws")


class Clients:
    """All clients of this process. For one event loop."""

    def __init__(self, asked: Crowd) -> None:
        self._asked = asked
        self._read = remembered(graph_head if asked.is_graph else live_head)
        self._judges: list[tuple[str, Judge]] = []
        self._followers: dict[str, Feed] = {}
        self._sockets: list[Socket] = []
        self._late_ms: list[float] = []
        self._frames = self._messages = 0
        self._is_listening = False

    async def connect(self) -> int:
        """Open all connections, `AT_ONCE` concurrently, each until its opening frames have arrived; return their
        number."""
        waiting = iter(range(self._asked.clients))

        async def some() -> None:
            for number in waiting:
                await self._connect(self._asked.matches[number % len(self._asked.matches)])

        await asyncio.gather(*(some() for _ in range(AT_ONCE)))
        return len(self._sockets)

    def listen(self) -> None:
        """Count messages from now on."""
        self._is_listening = True

    async def heard(self, places: Mapping[str, Place], *, share: float) -> Heard:
        """Return what was received, once all clients have reached the end of their match or `SETTLE_S` has passed."""
        deadline_s = time.monotonic() + SETTLE_S
        while (behind := self._behind(places)) and time.monotonic() < deadline_s:
            await asyncio.sleep(LOOK_S)
        return Heard(
            frames=self._frames,
            messages=self._messages,
            holes=sum(judge.holes for _, judge in self._judges),
            conflated=sum(judge.conflated for _, judge in self._judges),
            behind=behind,
            late_ms=self._late_ms,
            share=share,
            states={match_id: found.matches[match_id].state for match_id, found in self._followers.items()},
        )

    def close(self) -> None:
        for socket in self._sockets:
            socket.close()

    def _behind(self, places: Mapping[str, Place]) -> int:
        return sum(self._is_behind(judge.place, places[match_id]) for match_id, judge in self._judges)

    def _is_behind(self, at: Place, end: Place) -> bool:
        return at.predictions < end.predictions or (at.state < end.state and not self._asked.is_graph)

    async def _connect(self, match_id: str) -> None:
        asked, judge, begun = self._asked, Judge(), asyncio.Event()
        opening = request(asked.path.replace(MATCH, match_id), asked.port, protocol=asked.protocol)
        socket = await connected(opening, asked.port, self._hears(judge, self._follower(match_id), begun))
        for text in asked.says:
            socket.say(text.replace(MATCH, match_id).encode())
        if asked.has_opening:
            await begun.wait()
        self._judges.append((match_id, judge))
        self._sockets.append(socket)

    def _follower(self, match_id: str) -> Feed | None:
        if self._asked.is_graph or not self._asked.has_opening or match_id in self._followers:
            return None
        found = self._followers[match_id] = Feed()
        found.ask(Subscribe(match_id=match_id))
        return found

    def _hears(self, judge: Judge, follower: Feed | None, begun: asyncio.Event) -> Callable[[bytes], None]:
        def hear(text: bytes) -> None:
            head = self._read(text)
            judge.take(head)
            if follower is not None and head.message in FOLDED:
                follower.take(text)
            if not self._is_listening:
                begun.set() if head.message == "prediction" else None
                return
            self._messages += 1
            if head.told_s is not None:
                self._frames += 1
                self._late_ms.append((time.time() - head.told_s) * 1000)

        return hear


def gather(line: Connection, asked: Crowd) -> None:
    """Connect and report the number; start listening on request; report what was received, given where the matches
    end."""
    allow_sockets()
    asyncio.run(_gathered(line, asked))


async def _gathered(line: Connection, asked: Crowd) -> None:
    clients = Clients(asked)
    line.send(await clients.connect())
    gc.freeze()
    gc.disable()
    await asyncio.to_thread(line.recv)
    clients.listen()
    begun_s, cpu_s = time.perf_counter(), time.process_time()
    line.send(None)
    places = await asyncio.to_thread(line.recv)
    share = (time.process_time() - cpu_s) / (time.perf_counter() - begun_s)
    line.send(await clients.heard(places, share=share))
    clients.close()
