"""Order: what is counted is what was meant, whatever the feed does within bounds."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from game import events as e
from game import payloads as p
from game.sequence import Bounds, Sequencer, SequenceState

START = datetime(2026, 1, 18, 12, tzinfo=UTC)
BOUNDS = Bounds(events=16, seconds=60)


def tick(
    number: int | None,
    *,
    after_s: float | None = None,
    session: str | None = None,
    name: str = "",
    map_id: str = "m",
) -> e.ClockTick:
    at = START + timedelta(seconds=(number or 0) * 0.1 if after_s is None else after_s)
    return e.ClockTick(
        event_id=f"{session}/{number}/{name}",
        match_id="x",
        map_id=map_id,
        ts_event=at,
        source="s",
        seq_no=number,
        session=session,
        payload=p.ClockTickData(round_time_s=0),
    )


def started(event: e.ClockTick) -> e.RoundStarted:
    """A round's start in the event's place."""
    told = {name: getattr(event, name) for name in e.Event.__struct_fields__}
    return e.RoundStarted(**told, payload=p.RoundStartedData())


def numbers(
    sequencer: Sequencer, events: Sequence[e.AnyEvent], *, ends: bool = True, full: Sequence[int] = ()
) -> list[int | None]:
    """What is told, as a fold does it: a start turns the page before it is told, and so does what finds it `full`."""
    found = list[int | None]()
    for arrivals in chain((sequencer.accept(event) for event in events), [None] if ends else []):
        for arrival in sequencer.finish() if arrivals is None else arrivals:
            if isinstance(arrival.event, e.RoundStarted | e.MapStarted) or arrival.event.seq_no in full:
                sequencer.turn_page(arrival.event)
            found.append(arrival.event.seq_no)
    return found


def with_starts(events: Sequence[e.ClockTick], *numbers: int) -> list[e.AnyEvent]:
    """The events, rounds' starts in the places of these numbers."""
    return [started(event) if event.seq_no in numbers else event for event in events]


def shuffled(events: Sequence[e.ClockTick], window: float, seed: int) -> list[e.ClockTick]:
    rng = Random(seed)
    order = sorted(range(len(events)), key=lambda i: (i + rng.random() * window) if i else -1.0)
    return [events[i] for i in order]


@given(count=st.integers(1, 200), window=st.integers(1, 12), seed=st.integers(0, 999))
def test_reordering_within_the_bounds_changes_nothing(count: int, window: int, seed: int) -> None:
    events = [tick(n) for n in range(1, count + 1)]
    assert numbers(Sequencer(BOUNDS), shuffled(events, window, seed)) == list(range(1, count + 1))


@given(count=st.integers(2, 100), seed=st.integers(0, 999))
def test_an_id_seen_before_is_dropped_and_counted(count: int, seed: int) -> None:
    events = [tick(n) for n in range(1, count + 1)]
    again = [event for event in events for _ in range(1 + Random(seed).randrange(3))]
    sequencer = Sequencer(BOUNDS)
    assert numbers(sequencer, again) == list(range(1, count + 1))
    assert sequencer.state.counts.duplicates == len(again) - count


@given(cut=st.integers(0, 60), seed=st.integers(0, 99))
def test_it_goes_on_from_its_encoded_state(cut: int, seed: int) -> None:
    events = shuffled([tick(n) for n in range(1, 61)], 30, seed)
    whole, first = Sequencer(BOUNDS), Sequencer(BOUNDS)
    before = numbers(first, events[:cut], ends=False)
    state = msgspec.msgpack.decode(msgspec.msgpack.encode(first.state), type=SequenceState)
    assert before + numbers(Sequencer(BOUNDS, state), events[cut:]) == numbers(whole, events)


def test_a_hole_is_flagged_once_enough_events_came_after_it() -> None:
    sequencer = Sequencer(BOUNDS)
    sequencer.accept(tick(1))
    waiting = [sequencer.accept(tick(n)) for n in range(3, 3 + BOUNDS.events)]
    assert not any(waiting)
    released = sequencer.accept(tick(3 + BOUNDS.events))
    assert [a.event.seq_no for a in released] == list(range(3, 4 + BOUNDS.events))
    assert released[0].notes == ("gap 2-2",)
    assert sequencer.state.counts.holes == 1


def test_a_hole_is_flagged_once_enough_event_time_has_passed() -> None:
    sequencer = Sequencer(BOUNDS)
    assert numbers(sequencer, [tick(1), tick(3)], ends=False) == [1]
    assert numbers(sequencer, [tick(4, after_s=BOUNDS.seconds + 5)], ends=False) == [3, 4]


def test_a_hole_too_wide_to_be_filled_is_not_waited_for() -> None:
    sequencer = Sequencer(BOUNDS)
    assert numbers(sequencer, [tick(1), tick(2 + BOUNDS.events + 1)], ends=False) == [1, 19]
    assert sequencer.state.counts.holes == 17


def test_what_fills_a_flagged_hole_is_late() -> None:
    sequencer = Sequencer(BOUNDS)
    numbers(sequencer, [tick(1), tick(30)], ends=False)
    arrival = sequencer.accept(tick(7))[0]
    assert (arrival.kind, arrival.notes) == ("late", ("late",))


def test_what_precedes_the_first_number_of_a_young_session_is_late() -> None:
    sequencer = Sequencer(BOUNDS)
    assert [a.kind for n in (3, 1, 2, 4) for a in sequencer.accept(tick(n))] == [
        "next",
        "late",
        "late",
        "next",
    ]


def test_a_counter_that_falls_with_unseen_ids_opens_a_session() -> None:
    sequencer = Sequencer(BOUNDS)
    assert numbers(sequencer, [tick(n) for n in range(1, 41)]) == list(range(1, 41))
    restarted = [tick(n, after_s=10 + n, name="again") for n in range(1, 6)]
    assert numbers(sequencer, restarted, ends=False) == [1, 2, 3, 4, 5]
    assert sequencer.state.counts.sessions == 2


def test_sessions_by_name_count_apart() -> None:
    sequencer = Sequencer(BOUNDS)
    mixed = [tick(1, session="a"), tick(1, session="b"), tick(2, session="a"), tick(2, session="b")]
    arrivals = [arrival for event in mixed for arrival in sequencer.accept(event)]
    assert [(a.event.seq_no, a.notes) for a in arrivals] == [
        (1, ()),
        (1, ("session_opened",)),
        (2, ()),
        (2, ()),
    ]
    assert sequencer.state.counts.sessions == 2


def test_a_repetition_from_a_forgotten_round_changes_nothing() -> None:
    sequencer = Sequencer(BOUNDS)
    events = with_starts([tick(n) for n in range(1, 161)], 1, 41, 81, 121)
    assert numbers(sequencer, events) == list(range(1, 161))
    assert numbers(sequencer, events) == []
    assert sequencer.state.counts.sessions == 1
    assert sequencer.state.counts.stale == 80, "their ids are forgotten"


@pytest.mark.parametrize("first_s", [0, 1_000])
def test_a_repetition_from_a_finished_map_changes_nothing(first_s: int) -> None:
    """Also where the clock began anew with the second map, of which what comes behind its opener is not old."""
    sequencer = Sequencer(BOUNDS)
    first = [tick(n, map_id="m1", after_s=first_s + n) for n in range(1, 11)]
    second = [tick(n, map_id="m2", after_s=n) for n in range(11, 31)]
    behind = tick(None, map_id="m2", after_s=10.5)
    events = with_starts([*first, second[0], behind, *second[1:], *first], 1, 11, 16, 21)
    assert numbers(sequencer, events) == [*range(1, 12), None, *range(12, 31)]
    assert sequencer.state.counts.stale == len(first)


def test_without_a_counter_events_count_as_they_come() -> None:
    sequencer = Sequencer(BOUNDS)
    events = [tick(None, after_s=s, name=str(s)) for s in (1, 2, 3)]
    assert len(numbers(sequencer, events, ends=False)) == 3


def test_an_opener_far_in_the_future_makes_nothing_after_it_old() -> None:
    sequencer = Sequencer(BOUNDS)
    openers = [started(tick(None, after_s=s, name=str(s))) for s in (1, 10**9, 100, 200)]
    assert len(numbers(sequencer, openers)) == len(openers)
    assert len(numbers(sequencer, [tick(None, after_s=s, name="x" + str(s)) for s in (201, 202)])) == 2


def test_a_source_that_names_no_map_does_not_end_the_map_of_another() -> None:
    sequencer = Sequencer(BOUNDS)
    of_another = replace(started(tick(None, after_s=2, name="o")), map_id=None)
    numbers(sequencer, [started(tick(None, after_s=1, map_id="m")), of_another])
    assert numbers(sequencer, [tick(None, after_s=3, name="x", map_id="m")]) == [None]


def test_sessions_that_are_forgotten_lose_nothing_that_waited() -> None:
    sequencer = Sequencer(BOUNDS)
    arrivals = [a for n in (1, 3) for a in sequencer.accept(tick(n))]
    for i in range(8):
        other = replace(tick(1, name=f"o{i}"), source=f"o{i}")
        arrivals += sequencer.accept(other)
    assert [a.event.seq_no for a in arrivals if a.event.source == "s"] == [1, 3]


@given(seed=st.integers(0, 999))
def test_what_is_remembered_stays_bounded(seed: int) -> None:
    rng = Random(seed)
    sequencer = Sequencer(BOUNDS)
    for i in range(600):
        number = rng.randrange(1_000_000)
        sequencer.accept(tick(number, name=str(i), session=rng.choice((None, f"s{i % 50}"))))
    cursors = sequencer.state.cursors.values()
    assert len(cursors) <= 8
    assert all(len(c.holes) <= 300 and len(c.held) <= BOUNDS.events + 1 for c in cursors)


def test_what_is_stale_shortens_no_wait() -> None:
    sequencer = Sequencer(BOUNDS)
    events = with_starts([tick(n) for n in range(1, 161)], 1, 41, 81, 121)
    numbers(sequencer, [*events, tick(162)], ends=False)
    assert numbers(sequencer, events[:40], ends=False) == []
    assert sequencer.state.counts.stale == 40
    assert numbers(sequencer, [tick(161)], ends=False) == [161, 162]


def test_a_repetition_from_the_moment_a_round_began_opens_no_session() -> None:
    """Its id may have been forgotten with the page before, though it is no older than the round's start."""
    sequencer = Sequencer(BOUNDS)
    with_the_start = tick(40, after_s=4.1)
    events = [*(tick(n) for n in range(1, 40)), with_the_start, *(tick(n) for n in range(41, 121))]
    assert numbers(sequencer, with_starts(events, 41, 81)) == list(range(1, 121))
    assert numbers(sequencer, [with_the_start]) == []
    assert sequencer.state.counts.sessions == 1


def test_a_page_that_was_full_just_before_a_round_forgets_none_of_that_round() -> None:
    """What waited came before the page was turned, and stands on the one that was full."""
    sequencer = Sequencer(BOUNDS)
    ticks = with_starts([tick(number) for number in range(1, 80)], 1, 47, 51)
    events = [*ticks[:40], *ticks[41:44], ticks[40], *ticks[44:50]]
    assert numbers(sequencer, events, full=[41]) == list(range(1, 51))
    assert numbers(sequencer, ticks[30:50]) == []
    assert sequencer.state.counts.sessions == 1
    numbers(sequencer, ticks[50:51])
    assert len(sequencer.state.last.ids) < 40, "that round is forgotten with the next one"


def test_what_waited_for_two_starts_stays_known_after_both() -> None:
    """Released together they turn two pages, and what follows them stands on neither yet."""
    sequencer = Sequencer(BOUNDS)
    events = with_starts([tick(number) for number in range(1, 31)], 11, 12)
    assert numbers(sequencer, [*events[:9], *events[10:20], events[9]]) == list(range(1, 21))
    assert numbers(sequencer, events[12:20]) == []
    assert sequencer.state.counts.sessions == 1


def test_what_waits_over_a_start_is_known_until_its_own_round_is_forgotten() -> None:
    sequencer = Sequencer(BOUNDS)
    events = with_starts([tick(number) for number in range(1, 81)], 21, 41)
    early = events[25]
    assert numbers(sequencer, [*events[:18], early, *events[18:45]]) == list(range(1, 46))
    assert numbers(sequencer, [early]) == []
    assert sequencer.state.counts.sessions == 1


def opener(number: int, after_s: float) -> e.RoundStarted:
    """The start of a round, from a source that counts nothing."""
    return replace(started(tick(None, after_s=after_s, name=f"r{number}")), round_no=number)


def test_a_round_that_goes_on_is_not_old_where_a_clock_was_put_back() -> None:
    """Rounds 2 and 3 were told by a clock half an hour ahead: what follows is no older for it."""
    sequencer = Sequencer(BOUNDS)
    times = {1: 0, 2: 1800 + 60, 3: 1800 + 120, 4: 180, 5: 240}
    for number, after_s in times.items():
        played: list[e.AnyEvent] = [
            opener(number, after_s),
            tick(None, after_s=after_s + 1, name=f"t{number}"),
        ]
        assert len(numbers(sequencer, played)) == 2, number
    assert sequencer.state.counts.stale == 0


@pytest.mark.parametrize(
    ("late", "counts"),
    [
        (opener(6, 30), True),
        (replace(opener(6, 30), round_no=None), True),
        (opener(5, 30), False),
        (opener(7, 30), False),
        (opener(1, 30), False),
        (tick(None, after_s=30, name="t"), False),
    ],
)
def test_of_old_events_only_an_unseen_start_that_goes_on_counts(late: e.AnyEvent, counts: bool) -> None:
    sequencer = Sequencer(BOUNDS)
    numbers(sequencer, [opener(number, 60.0 * number) for number in range(1, 6)])
    assert bool(sequencer.accept(replace(late, event_id="late"))) == counts


def test_a_start_told_long_ago_does_not_go_on_after_a_restore() -> None:
    """Its id is kept longer than those of the rounds' events."""
    sequencer = Sequencer(BOUNDS)
    rounds = [opener(number, 60.0 * number) for number in range(1, 6)]
    again = [replace(opener(number, 600.0 + number), event_id=f"again{number}") for number in (2, 3)]
    numbers(sequencer, [*rounds, *again])
    assert numbers(sequencer, [rounds[3]]) == []


@pytest.mark.parametrize(("map_id", "counts"), [("m2", True), ("m", False)])
def test_the_next_map_is_not_old_where_a_clock_was_put_back(map_id: str, counts: bool) -> None:
    sequencer = Sequencer(BOUNDS)
    numbers(sequencer, [opener(number, 1800.0 + 60 * number) for number in range(1, 4)])
    of_map = opener(1, 0)
    told = {name: getattr(of_map, name) for name in e.Event.__struct_fields__} | {"map_id": map_id}
    begun = e.MapStarted(**told | {"event_id": "map", "round_no": None}, payload=p.MapStartedData())
    first = replace(of_map, map_id=map_id, event_id="first")
    assert len(numbers(sequencer, [begun, first])) == 2 * counts


def of(source: str, number: int, session: str | None = None) -> e.ClockTick:
    return replace(tick(number, name=f"{source} {session}"), source=source, session=session)


@pytest.mark.parametrize("ends", [of("a/b", 1, "c"), of("a/b", 1), of("a#1", 1), of("a%2Fb", 1)])
def test_a_source_with_a_divider_in_its_name_counts_apart(ends: e.ClockTick) -> None:
    """Session `b/c` of `a` is not `c` of `a/b`; a new session of the one ends no wait of the other."""
    sequencer = Sequencer(BOUNDS)
    waiting = [replace(ends, seq_no=n, event_id=f"w{n}") for n in (1, 3)]
    others = [
        of("a", 1, "b/c"),
        of("a", 1, "d"),
        of("a", 1),
        of("a/b", 1, "x") if ends.source != "a/b" else of("c", 1),
    ]
    assert numbers(sequencer, waiting, ends=False) == [1]
    assert numbers(sequencer, others, ends=False) == [1, 1, 1, 1]
    assert numbers(sequencer, [replace(ends, seq_no=2, event_id="w2")], ends=False) == [2, 3]
    assert sequencer.state.counts.holes == 0
