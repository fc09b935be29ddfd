"""A match of a client's own: told as the stream would tell it, with the faults that were wished, to nobody else."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.problems import ProblemError
from api.public.board import Board
from api.public.live.subscriber import Subscriber
from api.public.sandbox import playing
from api.public.sandbox.playing import BoardWithSandbox, Sandboxes, events_of
from api.public.sandbox.resources import Fault, Wish
from game.events import AnyEvent
from models.fold import fold_events
from models.predictor import load_champion
from tests.api.public.doubles import NOON, Desk, messages
from tests.api.public.office import Office

EVENTS = 900
WITHIN_S = 60
EVERY_FAULT: tuple[Fault, ...] = ("drop", "delay", "gap", "restore", "silence")


def beginning(wish: Wish, match_id: str, starts_at: datetime) -> Sequence[AnyEvent]:
    return events_of(wish, match_id, starts_at)[:EVENTS]


class Clock:
    """Sleeps that take no time, and are noted."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


def played(
    wish: Wish, watched: Callable[[Sandboxes], Awaitable[None]] | None = None
) -> tuple[Sandboxes, Clock]:
    """Sandboxes in which the client `me` has seen the whole match."""
    clock = Clock()
    sandboxes = Sandboxes(sleep=clock.sleep, source=beginning)

    async def scene() -> None:
        match = sandboxes.start("me", wish, predictor=load_champion(), now=NOON)
        assert match.task is not None
        if watched is not None:
            await watched(sandboxes)
        await match.task

    asyncio.run(scene())
    return sandboxes, clock


@pytest.mark.slow
def test_what_is_told_is_what_the_fold_makes_of_it() -> None:
    sandboxes, _ = played(Wish(seed=3, speed=20, faults=("delay", "gap", "restore")))
    match, board = sandboxes.find("me"), sandboxes.board("me")
    assert match is not None
    assert board is not None
    desk = board.find(match.match_id)
    assert desk is not None
    events = beginning(Wish(seed=3, faults=("delay", "gap", "restore")), match.match_id, NOON)
    told = Desk().take(tuple(fold_events(events, load_champion()))).board.find(match.match_id)
    assert told is not None
    assert (desk.view.seq, desk.view.state) == (told.view.seq, told.view.state)
    assert [e.seq for e in desk.events.since(0)] == [e.seq for e in told.events.since(0)]
    assert match.told().is_over


@pytest.mark.slow
def test_connections_are_dropped_and_the_source_falls_silent() -> None:
    subscriber = Subscriber(characters_max=10**9)

    async def watch(sandboxes: Sandboxes) -> None:
        board, match = sandboxes.board("me"), sandboxes.find("me")
        assert board is not None
        assert match is not None
        while (desk := board.find(match.match_id)) is None:
            await asyncio.sleep(0)
        desk.subscribers.add(subscriber)

    _, clock = played(Wish(speed=20, faults=("drop", "silence")), watch)
    assert subscriber.is_closed
    assert clock.slept.count(playing.QUIET_S) == playing.SILENCES
    _, clock = played(Wish(speed=20))
    assert set(clock.slept) == {playing.STEP_S}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"[", "$"),
        (b'{"sped":1}', "$.sped"),
        (b'{"speed":1000}', "$.speed"),
        (b'{"best_of":2}', "$.best_of"),
        (b'{"faults":["flood"]}', "$.faults[0]"),
    ],
    ids=str,
)
def test_what_cannot_be_wished_is_named(body: bytes, field: str) -> None:
    answer = Desk().ask("/api/v1/sandbox", method="POST", content=body)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


async def ask(office: Office, method: str, path: str, key: str, **told: Any) -> httpx.Response:
    """In the loop that the sandbox lives in."""
    transport = httpx.ASGITransport(office.desk.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        return await client.request(method, path, headers={"x-api-key": key}, **told)


@pytest.mark.slow
def test_it_is_seen_by_its_client_alone(tmp_path: Path) -> None:
    office = Office(tmp_path, sandboxes=Sandboxes(sleep=Clock().sleep, source=beginning))
    mine = office.key("mine", plan="unlimited", matches=["league-*"])  # who waits long asks often
    other = office.key("other")

    async def scene() -> None:
        wish = json.dumps({"seed": 3, "speed": 20, "faults": EVERY_FAULT[:4]}).encode()
        begun = await ask(office, "POST", "/api/v1/sandbox", mine, content=wish)
        assert begun.status_code == 201
        path = f"/api/v1/matches/{begun.json()['match_id']}/state"
        again = await ask(office, "POST", "/api/v1/sandbox", mine)
        assert (again.status_code, again.json()["type"]) == (409, "urn:midround:problem:sandbox-taken")
        while not (await ask(office, "GET", "/api/v1/sandbox", mine)).json()["is_over"]:
            await asyncio.sleep(0.01)
        assert (await ask(office, "GET", path, mine)).json()["is_current"]
        assert (await ask(office, "GET", path, other)).status_code == 404
        assert (await ask(office, "GET", "/api/v1/sandbox", other)).status_code == 404
        assert (await ask(office, "DELETE", "/api/v1/sandbox", mine)).status_code == 204
        assert (await ask(office, "GET", path, mine)).status_code == 404
        assert (await ask(office, "DELETE", "/api/v1/sandbox", mine)).status_code == 404

    asyncio.run(scene())
    office.catalog.close()


@pytest.mark.slow
def test_only_so_many_are_open_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "ALL_MAX", 1)
    desk = Desk(sandboxes=Sandboxes(sleep=Clock().sleep, source=beginning))

    async def scene() -> None:
        sandboxes = desk.app.state.backends.sandboxes
        sandboxes.start("somebody", Wish(), predictor=load_champion(), now=NOON)
        transport = httpx.ASGITransport(desk.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            answer = await client.post("/api/v1/sandbox")
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:midround:problem:sandboxes-full")
        sandboxes.close()
        assert sandboxes.board("somebody") is None

    asyncio.run(scene())


class Slow:
    """A source that tells nothing until it is let go, and remembers who waited for it."""

    def __init__(self) -> None:
        self.begun, self.let_go = [threading.Event(), threading.Event()], threading.Event()
        self._count = 0

    def __call__(self, wish: Wish, match_id: str, starts_at: datetime) -> Sequence[AnyEvent]:
        self.begun[self._count].set()
        self._count += 1
        assert self.let_go.wait(2 * WITHIN_S)
        return ()


def test_making_matches_holds_up_nothing_else_and_a_client_has_one_at_a_time() -> None:
    source = Slow()
    sandboxes = Sandboxes(sleep=Clock().sleep, source=source)

    def start(client_id: str) -> None:
        sandboxes.start(client_id, Wish(), predictor=load_champion(), now=NOON)

    async def scene() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        start("me")
        start("waits")
        async with asyncio.timeout(WITHIN_S):
            assert await asyncio.to_thread(source.begun[0].wait, WITHIN_S)
        assert sandboxes.stop("waits")
        start("waits")
        assert sandboxes.stop("me")
        with pytest.raises(ProblemError) as refused:
            start("me")
        assert refused.value.problem.type == "urn:midround:problem:sandbox-taken"
        assert not source.begun[1].is_set()
        source.let_go.set()
        async with asyncio.timeout(WITHIN_S):
            assert await asyncio.to_thread(source.begun[1].wait, WITHIN_S)
        start("me")
        sandboxes.close()

    try:
        asyncio.run(scene())
    finally:
        source.let_go.set()


def test_a_match_that_breaks_is_over_and_another_may_begin(caplog: pytest.LogCaptureFixture) -> None:
    def broken(wish: Wish, match_id: str, starts_at: datetime) -> Sequence[AnyEvent]:
        raise ZeroDivisionError

    sandboxes = Sandboxes(source=broken)

    async def scene() -> None:
        match = sandboxes.start("me", Wish(), predictor=load_champion(), now=NOON)
        assert match.task is not None
        await asyncio.wait((match.task,))
        assert match.told().is_over
        assert sandboxes.start("me", Wish(), predictor=load_champion(), now=NOON) is not match
        sandboxes.close()

    asyncio.run(scene())
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.slow
def test_a_match_that_is_over_is_forgotten_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    sandboxes, _ = played(Wish(speed=20))
    assert sandboxes.board("me") is not None
    monkeypatch.setattr(playing, "KEPT_S", -1.0)
    assert sandboxes.board("me") is None


def test_a_board_with_a_sandbox_is_both() -> None:
    own, base = Desk().take(messages()), Desk().take(messages(3, 14))
    mine: list[Board] = []
    both = BoardWithSandbox(base.board, lambda: mine[0] if mine else None)
    assert [view.match_id for view in both.views()] == [view.match_id for view in base.board.views()]
    mine.append(own.board)
    assert [view.match_id for view in both.views()] == [
        v.match_id for d in (own, base) for v in d.board.views()
    ]
    assert all(both.find(view.match_id) is not None for view in both.views())
    assert both.find("nobody") is None
