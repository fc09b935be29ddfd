"""The client against the real application: answers in their types, and a feed that is followed through cuts."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close

from adapters.catalog.changes import Upsert
from adapters.catalog.clients import Made
from adapters.catalog.store import open_catalog
from api import server
from api.public.access.keys import new_key
from api.public.directory import Directory
from api.public.events.resources import EventView
from api.public.live.frames import (
    BeatFrame,
    Channel,
    RefusedFrame,
    RetractionFrame,
    SubscribedFrame,
    UnsubscribedFrame,
    encoded,
)
from api.public.live.operations import Subscribe
from api.public.predictions.resources import PredictionView
from api.public.timeline.resources import Moment
from game.events import SeriesAnnounced
from game.messages import Message, Prediction, Processed, Retraction
from game.payloads import SeriesAnnouncedData, TeamSheet
from game.what_if import PlayerChange, WhatIf
from midround.client import archive, questions
from midround.client.feed import Encoding, EventUpdate, Feed, Missed, StateUpdate, Update
from midround.client.live import PAUSES_S, Retrying
from midround.client.refusals import ApiError, GraphQLError
from midround.client.rest import AsyncClient, Client
from tests.api.public.doubles import NOON, Desk, KeptHistory, match_id, messages
from tests.api.public.test_announcements import Kept

pytestmark = pytest.mark.slow

WITHIN_S = 20
RESULTS: tuple[Channel, ...] = ("results",)


class Served:
    """The application on a port of its own, in a thread; it can be stopped and started again on the same port."""

    def __init__(self, desk: Desk, port: int = 0) -> None:
        self.desk = desk
        self._listening: socket.socket = server.bind("127.0.0.1", port)
        self._listening.listen()
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
        assert {fact["fact"] for each in kills for fact in each.facts} >= {"killed"}
        assert all(each.payload["victim_player_id"] for each in kills)
        assert list(client.all(questions.swings(match_id(), limit=7)))


def test_a_match_is_told_in_every_way() -> None:
    desk = Desk(KeptHistory(messages())).take(messages())
    with served(desk) as running, Client(f"http://127.0.0.1:{running.port}") as client:
        story = list(client.all(questions.timeline(match_id(), types="kill,round_ended", limit=7)))
        assert {each.type for each in story} == {"kill", "round_ended"}
        assert story[0].payload["victim_player_id"]
        first = client.get(questions.history(match_id(), resolution_s=5.0, limit=3))
        assert len(first.items) == 3
        seq = client.get(questions.highlights(match_id(), limit=1))[0].seq
        assert client.get(questions.explanation(match_id(), seq)).seq == seq
        latest = client.get(questions.latest_prediction(match_id()))
        assert client.get(questions.verification(match_id(), latest.receipt_id)).holds
        assert sum(each.p for each in client.get(questions.scores(match_id())).map_scores) > 0.99
        assert client.get(questions.economy(match_id())).match_id == match_id()
        assert client.get(questions.quality(match_id())).match_id == match_id()
        assert client.get(questions.export(match_id(), "events")).startswith(b"PAR1")
        with pytest.raises(ApiError, match="422"):
            client.get(
                questions.what_if(match_id(), WhatIf(players={"nobody": PlayerChange(is_alive=False)}))
            )


def test_shapes_of_the_client_are_those_of_the_api() -> None:
    """Theirs have JSON as published where the client has it decoded."""
    assert questions.Event.__struct_fields__ == EventView.__struct_fields__
    assert questions.Moment.__struct_fields__ == Moment.__struct_fields__


def announced(match_id: str) -> Upsert:
    told = {"status": "announced", "last_event_at": NOON, "seq": 1}
    return Upsert(table="matches", values={"match_id": match_id, **told}, once={"first_event_at": NOON})


def test_all_matches_together_are_asked_for(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    with closing(open_catalog(url)) as catalog:
        for number in range(5):
            catalog.apply([announced(f"m{number}")])
    announcer = Kept()
    desk = Desk(directory=Directory(url), announcer=announcer)
    with served(desk) as running, Client(f"http://127.0.0.1:{running.port}") as client:
        found = [each.match_id for each in client.all(archive.search(limit=2, status="announced"))]
        assert sorted(found) == [f"m{number}" for number in range(5)]
        assert client.get(archive.players()) == []
        assert client.get(archive.teams()) == []
        with pytest.raises(ApiError, match="409"):
            client.get(archive.account())
        said = SeriesAnnouncedData(team_a=TeamSheet(name="Aspen"), best_of=3, external_ids={"league": "m1"})
        assert client.get(questions.announce("m/9", said)).match_id == "m/9"
        [event] = announcer.events
        assert isinstance(event, SeriesAnnounced)
        assert event.payload == said


def test_errors_are_the_apis_own_words() -> None:
    with served(Desk()) as running, Client(f"http://127.0.0.1:{running.port}") as client:
        with pytest.raises(ApiError, match=r"404 path\.match_id: no match 'a/b' is known") as refused:
            client.get(questions.match("a/b"))
        assert refused.value.problem.field == "path.match_id"
        with pytest.raises(GraphQLError, match="nothing"):
            client.graphql("{ nothing }")
        with pytest.raises(ApiError, match="nobody"):
            list(client.follow("nobody"))


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


def feed_of(match: str, *channels: Channel) -> Feed:
    feed = Feed()
    feed.ask(Subscribe(match_id=match, channels=frozenset(channels or ("state", "predictions"))))
    return feed


@pytest.mark.parametrize("level", [0, 3])
def test_a_client_has_the_published_state_after_any_frame_order(level: int) -> None:
    told = messages(level)
    whole = Desk().take(told).board.find(match_id())
    assert whole is not None
    feed = feed_of(match_id())
    for text in [*whole.opening(), *whole.updates.since(0), *whole.opening()]:
        feed.take(text)
    follower = feed.matches[match_id()]
    assert (follower.seq, follower.state) == published(told)
    assert not follower.is_waiting


class Held:
    """What a program keeps of one match that does what the updates say."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        self.seq = 0
        self.is_current = False
        self.seqs: dict[str, list[int]] = {"predictions": [], "events": []}

    def take(self, update: Update) -> None:
        if isinstance(update, Missed):
            assert not self.seqs[update.channel], "all that was said while it was away is still held"
        if isinstance(update, StateUpdate):
            self.state, self.seq, self.is_current = update.state, update.seq, update.is_current
        elif isinstance(update, PredictionView | EventUpdate):
            self.seqs["events" if isinstance(update, EventUpdate) else "predictions"].append(update.seq)
        elif isinstance(update, RetractionFrame) and update.channel != "state":
            void = range(update.from_seq, update.to_seq + 1)
            self.seqs[update.channel] = [seq for seq in self.seqs[update.channel] if seq not in void]

    def has(self, seqs: Mapping[str, int]) -> bool:
        """Whether it has all that there is."""
        newest = {name: seqs[-1] if seqs else 0 for name, seqs in self.seqs.items()}
        state = {"state": self.seq} if self.is_current else {}
        return newest | state == seqs


def valid(told: tuple[Message, ...], kind: type[Message]) -> list[int]:
    """The seq of the messages of a kind that still hold."""
    void = {seq for m in told if isinstance(m, Retraction) for seq in range(m.from_seq, m.to_seq + 1)}
    return [m.seq for m in told if isinstance(m, kind) and m.seq not in void]


def ends_of(both: dict[str, tuple[Message, ...]], until: int) -> dict[str, dict[str, int]]:
    """By match the last seq of each channel that such a process has."""
    kinds: dict[str, type[Message]] = {"events": Processed, "predictions": Prediction}
    return {
        each: {name: valid(told[:until], kind)[-1] for name, kind in kinds.items()}
        | {"state": published(told[:until])[0]}
        for each, told in both.items()
    }


def cut(both: dict[str, tuple[Message, ...]], until: int) -> Desk:
    """A process that has read so much of each match."""
    desk = Desk()
    for told in both.values():
        desk.take(told[:until])
    return desk


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
def test_matches_are_followed_through_restarts(encoding: Encoding) -> None:
    """The server goes away and comes back on its port, twice, holding what was published meanwhile, of a clean
    feed and of the worst one: nothing is missing and nothing is told twice."""
    both = {told[0].match_id: told for told in (messages(), messages(3, 14))}
    held = {each: Held() for each in both}
    stages, until = iter((450, 900)), 300
    running, ends = Served(cut(both, until)), ends_of(both, until)
    try:
        with Client(f"http://127.0.0.1:{running.port}", sleep=lambda _: None) as client:
            live = client.live(encoding)
            for each in both:
                live.subscribe(each, ("state", "predictions", "events"), from_seq=0)
            for update in live:
                if not isinstance(update, BeatFrame | RefusedFrame):
                    held[update.match_id].take(update)
                if all(held[each].has(ends[each]) for each in both):
                    if until == 900:
                        break
                    until = next(stages)
                    running.stop()
                    running, ends = Served(cut(both, until), running.port), ends_of(both, until)
    finally:
        running.stop()
    for each, told in both.items():
        assert held[each].state == published(told[:900])[1]
        for name, kind in (("events", Processed), ("predictions", Prediction)):
            heard = held[each].seqs[name]
            assert heard == [seq for seq in valid(told[:900], kind) if seq >= heard[0]]


def test_an_async_client_follows_too() -> None:
    """Another match is asked for amid the iteration, and left."""
    told = messages()
    half = len(told) // 2
    target, state = published(told)

    async def followed(running: Served) -> StateUpdate:
        async with AsyncClient(f"http://127.0.0.1:{running.port}") as client:
            live = client.live("msgpack")
            await live.subscribe(match_id())
            async for update in live:
                if isinstance(update, StateUpdate):
                    if update.seq == told[half - 1].seq:
                        await live.subscribe(match_id(14), RESULTS)
                    if update.seq == target:
                        return update
                if isinstance(update, SubscribedFrame) and update.match_id == match_id(14):
                    await live.unsubscribe(match_id(14))
                if isinstance(update, UnsubscribedFrame):
                    await asyncio.to_thread(running.take, told[half:])
        raise AssertionError("the feed has no end")

    with served(Desk().take(told[:half]).take(messages(3, 14))) as running:
        last = asyncio.run(asyncio.wait_for(followed(running), WITHIN_S))
    assert last.state == state


def prediction(seq: int, prev_seq: int) -> str:
    desk = Desk().take(messages()).board.find(match_id())
    assert desk is not None
    newest = desk.predictions.newest()
    assert newest is not None
    return encoded(msgspec.structs.replace(newest.view, seq=seq, prev_seq=prev_seq))


def test_what_was_not_heard_is_told() -> None:
    """A hole is named, and void messages are none."""
    feed = feed_of(match_id(), "predictions")
    feed.take(prediction(3, 2))
    void = RetractionFrame(
        channel="predictions", match_id=match_id(), seq=6, from_seq=3, to_seq=5, reason="a late event"
    )
    assert feed.take(encoded(void)) == [void]
    assert len(feed.take(prediction(6, 5))) == 1
    [missed, _] = feed.take(prediction(9, 8))
    assert missed == Missed(match_id=match_id(), channel="predictions", after_seq=6, seq=9)
    assert feed.take(prediction(9, 8)) == []
    feed.begin()
    assert msgspec.json.decode(feed.take_said()[0])["from_seq"] == 10


def test_what_is_missing_behind_what_the_client_has_is_told() -> None:
    """Who begins behind a seq of his own hears whether something of it is no longer held."""
    feed = Feed()
    feed.ask(Subscribe(match_id=match_id(), channels=frozenset(("predictions",)), from_seq=5))
    [missed, _] = feed.take(prediction(9, 8))
    assert missed == Missed(match_id=match_id(), channel="predictions", after_seq=4, seq=9)
    near = Feed()
    near.ask(Subscribe(match_id=match_id(), channels=frozenset(("predictions",)), from_seq=5))
    assert len(near.take(prediction(9, 3))) == 1


def test_what_a_later_server_says_is_passed_over() -> None:
    feed = feed_of(match_id())
    assert feed.take('{"message":"gossip","match_id":"m","seq":"none"}') == []
    with pytest.raises(msgspec.ValidationError):
        feed.take('{"message":"resume","match_id":7}')


def test_a_match_that_the_server_has_not_met_again_is_asked_for_at_each_beat() -> None:
    """After a restart, until it has read of it; one that was never there is given up."""
    feed = feed_of(match_id(), "predictions")
    refused = encoded(RefusedFrame(field="$.match_id", reason="no such match", match_id=match_id()))
    beat = encoded(BeatFrame(ts="", is_feed_alive=True, matches={}))
    feed.take(prediction(3, 2))
    feed.begin()
    feed.take_said()
    for _ in range(2):
        assert feed.take(refused) == []
        feed.take(beat)
        assert [msgspec.json.decode(text)["from_seq"] for text in feed.take_said()] == [4]
    stranger = feed_of(match_id())
    assert len(stranger.take(refused)) == 1
    assert not stranger.matches


def test_a_match_of_which_nothing_was_told_yet_is_asked_for_again_too() -> None:
    """The server had it: it said so. Many that were lost are asked for in turn, within the server's bounds."""
    feed, count = Feed(), 45
    for number in range(count):
        feed.ask(Subscribe(match_id=f"m{number}", channels=frozenset(RESULTS)))
        feed.take(encoded(SubscribedFrame(match_id=f"m{number}", channels=RESULTS, seq=0)))
    feed.begin()
    feed.take_said()
    for number in range(count):
        feed.take(encoded(RefusedFrame(field="$.match_id", reason="no such match", match_id=f"m{number}")))
    beat, asked = encoded(BeatFrame(ts="", is_feed_alive=True, matches={})), list[int]()
    while len(feed.matches) == count and sum(asked) < count:
        feed.take(beat)
        asked.append(len(feed.take_said()))
    assert asked == [20, 20, 5]


def test_pauses_grow_by_chance_until_something_is_heard() -> None:
    retrying = Retrying(lambda: 0.5)
    waited = [retrying.pause_s(OSError()) for _ in range(6)]
    assert waited == pytest.approx([0.75 * pause_s for pause_s in (*PAUSES_S, PAUSES_S[-1])])
    retrying.heard()
    assert retrying.pause_s(ConnectionClosed(Close(4429, ""), None)) == pytest.approx(0.75 * PAUSES_S[-1])
    with pytest.raises(ApiError, match="lacks the scope"):
        retrying.pause_s(ConnectionClosed(Close(4403, ""), None))


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
