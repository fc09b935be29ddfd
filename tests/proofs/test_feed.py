"""The proofs' own tools: a shuffle stays inside the bound, and a tally sees what it should."""

from itertools import accumulate, pairwise
from random import Random

import pytest
from msgspec.structs import replace

from game.events import AnyEvent
from game.messages import Processed
from game.sequence import Bounds, Sequencer
from game.simulate.series import simulate
from game.simulate.setting import Setting
from models.digest import facts_digest
from models.fold import MatchFold, fold_events
from tests.proofs import feed as f
from tests.proofs.tally import Tally

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def match() -> list[AnyEvent]:
    return list(simulate(Setting(seed=3, best_of=1, position_hz=1)))[:1500]


@pytest.mark.parametrize("seed", range(20))
def test_a_shuffle_moves_most_and_nothing_waits_beyond_the_bound(match: list[AnyEvent], seed: int) -> None:
    moved = f.shuffled(match, Random(seed))
    at = {event.event_id: place for place, event in enumerate(moved)}
    places = [at[event.event_id] for event in match]
    assert sorted(places) == list(range(len(match)))
    assert sum(place != now for place, now in enumerate(places)) > len(match) * 0.8
    waits = [latest - now for now, latest in zip(places, accumulate(places, max), strict=True)]
    assert Bounds().events / 2 < max(waits) < Bounds().events


@pytest.mark.parametrize("seed", range(20))
def test_what_is_shuffled_and_repeated_is_put_in_order(match: list[AnyEvent], seed: int) -> None:
    sequencer, rng = Sequencer(), Random(seed)
    told = f.repeated([match[0], *f.shuffled(match[1:], rng)], rng)
    arrived = [arrival for event in told for arrival in sequencer.accept(event)]
    assert [arrival.event.event_id for arrival in arrived] == [event.event_id for event in match]
    assert sequencer.state.counts.duplicates == len(told) - len(match) > 0


def test_interleaving_keeps_each_match_in_order_and_mixes_them(match: list[AnyEvent]) -> None:
    other = [replace(event, match_id="other") for event in match]
    told = list(f.interleaved((match, other), Random(1)))
    assert [event for event in told if event.match_id != "other"] == match
    assert [event for event in told if event.match_id == "other"] == other
    assert sum(before.match_id != after.match_id for before, after in pairwise(told)) > 50


def test_a_tally_tells_one_changed_fact_and_a_hole(match: list[AnyEvent]) -> None:
    messages = fold_events(match, None)
    place = next(n for n, m in enumerate(messages) if isinstance(m, Processed) and m.facts)
    changed = messages[place]
    assert isinstance(changed, Processed)
    poorer = [*messages[:place], replace(changed, facts=changed.facts[1:]), *messages[place + 1 :]]
    assert Tally.of(poorer).summary().facts != Tally.of(messages).summary().facts
    assert not Tally.of(messages).has_holes()
    assert Tally.of([m for m in messages if m.seq != changed.seq]).has_holes()


def test_a_message_told_twice_must_say_the_same(match: list[AnyEvent]) -> None:
    told = next(m for m in fold_events(match, None) if isinstance(m, Processed) and m.facts)
    tally = Tally.of([told, told])
    assert (tally.summary().events, tally.repeated) == (1, 1)
    with pytest.raises(AssertionError):
        tally.take(replace(told, facts=()))


@pytest.mark.parametrize("seed", range(30))
def test_the_beginning_of_a_match_may_come_in_any_order(match: list[AnyEvent], seed: int) -> None:
    begun = match[:300]
    moved = f.shuffled(begun, Random(seed))
    fold = MatchFold(begun[0].match_id, None)
    messages = [message for event in moved for message in fold.step(event)]
    assert facts_digest(messages) == facts_digest(fold_events(begun, None))
    assert fold.counts["stale"] == 0
