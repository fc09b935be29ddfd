"""A feed as the client folds it: states, holes, what it asks for again; no server and no socket."""

import inspect
from typing import Any, Literal

import msgspec
import pytest

from api.public.desk import Desk as MatchDesk
from api.public.live.frames import (
    BeatFrame,
    Channel,
    RefusedFrame,
    RetractionFrame,
    SnapshotFrame,
    SubscribedFrame,
    SuspendFrame,
    encoded,
)
from api.public.live.operations import Subscribe
from midround.client import archive, questions
from midround.client.any_text import any_text
from midround.client.feed import Encoding, Feed, Missed
from tests.api.public.doubles import Desk, match_id, messages
from tests.midround.client.serving import published

pytestmark = pytest.mark.slow

RESULTS: tuple[Channel, ...] = ("results",)


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


def whole() -> MatchDesk:
    desk = Desk().take(messages()).board.find(match_id())
    assert desk is not None
    return desk


def prediction(seq: int, prev_seq: int) -> str:
    newest = whole().predictions.newest()
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


def test_a_channel_that_has_said_nothing_yet_is_resumed_from_where_the_client_began() -> None:
    """Its first messages may have been on their way at a cut, while the state was heard already."""
    feed, [snapshot] = feed_of(match_id()), whole().opening_state()
    feed.take(encoded(SubscribedFrame(match_id=match_id(), channels=("predictions", "state"), seq=4)))
    feed.take(snapshot)
    feed.begin()
    assert msgspec.json.decode(feed.take_said()[0])["from_seq"] == 5
    feed.take(encoded(SubscribedFrame(match_id=match_id(), channels=("predictions", "state"), seq=900)))
    feed.take(prediction(7, 6))
    feed.begin()
    assert msgspec.json.decode(feed.take_said()[0])["from_seq"] == 8


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


def test_a_match_that_only_an_absent_store_may_know_is_asked_for_again() -> None:
    feed = feed_of(match_id())
    feed.take_said()
    assert feed.take(encoded(RefusedFrame(field="store", reason="away", match_id=match_id()))) == []
    feed.take(encoded(BeatFrame(ts="", is_feed_alive=True, matches={})))
    assert [msgspec.json.decode(text)["op"] for text in feed.take_said()] == ["subscribe"]


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


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
def test_a_value_of_a_later_server_is_kept_as_it_came(encoding: Encoding) -> None:
    feed = Feed(encoding)
    feed.ask(Subscribe(match_id=match_id(), channels=frozenset({"state", "results"})))
    coder = msgspec.msgpack if encoding == "msgpack" else msgspec.json
    stopped = {"match_id": match_id(), "seq": 4, "ts": "", "swing": None, "reason": "a_reason_of_tomorrow"}
    [suspended] = feed.take(coder.encode({"message": "suspend", **stopped}))
    assert isinstance(suspended, SuspendFrame)
    assert suspended.reason == stopped["reason"]
    heard = {"match_id": match_id(), "seq": 4, "channels": ["state", "weather"], "more": 1}
    [subscribed] = feed.take(coder.encode({"message": "subscribed", **heard}))
    assert isinstance(subscribed, SubscribedFrame)
    assert {*subscribed.channels} == {"state", "weather"}


def test_a_known_message_that_is_none_is_still_refused() -> None:
    feed = feed_of(match_id())
    with pytest.raises(msgspec.ValidationError):
        feed.take(b'{"message":"suspend","match_id":"m","seq":"four","ts":"","reason":"new","swing":null}')


def test_a_type_that_names_no_texts_stays_itself() -> None:
    assert any_text(SnapshotFrame) is SnapshotFrame
    assert any_text(dict[str, SnapshotFrame | None]) == dict[str, SnapshotFrame | None]
    assert any_text(Literal[1, 2]) == Literal[1, 2]


def answers() -> list[Any]:
    """Of all questions that need no more than some text."""
    found = []
    for module in (questions, archive):
        for name, ask in inspect.getmembers(module, inspect.isfunction):
            if ask.__module__ == module.__name__ and not name.startswith("_") and name != "following":
                needed = [p for p in inspect.signature(ask).parameters.values() if p.default is p.empty]
                found.append(ask(*["m" for p in needed if p.kind is p.POSITIONAL_OR_KEYWORD]).answer)
    return found


def test_no_answer_of_rest_names_texts() -> None:
    """So that a value of a later server is read there too."""
    assert len(answers()) > 20
    assert [each for each in answers() if each is not any_text(each)] == []
