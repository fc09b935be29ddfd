"""The client against the real application: answers in their types, and a feed that is followed through cuts."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from adapters.catalog.clients import Made
from adapters.catalog.store import open_catalog
from api import server
from api.public.access.keys import new_key
from api.public.directory import Directory
from api.public.live.frames import RetractionFrame, encoded
from api.public.predictions.resources import PredictionView
from game.messages import Message
from midround.client import questions
from midround.client.feed import Follower, PredictionsVoid, StateUpdate
from midround.client.rest import ApiError, AsyncClient, Client, GraphQLError
from tests.api.public.doubles import NOON, Desk, KeptHistory, match_id, messages

WITHIN_S = 20


class Served:
    """The application on a port of its own, in a thread; it can be stopped and started again on the same port."""

    def __init__(self, desk: Desk, port: int = 0) -> None:
        self.desk = desk
        self._listening: socket.socket = server.bind("127.0.0.1", port)
        self.port = int(self._listening.getsockname()[1])
        self._serving = server.server(desk.app)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serving.serve(sockets=[self._listening]))

    def take(self, told: tuple[Message, ...]) -> None:
        """As the follower of the topics does: in the loop of the server."""

        async def taken() -> None:
            self.desk.take(told)

        asyncio.run_coroutine_threadsafe(taken(), self._loop).result(WITHIN_S)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self.desk.board.close)
        self._serving.should_exit = True
        self._thread.join(WITHIN_S)
        self._listening.close()
        self._loop.close()


@contextmanager
def served(desk: Desk) -> Iterator[Served]:
    running = Served(desk)
    try:
        yield running
    finally:
        running.stop()


def published(told: tuple[Message, ...]) -> tuple[int, dict[str, object]]:
    desk = Desk().take(told).board.find(told[0].match_id)
    assert desk is not None
    return desk.view.seq, desk.view.state


@pytest.mark.slow
def test_answers_have_their_types() -> None:
    desk = Desk(KeptHistory(messages())).take(messages())
    with served(desk) as running, Client(f"http://127.0.0.1:{running.port}") as client:
        assert client.get(questions.matches())[0].match_id == match_id()
        assert client.get(questions.match(match_id())).match.name_a == "Team Aspen"
        assert client.get(questions.state(match_id())).seq == messages()[-1].seq
        assert len(client.get(questions.players(match_id(), scope="round:1"))) == 10
        assert client.get(questions.rounds(match_id()))[0].round_no == 1
        assert client.get(questions.definitions())
        latest = client.get(questions.latest_prediction(match_id()))
        assert client.get(questions.receipt(match_id(), latest.receipt_id)).seq == latest.seq
        walked = list(client.all(questions.predictions(match_id(), limit=50)))
        assert walked[-1] == latest
        assert [each.seq for each in walked] == sorted({each.seq for each in walked})
        kills = list(client.all(questions.events(match_id(), type_="kill", limit=3)))
        assert {each.type for each in kills} == {"kill"}
        assert list(client.all(questions.swings(match_id(), limit=7)))


def test_errors_are_the_apis_own_words() -> None:
    with served(Desk()) as running, Client(f"http://127.0.0.1:{running.port}") as client:
        with pytest.raises(ApiError, match="404 match_id: no match 'a/b' is known") as refused:
            client.get(questions.match("a/b"))
        assert refused.value.problem.field == "match_id"
        with pytest.raises(GraphQLError, match="nothing"):
            client.graphql("{ nothing }")
        with pytest.raises(ApiError, match="nobody"):
            next(iter(client.follow("nobody")))


@pytest.mark.slow
def test_both_clients_ask_the_graph() -> None:
    desk = Desk().take(messages())
    query = "query($id: ID!) { match(id: $id) { id } }"

    async def asked(url: str) -> object:
        async with AsyncClient(url) as client:
            first = await client.get(questions.match(match_id()))
            pages = [each.seq async for each in client.all(questions.swings(match_id(), limit=20))]
            return await client.graphql(query, id=match_id()), first.match.match_id, len(pages) > 0

    with served(desk) as running, Client(f"http://127.0.0.1:{running.port}") as client:
        data = {"match": {"id": match_id()}}
        assert client.graphql(query, id=match_id()) == data
        assert asyncio.run(asked(f"http://127.0.0.1:{running.port}")) == (data, match_id(), True)


@pytest.mark.slow
@pytest.mark.parametrize("level", [0, 3])
def test_a_follower_has_the_published_state_after_any_frame_order(level: int) -> None:
    told = messages(level)
    found = Desk().take(told[:1]).board
    desk = found.find(match_id(level))
    assert desk is not None
    follower = Follower(match_id(level))
    whole = Desk().take(told).board.find(match_id(level))
    assert whole is not None
    for text in [*whole.opening(), *whole.updates.since(0), *whole.opening()]:
        follower.take(text)
    assert (follower.seq, follower.state) == published(told)
    assert not follower.is_waiting


@pytest.mark.slow
def test_a_feed_is_followed_through_a_restart() -> None:
    """The server goes away and comes back on its port, holding what was published meanwhile."""
    told = messages()
    half = len(told) // 2
    target, state = published(told)
    running = Served(Desk().take(told[:half]))
    seen: list[StateUpdate] = []
    predictions: list[int] = []
    try:
        with Client(f"http://127.0.0.1:{running.port}", sleep=lambda _: None) as client:
            for update in client.follow(match_id()):
                if isinstance(update, StateUpdate):
                    seen.append(update)
                elif isinstance(update, PredictionView):
                    predictions.append(update.seq)
                if len(seen) == 1 and predictions:
                    running.stop()
                    running = Served(Desk().take(told), running.port)
                if seen and seen[-1].seq == target:
                    break
    finally:
        running.stop()
    assert seen[-1].state == state
    assert seen[-1].is_current
    assert predictions == sorted(set(predictions))


def test_an_async_client_follows_too() -> None:
    told = messages()
    half = len(told) // 2
    target, state = published(told)

    async def followed(running: Served) -> StateUpdate:
        async with AsyncClient(f"http://127.0.0.1:{running.port}") as client:
            async for update in client.follow(match_id()):
                if isinstance(update, StateUpdate):
                    if update.seq == told[half - 1].seq:
                        await asyncio.to_thread(running.take, told[half:])
                    if update.seq == target:
                        return update
        raise AssertionError("the feed has no end")

    with served(Desk().take(told[:half])) as running:
        last = asyncio.run(asyncio.wait_for(followed(running), WITHIN_S))
    assert last.state == state


def test_void_predictions_are_told() -> None:
    frame = RetractionFrame(
        channel="predictions", match_id="m", seq=9, from_seq=3, to_seq=8, reason="a late event"
    )
    told = Follower("m").take(encoded(frame))
    assert told == [PredictionsVoid(match_id="m", from_seq=3, to_seq=8)]


def test_a_key_is_brought_with_questions_and_with_the_feed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    with closing(open_catalog(url)) as catalog:
        clients, key = catalog.clients(), new_key()
        client_id = clients.create("desk", plan="standard", matches=None, who="me", now=NOON)
        made = Made(key_id=key.key_id, secret_hash=key.secret_hash)
        clients.add_key(client_id, made, scopes=("read", "live"), expires_at=None, who="me", now=NOON)
    desk = Desk(directory=Directory(url), needs_keys=True).take(messages())
    with served(desk) as running:
        at = f"http://127.0.0.1:{running.port}"
        with Client(at, key=key.text) as client:
            assert client.get(questions.matches())[0].match_id == match_id()
            assert next(client.follow(match_id())) is not None
        with Client(at) as stranger:
            with pytest.raises(ApiError, match="401"):
                stranger.get(questions.matches())
            with pytest.raises(ApiError, match="no key"):
                next(stranger.follow(match_id()))
