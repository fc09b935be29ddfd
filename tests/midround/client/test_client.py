"""The client against the real application: answers in their types, and a feed that is followed through cuts."""

import asyncio
import gc
import warnings
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from adapters.catalog.clients import Made
from adapters.catalog.store import open_catalog
from api.public.access.keys import new_key
from api.public.directory import Directory
from api.public.live.frames import (
    BeatFrame,
    Channel,
    RefusedFrame,
    RetractionFrame,
    SubscribedFrame,
    UnsubscribedFrame,
)
from api.public.predictions.resources import PredictionView
from game.messages import Message, Prediction, Processed, Retraction
from midround.client import questions
from midround.client.feed import Encoding, EventUpdate, Missed, StateUpdate, Update
from midround.client.refusals import ApiError
from midround.client.rest import AsyncClient, Client
from tests import ports
from tests.api.public.doubles import NOON, Desk, match_id, messages
from tests.midround.client.serving import WITHIN_S, Served, published, served

pytestmark = pytest.mark.slow

RESULTS: tuple[Channel, ...] = ("results",)


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


def test_a_client_follows_a_log_that_was_made_anew() -> None:
    """The server comes back with less of the match than the client had of it: what it says counts."""
    told = messages()
    running = Served(Desk().take(told[:900]))
    anew, missed = published(told[:300])[0], set[str]()
    try:
        with Client(f"http://127.0.0.1:{running.port}", sleep=lambda _: None) as client:
            live = client.live()
            live.subscribe(match_id())
            for update in live:
                if isinstance(update, PredictionView) and not missed:
                    running.stop()
                    running = Served(Desk().take(told[:300]), running.port)
                if isinstance(update, Missed):
                    assert (update.seq, update.after_seq > anew) == (anew, True)
                    missed.add(update.channel)
                if isinstance(update, StateUpdate) and update.seq == anew:
                    running.take(told[300:600])
                if isinstance(update, StateUpdate) and update.seq == published(told[:600])[0]:
                    break
    finally:
        running.stop()
    assert missed == {"state", "predictions"}
    assert isinstance(update, StateUpdate)
    assert (update.is_current, update.state) == (True, published(told[:600])[1])


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


def test_an_async_client_leaves_no_connection_behind() -> None:
    """It leaves a feed, itself and its loop at once, and the other side does not answer that it goes."""

    async def left(running: Served, held: ExitStack) -> None:
        async with AsyncClient(f"http://127.0.0.1:{running.port}") as client:
            async for _ in client.follow(match_id()):
                held.enter_context(running.held())
                return

    gc.collect()
    with served(Desk().take(messages())) as running, ExitStack() as held:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            asyncio.run(left(running, held))
            gc.collect()
        assert [each.category for each in told] == []


def test_a_feed_that_is_followed_elsewhere_ends_with_its_client() -> None:
    async def left(running: Served) -> list[Update]:
        async with AsyncClient(f"http://127.0.0.1:{running.port}") as client:
            heard: list[Update] = []
            begun = asyncio.Event()

            async def follow() -> None:
                async for update in client.follow(match_id()):
                    heard.append(update)
                    begun.set()

            following = asyncio.create_task(follow())
            await begun.wait()
        await following
        return heard

    with served(Desk().take(messages())) as running:
        assert asyncio.run(asyncio.wait_for(left(running), WITHIN_S))


@pytest.mark.parametrize("is_amid_handshake", [True, False])
def test_a_feed_that_is_not_connected_yet_ends_with_its_client_too(is_amid_handshake: bool) -> None:
    """It is in its handshake, or in the pause after a cut; what comes later is not heard any more."""
    ended = asyncio.Event()

    async def pause(_seconds: float) -> None:
        await ended.wait()

    async def left(running: Served, held: ExitStack) -> list[Update]:
        heard: list[Update] = []
        url = f"http://127.0.0.1:{running.port if is_amid_handshake else ports.free_ports(1)[0]}"
        async with AsyncClient(url, sleep=pause) as client:

            async def follow() -> None:
                heard.extend([update async for update in client.follow(match_id())])

            held.enter_context(running.held())
            following = asyncio.create_task(follow())
            await asyncio.sleep(0.05)
        held.close()
        ended.set()
        await following
        return heard

    with served(Desk().take(messages())) as running, ExitStack() as held:
        assert asyncio.run(asyncio.wait_for(left(running, held), WITHIN_S)) == []


def test_a_feed_at_a_wrong_url_says_so() -> None:
    def sleep(_seconds: float) -> None:
        pytest.fail("it tries again")

    async def followed(at: str) -> None:
        async with AsyncClient(at) as client:
            async for _ in client.follow(match_id()):
                pytest.fail("it hears something")

    with served(Desk().take(messages())) as running:
        at = f"http://127.0.0.1:{running.port}/elsewhere"
        with Client(at, sleep=sleep) as client, pytest.raises(ApiError, match=r"40[34]"):
            next(client.follow(match_id()))
        with pytest.raises(ApiError, match=r"40[34]"):
            asyncio.run(asyncio.wait_for(followed(at), WITHIN_S))


def test_a_key_is_brought_with_questions_and_with_the_feed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    with closing(open_catalog(url)) as catalog:
        clients, key = catalog.clients(), new_key()
        first = Made(key_id=key.key_id, secret_hash=key.secret_hash, scopes=("read", "live"))
        clients.create("desk", first, plan="standard", matches=None, who="me", now=NOON)
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
