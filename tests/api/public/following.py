"""One client of one match, written as the documentation tells to, and the application on a real port for it. No tests
here."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection

from adapters.ports import bind
from api import server
from game.delta import applied
from game.messages import Message
from tests.api.public.doubles import Desk

WITHIN_S = 60


class Client:
    """A client as the documentation tells to write one."""

    def __init__(self) -> None:
        self.state: dict[str, Any] | None = None
        self.seq = 0
        self.is_waiting = True
        self.is_begun = False
        """Whether this connection has told anything of the state."""
        self.predictions: dict[int, dict[str, Any]] = {}
        self.heartbeats = 0
        self.snapshots = 0

    def take(self, text: str) -> None:
        frame = msgspec.json.decode(text)
        getattr(self, f"_{frame['message']}")(frame)

    def _snapshot(self, frame: dict[str, Any]) -> None:
        self.snapshots += 1
        is_anew = not self.is_begun and frame.get("is_current", True)
        self.is_begun = True
        if frame["seq"] > self.seq or self.is_waiting or is_anew:
            self.state, self.seq, self.is_waiting = (
                frame["state"],
                frame["seq"],
                not frame.get("is_current", True),
            )

    def _delta(self, frame: dict[str, Any]) -> None:
        if frame["seq"] <= self.seq:
            return
        self.is_begun = True
        self.is_waiting = self.is_waiting or frame["prev_seq"] != self.seq
        carried = {"seq": frame["seq"], "last_ts": frame["ts_event"]}
        self.state, self.seq = applied(self.state or {}, frame["set"]) | carried, frame["seq"]

    def _prediction(self, frame: dict[str, Any]) -> None:
        self.predictions[frame["seq"]] = frame

    def _retraction(self, frame: dict[str, Any]) -> None:
        void = range(frame["from_seq"], frame["to_seq"] + 1)
        if frame["channel"] == "state":
            self.is_waiting = self.is_waiting or self.seq in void
        else:
            self.predictions = {k: v for k, v in self.predictions.items() if k not in void}

    def _heartbeat(self, frame: dict[str, Any]) -> None:
        assert frame["is_feed_alive"]
        self.heartbeats += 1


@asynccontextmanager
async def served(desk: Desk) -> AsyncIterator[str]:
    """The application on a free port; the WebSocket URL of its matches."""
    listening = bind("127.0.0.1", 0)
    serving = server.server(desk.app)
    task = asyncio.create_task(serving.serve(sockets=[listening]))
    try:
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}/api/v1/matches"
    finally:
        desk.board.close()
        serving.should_exit = True
        await asyncio.wait_for(task, WITHIN_S)
        listening.close()


def play(desk: Desk, scene: Callable[[str], Awaitable[None]]) -> None:
    async def run() -> None:
        async with served(desk) as base:
            await asyncio.wait_for(scene(base), WITHIN_S)

    asyncio.run(run())


async def read_until(client: Client, socket: ClientConnection, is_done: Callable[[], bool]) -> None:
    while not is_done():
        client.take(str(await socket.recv()))


def newest_seqs(told: tuple[Message, ...]) -> tuple[int, int]:
    desk = Desk().take(told).board.find(told[0].match_id)
    assert desk is not None
    newest = desk.predictions.newest()
    return desk.view.seq, newest.view.seq if newest is not None else 0


def published_state(told: tuple[Message, ...]) -> dict[str, Any]:
    desk = Desk().take(told).board.find(told[0].match_id)
    assert desk is not None
    return desk.view.state
