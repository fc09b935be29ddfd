"""The live feed of a match that only the store may know, while that is away: not known is not the same as unknown."""

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.api.public.doubles import Desk, KeptHistory, match_id, messages
from tests.api.public.test_graphql_subscriptions import errors, of_match, opened, say
from tests.api.public.test_graphql_subscriptions import play as graph
from tests.api.public.test_live import play as one_match
from tests.api.public.test_live_session import FIRST, Many, ask, play, read_until

pytestmark = pytest.mark.slow


def away() -> KeptHistory:
    history = KeptHistory(messages())
    history.is_away = True
    return history


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


def test_a_subscription_of_the_graph_says_who_is_away() -> None:
    async def scene(url: str) -> None:
        async with opened(url) as socket:
            await say(socket, of_match("scoreUpdated", "seq"))
            assert [each["extensions"]["code"] for each in await errors(socket)] == ["STORE_AWAY"]

    graph(Desk(away()), scene)
