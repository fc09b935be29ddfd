"""The real reading side in its own process, its board fed as the follower does it; and the bare send loop.

Belongs here: the process under test and its commands. Does not belong here: its clients (`crowd`, `asking`).
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from socket import socket
from typing import Any

from fastapi import FastAPI
from msgspec import Struct
from msgspec.json import Decoder

from adapters.kafka.records import PREDICTIONS, STATE
from adapters.metrics import metrics
from adapters.ports import bind
from api import server
from api.public.access.plans import PLANS
from api.public.app import create_app
from api.public.backends import Backends
from api.public.board import Board
from api.public.directory import Directory
from api.public.history import NoHistory
from api.public.live import frames
from api.public.predictions import resources as predictions
from api.public.store import ClickHouseHistory
from midround.bench.judging import Place
from midround.bench.processes import Other, allow_sockets, beside
from midround.bench.tellings import SHOWN, Topics, Turn, paced, tellings, turns
from midround.part import COLLECTIONS

App = Callable[..., Awaitable[None]]
Take = Callable[[Turn], Awaitable[None]]


class Plan(Struct, frozen=True, kw_only=True):
    """What the process serves: simulated matches with `updates` records each of the topics `of`; and its backends."""

    ids: tuple[str, ...] = ()
    updates: int = 0
    of: Topics = SHOWN
    clickhouse_url: str = ""
    catalog_url: str = ""
    needs_keys: bool = False


class Feed(Struct, frozen=True, kw_only=True):
    """Updates per second over all matches, for `seconds`; each feed continues where the previous one ended."""

    rate: float
    seconds: float


class Fed(Struct, frozen=True, kw_only=True):
    """What was fed, and the resulting position of each match."""

    updates: int
    places: dict[str, Place]


Body = Callable[[Connection, Plan], None]
"""Reports its port on the line, then serves until the line is closed."""


class Served(Struct, frozen=True, kw_only=True):
    """A process that serves on `port`."""

    port: int
    process: Other


@contextmanager
def served(plan: Plan, body: Body | None = None) -> Iterator[Served]:
    """Run the reading side, or another `body`, listening when the block begins, until its end."""
    with beside(body or reading_side, plan) as process:
        yield Served(port=process.hear(), process=process)


def reading_side(line: Connection, plan: Plan) -> None:
    told, board = tellings(plan.ids, updates=plan.updates, of=plan.of), Board(metrics())
    for each in told:
        for record in each.begun:
            board.take(record)
    board.is_fed = True
    history = ClickHouseHistory(plan.clickhouse_url) if plan.clickhouse_url else NoHistory()
    directory = Directory(plan.catalog_url)
    behind = Backends(board=board, history=history, metrics=metrics(), directory=directory)
    app = create_app(behind, needs_keys=plan.needs_keys, anonymous=PLANS["unlimited"])

    async def take(turn: Turn) -> None:
        for record in turn.records:
            board.take(record)

    run(line, app, take=take, told=turns(told, of=plan.of))


def bare_loop(line: Connection, plan: Plan) -> None:
    """Accepts every client at `/MATCH` and sends it every update of the match, one socket after the other."""
    told = tellings(plan.ids, updates=plan.updates, of=plan.of)
    sockets: dict[str, list[Callable[[Mapping[str, str]], Awaitable[None]]]] = {each: [] for each in plan.ids}

    async def app(
        scope: MutableMapping[str, Any], receive: Callable[[], Awaitable[Mapping[str, Any]]], send: Any
    ) -> None:
        await send({"type": "websocket.accept"})
        group = sockets[scope["path"].removeprefix("/")]
        group.append(send)
        while (await receive())["type"] != "websocket.disconnect":
            continue
        group.remove(send)

    async def take(turn: Turn) -> None:
        text = shown(turn)
        for send in list(sockets[turn.match_id]):
            await send({"type": "websocket.send", "text": text})

    run(line, app, take=take, told=turns(told, of=plan.of))


def shown(turn: Turn) -> str:
    """Return the live feed frame of an update."""
    record = turn.records[-1]
    found = predictions.kept_of(record.value) if record.topic == PREDICTIONS else None
    return record.value.decode() if found is None else frames.encoded(found.view)


def smallest_route(line: Connection, _plan: Plan) -> None:
    """FastAPI with one route that does nothing."""
    app = FastAPI(openapi_url=None)

    @app.get("/")
    async def smallest() -> dict[str, bool]:
        return {"is_there": True}

    async def take(_turn: Turn) -> None:
        """Ignore updates: the route does not serve matches."""

    run(line, app, take=take, told=iter(()))


def run(line: Connection, app: App, *, take: Take, told: Iterator[Turn]) -> None:
    """Serve `app` on a free port until the line is closed, and feed `take` on request."""
    allow_sockets()
    gc.freeze()
    gc.set_threshold(*COLLECTIONS)
    with bind("127.0.0.1", 0) as listening:
        listening.listen()
        line.send(listening.getsockname()[1])
        asyncio.run(_serve(app, listening, line=line, feed=lambda asked: _fed(told, take, asked)))


async def _serve(
    app: App, listening: socket, *, line: Connection, feed: Callable[[Feed], Awaitable[Fed]]
) -> None:
    serving = server.server(app)
    task = asyncio.create_task(serving.serve(sockets=[listening]))
    async for asked in _said(line):
        line.send(await feed(asked))
    serving.should_exit = serving.force_exit = True
    await task


async def _said(line: Connection) -> AsyncIterator[Feed]:
    """Yield the requested feeds until the line is closed."""
    while True:
        try:
            yield await asyncio.to_thread(line.recv)
        except EOFError:
            return


async def _fed(told: Iterator[Turn], take: Take, asked: Feed) -> Fed:
    places: dict[str, Place] = {}
    count = 0
    async for turn in paced(told, rate=asked.rate, seconds=asked.seconds):
        await take(turn)
        noted(places, turn)
        count += 1
    return Fed(updates=count, places=places)


def noted(places: dict[str, Place], turn: Turn) -> None:
    """Update the position of the turn's match in `places`."""
    place = places.setdefault(turn.match_id, Place())
    for record in turn.records:
        if record.topic == PREDICTIONS:
            place.predictions = _HEAD.decode(record.value).seq
        elif record.topic == STATE:
            place.state = _HEAD.decode(record.value).seq


class _Head(Struct):
    seq: int


_HEAD = Decoder(_Head)
