"""The live feed of a match that only the store may know, while that is away: not known is not the same as unknown."""

import asyncio

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from game.view import MatchView
from tests.api.public.doubles import Desk, KeptHistory, match_id, messages
from tests.api.public.following import play as one_match
from tests.api.public.test_graphql_subscriptions import errors, of_match, opened, say
from tests.api.public.test_graphql_subscriptions import play as graph
from tests.api.public.test_live_session import FIRST, SECOND, Many, ask, play, read_until

pytestmark = pytest.mark.slow


def away() -> KeptHistory:
    history = KeptHistory(messages())
    history.is_away = True
    return history


class Hanging(KeptHistory):
    """Says nothing until it is `released`."""

    def __init__(self) -> None:
        super().__init__(messages(3, 14))
        self.released = asyncio.Event()

    async def view(self, match_id: str) -> MatchView | None:
        await self.released.wait()
        return await super().view(match_id)


def test_a_socket_of_the_match_is_closed_with_the_reason() -> None:
    async def scene(base: str) -> None:
        async with connect(f"{base}/{match_id()}/live") as socket:
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4503

    one_match(Desk(away()), scene)


def test_a_stream_is_to_be_asked_for_again() -> None:
    answer = Desk(away()).ask(f"/api/v1/live/sse?match_id={FIRST}")
    assert (answer.status_code, answer.json()["field"]) == (503, "store")
    assert "retry-after" in answer.headers


def test_an_operation_is_refused_and_may_be_asked_again() -> None:
    history = away()

    async def scene(url: str) -> None:
        client = Many()
        async with connect(url, max_size=None) as socket:
            await ask(socket, "subscribe", match_id=FIRST)
            await read_until(client, socket, lambda: bool(client.of("refused")))
            history.is_away = False
            await ask(socket, "subscribe", match_id=FIRST)
            await read_until(client, socket, lambda: bool(client.of("snapshot")))
        assert [(each["field"], each["match_id"]) for each in client.of("refused")] == [("store", FIRST)]

    play(Desk(history), scene)


def test_what_memory_has_does_not_wait_for_a_store_that_hangs() -> None:
    history = Hanging()

    async def scene(url: str) -> None:
        client = Many()
        async with connect(url, max_size=None) as socket:
            await ask(socket, "subscribe", match_id=SECOND)
            await ask(socket, "unsubscribe", match_id=SECOND)
            await ask(socket, "subscribe", match_id=FIRST)
            await read_until(client, socket, lambda: bool(client.of("snapshot")))
            assert [each["match_id"] for each in client.of("subscribed")] == [FIRST]
            history.released.set()
            await read_until(client, socket, lambda: bool(client.of("unsubscribed")))
        told = [each["message"] for each in client.told if each.get("match_id") == SECOND]
        assert told == ["subscribed", "unsubscribed"]

    play(Desk(history).take(messages()), scene)


def test_a_client_that_leaves_waits_for_no_store() -> None:
    history = Hanging()
    desk = Desk(history)

    def clients() -> float | None:
        return desk.metrics.registry.get_sample_value("queue_depth", {"queue": "live_clients"})

    async def scene(url: str) -> None:
        async with connect(url) as socket:
            await ask(socket, "subscribe", match_id=FIRST)
            await read_until(Many(), socket, lambda: clients() == 1)
        while clients():
            await asyncio.sleep(0.01)
        assert clients() == 0
        assert not history.released.is_set()

    play(desk, scene)


def test_a_subscription_of_the_graph_says_who_is_away() -> None:
    async def scene(url: str) -> None:
        async with opened(url) as socket:
            await say(socket, of_match("scoreUpdated", "seq"))
            assert [each["extensions"]["code"] for each in await errors(socket)] == ["STORE_AWAY"]

    graph(Desk(away()), scene)
