"""The fold: whatever the feed does within bounds, the facts that count are those of the clean match."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.recordings import open_recording
from game import events as e
from game import payloads as p
from game.messages import Message, Processed, Retraction, StateDelta, StateSnapshot
from game.simulate.mess import Options, messed
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.sources import cs2df
from game.sources.cs2df_series import match_of, translate
from models.digest import facts_digest, valid
from models.fold import MatchFold, fold_events
from models.fold_state import SnapshotError
from models.page import session_of

LARGEST_SNAPSHOT = 64 * 1024


@cache
def one_map(seed: int) -> tuple[e.AnyEvent, ...]:
    """Mostly of thirteen rounds."""
    return tuple(simulate(Setting(seed=seed, best_of=1, position_hz=0, strength=2.0)))


@cache
def clean_digest(seed: int) -> str:
    return facts_digest(fold_events(one_map(seed), None))


def folded(events: Sequence[e.AnyEvent]) -> tuple[list[Message], MatchFold]:
    fold = MatchFold(events[0].match_id, None)
    messages = [m for event in events for m in fold.step(event)]
    return messages + fold.finish(), fold


@settings(max_examples=6)
@given(
    seed=st.integers(0, 1),
    share=st.sampled_from((0.0, 0.1, 0.6)),
    window=st.integers(1, 20),
    duplicates=st.sampled_from((0.0, 0.2)),
)
@pytest.mark.slow
def test_reordering_and_repetition_change_no_fact(
    seed: int, share: float, window: int, duplicates: float
) -> None:
    options = Options(reorder_share=share, reorder_window=window, duplicate_share=duplicates)
    arrived = messed(one_map(seed), seed=window, options=options).events
    messages, _ = folded(arrived)
    assert facts_digest(messages) == clean_digest(seed)


@settings(max_examples=4)
@given(every=st.integers(40, 400))
@pytest.mark.slow
def test_a_restored_fold_goes_on_as_if_nothing_had_been(every: int) -> None:
    events = messed(one_map(0), seed=1, options=3).events
    whole, _ = folded(events)
    fold = MatchFold(events[0].match_id, None)
    messages: list[Message] = []
    for i, event in enumerate(events):
        messages += fold.step(event)
        if i % every == 0:
            fold = MatchFold.restored(fold.snapshot(), None)
    assert [msgspec.json.encode(m) for m in messages + fold.finish()] == [
        msgspec.json.encode(m) for m in whole
    ]


def test_a_fold_that_goes_on_where_nobody_heard_it_before_tells_its_state_whole() -> None:
    events = one_map(1)[:80]
    whole, _ = folded(events)
    _, fold = folded(events[:70])
    later = MatchFold.restored(fold.snapshot(), None)
    later.tell_whole()
    state, delta = (
        next(m for m in later.step(event) if isinstance(m, StateDelta | StateSnapshot))
        for event in events[70:72]
    )
    assert isinstance(state, StateSnapshot)
    assert isinstance(delta, StateDelta)
    assert (state.seq, state.prev_seq, delta.prev_seq) == (71, 70, 71)
    assert state.seq in {m.seq for m in whole if isinstance(m, StateDelta)}


def test_a_late_event_is_folded_in_where_it_belongs() -> None:
    """The retraction names what was told after it; what is told again stands under new seq."""
    events = [x for x in one_map(0) if x.seq_no is not None]
    victim = next(i for i, x in enumerate(events) if isinstance(x, e.Kill) and (x.round_no or 0) >= 3)
    late = [*events[:victim], *events[victim + 1 : victim + 45], events[victim], *events[victim + 45 :]]
    assert all(not isinstance(x, e.RoundStarted) for x in events[victim : victim + 45])
    messages, fold = folded(late)
    assert facts_digest(messages) == clean_digest(0)
    retractions = [m for m in messages if isinstance(m, Retraction)]
    assert [r.reason for r in retractions] == ["late event"]
    again = [m for m in messages if isinstance(m, Processed) and m.corrects is not None]
    assert {m.corrects for m in again} == {retractions[0].to_seq + 1}
    assert fold.counts["late"] == 1


def test_the_source_takes_an_event_back() -> None:
    """As if it had never been said, but for the retraction's own place in the count."""
    events = list(one_map(0))
    kill = next(i for i, x in enumerate(events) if isinstance(x, e.Kill) and (x.round_no or 0) >= 2)
    taken_back = e.Retraction(
        event_id="back",
        match_id=events[0].match_id,
        map_id=events[kill].map_id,
        ts_event=events[kill].ts_event,
        source="referee",
        payload=p.RetractionData(event_ids=(events[kill].event_id,)),
    )
    with_it, _ = folded([*events[: kill + 5], taken_back, *events[kill + 5 :]])
    without, _ = folded([*events[:kill], *events[kill + 1 :]])
    told = {m.event_id: m.facts for m in valid(with_it) if isinstance(m, Processed)}
    assert events[kill].event_id not in told
    assert [m.facts for m in valid(without) if isinstance(m, Processed) and told[m.event_id] != m.facts] == []


def test_an_event_that_is_no_longer_held_cannot_be_taken_back() -> None:
    events = list(one_map(0))
    taken_back = e.Retraction(
        event_id="back",
        match_id=events[0].match_id,
        ts_event=events[-1].ts_event,
        source="referee",
        payload=p.RetractionData(event_ids=(events[40].event_id,)),
    )
    messages, _ = folded([*events, taken_back])
    last = [m for m in messages if isinstance(m, Processed)][-1]
    assert last.notes == ("retraction_too_late",)


def taking_back(*gone: e.AnyEvent) -> e.Retraction:
    """Said by another source than theirs, after the last of them."""
    return e.Retraction(
        event_id="back",
        match_id=gone[0].match_id,
        ts_event=gone[-1].ts_event,
        source="referee",
        payload=p.RetractionData(event_ids=tuple(event.event_id for event in gone)),
    )


def played(messages: Sequence[Message]) -> dict[str, bytes]:
    """The facts that count by event, without the referee's."""
    told = (m for m in valid(messages) if isinstance(m, Processed) and m.source != "referee")
    return {m.event_id: msgspec.json.encode(m.facts) for m in told}


def kills_of(events: Sequence[e.AnyEvent], round_no: int) -> list[int]:
    return [i for i, x in enumerate(events) if isinstance(x, e.Kill) and x.round_no == round_no]


def test_an_event_that_still_waits_is_taken_back() -> None:
    """It comes ahead of the one before it, and the referee between them: never told, it leaves no hole."""
    events = list(one_map(0))
    kill = kills_of(events, 2)[0]
    before = events[kill - 2 : kill]
    feed = [*events[: kill - 2], events[kill], taking_back(events[kill]), *before, *events[kill + 1 :]]
    messages, fold = folded([*feed, events[kill]])
    without, _ = folded([*events[:kill], *events[kill + 1 :]])
    assert events[kill].event_id not in played(messages)
    assert played(messages) == played(without)
    back = next(m for m in messages if isinstance(m, Processed) and m.event_id == "back")
    assert back.notes == ()
    assert [m for m in messages if isinstance(m, Retraction)] == []
    assert (fold.counts["holes"], fold.counts["sessions"]) == (0, 1)


def test_what_waits_and_is_taken_back_stays_so_over_a_restart() -> None:
    events = list(one_map(0))
    kill = kills_of(events, 2)[0]
    _, fold = folded(events[: kill - 1])
    for event in (events[kill], taking_back(events[kill])):
        fold.step(event)
    fold = MatchFold.restored(fold.snapshot(), None)
    told = [m for event in (events[kill - 1], *events[kill : kill + 5]) for m in fold.step(event)]
    assert list(played(told)) == [x.event_id for x in (events[kill - 1], *events[kill + 1 : kill + 5])]


def test_where_a_part_is_taken_back_what_remains_is_noted() -> None:
    events = list(one_map(0))
    old, new = kills_of(events, 1)[0], kills_of(events, 3)[0]
    messages, _ = folded([*events[: new + 1], taking_back(events[old], events[new]), *events[new + 1 :]])
    assert events[old].event_id in played(messages)
    assert events[new].event_id not in played(messages)
    back = next(m for m in messages if isinstance(m, Processed) and m.event_id == "back")
    assert back.notes == (f"retraction_too_late {events[old].event_id}",)


def test_a_late_event_belongs_to_its_own_count() -> None:
    """`a/b` without a session is another count than session `b/` of `a`, however alike they look side by side."""
    one = told(1, e.Chat, p.ChatData(text="x"))
    counts = (("a/b", None), ("a", "b/"))
    keys = {
        session_of(msgspec.structs.replace(one, source=source, session=session)) for source, session in counts
    }
    assert len(keys) == len(counts)


def test_a_count_takes_back_nothing_that_it_has_not_come_to() -> None:
    """However the feed is shuffled, a retraction that stands before an event in its own count is too early for it."""
    events = [told(n, e.Chat, p.ChatData(text="x")) for n in range(1, 6)]
    early = told(2, e.Retraction, p.RetractionData(event_ids=(events[3].event_id,)))
    told_ids = [
        [m.event_id for m in folded(feed)[0] if isinstance(m, Processed)]
        for feed in (
            [events[0], early, *events[2:]],
            [events[0], events[3], early, events[2], events[4]],
        )
    ]
    assert told_ids[0] == told_ids[1]
    assert events[3].event_id in told_ids[0]


def test_matches_that_arrive_interleaved_do_not_touch_each_other() -> None:
    folds = {events[0].match_id: MatchFold(events[0].match_id, None) for events in (one_map(0), one_map(1))}
    messages: dict[str, list[Message]] = {key: [] for key in folds}
    mixed = sorted((*one_map(0), *one_map(1)), key=lambda x: (x.ts_event, x.match_id, x.seq_no or 0))
    for event in mixed:
        messages[event.match_id] += folds[event.match_id].step(event)
    assert [facts_digest(m) for m in messages.values()] == [clean_digest(0), clean_digest(1)]


@pytest.mark.slow
def test_restores_and_restarts_leave_the_facts_that_count_as_they_were() -> None:
    """The last telling of every round is that of the clean match."""
    options = Options(restores=2, silent_restores=1, match_restarts=1)
    lived = messed(one_map(0), seed=3, options=options)
    _, fold = folded(lived.events)
    _, clean = folded(lived.clean)
    assert fold.state.map is not None
    assert clean.state.map is not None
    assert [(r.number, r.winner_team, r.reason) for r in fold.state.map.rounds] == [
        (r.number, r.winner_team, r.reason) for r in clean.state.map.rounds
    ]
    assert (fold.state.maps_a, fold.state.maps_b) == (clean.state.maps_a, clean.state.maps_b)


def test_seq_has_no_holes_and_every_channel_names_the_one_before() -> None:
    messages, _ = folded(messed(one_map(1), seed=2, options=3).events)
    processed = [m for m in messages if isinstance(m, Processed)]
    assert [m.seq for m in processed] == list(range(1, len(processed) + 1))
    states = [m for m in messages if isinstance(m, StateDelta | StateSnapshot)]
    assert [m.seq for m in states] == [m.seq for m in processed]
    assert [m.prev_seq for m in states] == [0, *(m.seq for m in states[:-1])]


@pytest.mark.slow
def test_a_storm_of_late_events_costs_a_bounded_number_of_corrections() -> None:
    events = list(one_map(0))
    rng = random.Random(0)
    order = sorted(range(len(events)), key=lambda i: i + rng.random() * 120)
    messages, _ = folded([events[i] for i in order])
    assert len(messages) < 40 * len(events)


@settings(max_examples=10)
@given(st.binary(max_size=300))
def test_a_broken_snapshot_is_refused(raw: bytes) -> None:
    with pytest.raises(SnapshotError):
        MatchFold.restored(raw, None)


def test_a_snapshot_of_a_simulated_map_stays_small() -> None:
    assert max(sizes(one_map(0))) < LARGEST_SNAPSHOT


@pytest.mark.recorded
def test_a_snapshot_of_the_longest_recorded_map_stays_small(recorded: Path) -> None:
    recording = open_recording(recorded / "cs2df/nju/2026-05-18_de_ancient_team-cedar-vs-team-elm.zip")
    assert isinstance(recording, cs2df.Recording)
    assert max(sizes(tuple(translate(match_of(recording), positions_hz=1)))) < LARGEST_SNAPSHOT


def sizes(events: Sequence[e.AnyEvent]) -> list[int]:
    fold = MatchFold(events[0].match_id, None)
    found = []
    for i, event in enumerate(events):
        fold.step(event)
        if i % 50 == 0:
            found.append(len(fold.snapshot()))
    return found


def test_the_end_of_a_map_is_a_snapshot() -> None:
    """Only snapshots are stored: a reader of the store finds the final score."""
    messages, fold = folded(one_map(21))
    newest = [m for m in messages if isinstance(m, StateSnapshot)][-1]
    assert fold.state.is_series_over
    assert newest.state.is_series_over
    assert newest.state.finished_maps == fold.state.finished_maps


def test_the_word_that_a_map_is_over_is_a_snapshot() -> None:
    """The score decides a map before its source says so: a reader of the store finds it over, not at a round's end."""
    messages, fold = folded(one_map(21))
    [newest] = [m for m in messages if isinstance(m, StateSnapshot)][-1:]
    assert fold.state.match_tag == newest.state.match_tag == "over"
    assert newest.state.phase == fold.state.phase


def told(number: int, kind: type[e.Event], payload: object) -> e.AnyEvent:
    """One event of a feed that never says that a round begins."""
    made: e.AnyEvent = kind(  # type: ignore[call-arg, assignment]
        event_id=f"{kind.__name__}/{number}",
        match_id="x",
        round_no=1,
        ts_event=datetime(2026, 1, 18, 12, tzinfo=UTC) + timedelta(seconds=number / 10),
        source="s",
        seq_no=number,
        payload=payload,
    )
    return made


def hostile(number: int, rng: random.Random) -> e.AnyEvent:
    """Text that does not compress, names that were never heard."""
    text = f"{rng.getrandbits(400):x}"
    kinds: tuple[tuple[type[e.Event], object], ...] = (
        (e.Chat, p.ChatData(text=text)),
        (e.Kill, p.KillData(victim_player_id=text, killer_player_id=text[1:], killer_team="A")),
        (e.PlayerConnected, p.PresenceData(player_id=text, name=text, team="B")),
        (e.BombPickedUp, p.BombData(player_id=text)),
    )
    return told(number, *kinds[rng.randrange(len(kinds))])


def test_a_feed_without_rounds_and_with_endless_players_does_not_grow_a_snapshot() -> None:
    rng = random.Random(0)
    assert max(sizes([hostile(n, rng) for n in range(6000)])) < 2 * LARGEST_SNAPSHOT


@pytest.mark.slow
def test_retractions_cost_a_bounded_number_of_tellings() -> None:
    chats = [told(n, e.Chat, p.ChatData(text="x")) for n in range(600)]
    back = [
        told(1000 + n, e.Retraction, p.RetractionData(event_ids=(chat.event_id,)))
        for n, chat in enumerate(chats)
    ]
    messages, fold = folded([*chats, *back])
    assert len(messages) < 40 * 2 * len(chats)
    assert fold.state.seq < 40 * len(chats)
