"""A repeat of any event, at any later place, changes nothing: not a byte of what is told."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from game import events as e
from game import payloads as p
from game.messages import Message
from game.sequence import Bounds
from game.simulate import disorder
from game.simulate.mess import LEVELS, messed
from game.simulate.series import simulate
from game.simulate.setting import Setting
from models.digest import facts_digest
from models.fold import MatchFold

BOUNDS = Bounds(events=12, seconds=900)
"""A dozen events, so that a feed of a few hundred leaves them too."""


class Feed:
    """A source that writes short rounds on short maps; each event is a while after the one before."""

    def __init__(self, rng: Random) -> None:
        self.rng, self.events = rng, list[e.AnyEvent]()
        self.at, self.map_id = datetime(2026, 1, 18, 12, tzinfo=UTC), "m1"

    def say(self, kind: type[e.Event], payload: object, round_no: int | None = None) -> None:
        self.at += timedelta(seconds=self.rng.randint(1, 9))
        number = len(self.events) + 1
        self.events.append(
            kind(  # type: ignore[call-arg, arg-type]
                event_id=f"e{number}",
                match_id="x",
                map_id=None if kind is e.Chat else self.map_id,
                ts_event=self.at,
                source="s",
                seq_no=number,
                session="only",
                round_no=round_no,
                payload=payload,
            )
        )

    def play_round(self, number: int, length: int) -> None:
        self.say(e.RoundStarted, p.RoundStartedData(), number)
        self.say(e.FreezeEnded, p.FreezeEndedData(), number)
        for _ in range(length):
            kind, said = self.rng.choice(PLAY)
            self.say(kind, said, number)
        self.say(e.RoundEnded, p.RoundEndedData(winner_team=self.rng.choice(("A", "B"))), number)

    def play_map(self, rounds: Sequence[int]) -> None:
        """`rounds`: how long each is."""
        self.say(e.Chat, p.ChatData(text="glhf"))
        self.say(e.MapStarted, p.MapStartedData())
        for number, length in enumerate(rounds, start=1):
            self.play_round(number, length)
        self.say(e.MapEnded, p.MapEndedData(winner_team="A"))


PLAY: tuple[tuple[type[e.Event], object], ...] = (
    (e.Damage, p.DamageData(victim_player_id="b1", attacker_player_id="a1", health_damage=1)),
    (e.ClockTick, p.ClockTickData(round_time_s=1)),
    (e.PositionSample, p.PositionSampleData(players=())),
    (e.Chat, p.ChatData(text="nt")),
)


@cache
def one_series(seed: int) -> tuple[e.AnyEvent, ...]:
    return tuple(simulate(Setting(seed=seed, best_of=3, position_hz=0)))


lengths = st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=4), min_size=1, max_size=3)


def written(maps: Sequence[Sequence[int]], seed: int) -> list[e.AnyEvent]:
    feed = Feed(Random(seed))
    for number, rounds in enumerate(maps, start=1):
        feed.map_id = f"m{number}"
        feed.play_map(rounds)
    return feed.events


def shuffled(events: Sequence[e.AnyEvent], window: float, rng: Random) -> list[e.AnyEvent]:
    """The first stays: where numbers begin is known."""
    places = sorted(range(len(events)), key=lambda i: (i + rng.random() * window) if i else -1.0)
    return [events[i] for i in places]


def repeated(events: Sequence[e.AnyEvent], share: float, rng: Random) -> list[e.AnyEvent]:
    """Some events once more, anywhere after their own place."""
    places = [(float(i), event) for i, event in enumerate(events)]
    places += [
        (i + rng.random() * (len(events) - i), event)
        for i, event in enumerate(events)
        if rng.random() < share
    ]
    return [event for _, event in sorted(places, key=lambda place: place[0])]


def folded(
    events: Sequence[e.AnyEvent], bounds: Bounds = BOUNDS, *, with_states: bool = True
) -> tuple[list[Message], MatchFold]:
    fold = MatchFold(events[0].match_id, None, bounds, with_states=with_states)
    messages = [m for event in events for m in fold.step(event)]
    return [*messages, *fold.finish()], fold


def assert_repeats_change_nothing(
    feed: Sequence[e.AnyEvent],
    rng: Random,
    *,
    share: float = 0.5,
    bounds: Bounds = BOUNDS,
    with_states: bool = True,
) -> None:
    once, fold = folded(feed, bounds, with_states=with_states)
    again, repeat = folded(repeated(feed, share, rng), bounds, with_states=with_states)
    assert msgspec.json.encode(again) == msgspec.json.encode(once)
    assert repeat.counts["sessions"] == fold.counts["sessions"]


@given(maps=lengths, window=st.integers(0, 60), seed=st.integers(0, 2**32))
def test_of_a_shuffled_feed(maps: list[list[int]], window: int, seed: int) -> None:
    """Also where the shuffle leaves the bounds, so that events come late, and starts of rounds too."""
    rng = Random(seed)
    assert_repeats_change_nothing(shuffled(written(maps, seed), window, rng), rng)


@given(maps=lengths, seed=st.integers(0, 2**32))
def test_of_a_feed_that_counts_nothing(maps: list[list[int]], seed: int) -> None:
    uncounted = [replace(event, seq_no=None, session=None) for event in written(maps, seed)]
    assert_repeats_change_nothing(uncounted, Random(seed))


@given(maps=lengths, cuts=st.integers(1, 3), seed=st.integers(0, 2**32))
def test_of_a_feed_whose_counter_begins_again_without_a_word(
    maps: list[list[int]], cuts: int, seed: int
) -> None:
    """In order: where such a feed is shuffled, too, nothing says which count a number is of."""
    rng = Random(seed)
    counted = disorder.in_sessions(written(maps, seed), cuts, has_session=False, rng=rng)
    assert_repeats_change_nothing(counted, rng)


@settings(max_examples=4)
@given(level=st.sampled_from((1, 3)), has_session=st.booleans(), seed=st.integers(0, 99))
@pytest.mark.slow
def test_of_a_whole_series(level: int, has_session: bool, seed: int) -> None:
    options = replace(LEVELS[level], has_session=has_session, duplicate_share=0)
    feed = messed(one_series(seed % 2), seed=seed, options=options).events
    assert_repeats_change_nothing(feed, Random(seed), share=0.2, bounds=Bounds(), with_states=False)


@given(maps=lengths, window=st.integers(0, 11), seed=st.integers(0, 2**32))
def test_within_the_bounds_the_facts_are_those_of_the_clean_feed(
    maps: list[list[int]], window: int, seed: int
) -> None:
    rng, clean = Random(seed), written(maps, seed)
    told, fold = folded(repeated(shuffled(clean, window, rng), 0.5, rng))
    assert facts_digest(told) == facts_digest(folded(clean)[0])
    assert fold.counts["sessions"] == 1
