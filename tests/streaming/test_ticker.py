"""The law of the ticker: a silent live match gets each whole second once; a replay, a pause or a dead round none."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from game.events import (
    AnyEvent,
    ClockTick,
    FreezeEnded,
    ModelSwitched,
    PhaseChanged,
    RoundEnded,
    RoundStarted,
    SeriesEnded,
    WeaponFire,
)
from game.messages import Message, Retraction, StateDelta, StateSnapshot
from game.payloads import ModelSwitchedData, PhaseChangedData, SeriesEndedData, WeaponFireData
from game.simulate.series import simulate
from game.simulate.setting import Setting
from models.fold import MatchFold, Times
from streaming.ticker import SOURCE, Limits, Ticker

START = datetime(2026, 1, 18, 12, tzinfo=UTC)
SILENT = Setting(seed=3, position_hz=0, has_pauses=False, starts_at=START)


def second(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


@cache
def to_live_play() -> list[AnyEvent]:
    """A simulated match up to the end of its first freeze time, its own clock removed."""
    events: list[AnyEvent] = []
    for event in islice(simulate(SILENT), 5000):
        if isinstance(event, ClockTick):
            continue
        events.append(replace(event, seq_no=None))
        if isinstance(event, FreezeEnded) and event.round_no == 1:
            return events
    raise AssertionError("no round went live")


class Match:
    """A match folded as the stream would, heard by a ticker, on a clock that is `delay` behind the source's."""

    def __init__(self, ticker: Ticker, delay: timedelta = timedelta(0)) -> None:
        self.ticker = ticker
        self.delay = delay
        self.events = to_live_play()
        self.match_id = self.events[0].match_id
        self.fold = MatchFold(self.match_id, None)
        self.told = [self.tell([event]) for event in self.events]

    @property
    def live_at(self) -> datetime:
        assert self.fold.state.round is not None
        assert self.fold.state.round.live_at is not None
        return self.fold.state.round.live_at

    def tell(self, events: Iterable[AnyEvent]) -> list[Message]:
        messages: list[Message] = []
        for event in events:
            received = event.ts_event + self.delay
            messages += self.fold.step(event, Times(received_at=received))
        for message in messages:
            if isinstance(message, StateDelta | StateSnapshot):
                self.ticker.hear(message, message.ts_event + self.delay)
        return messages

    def pass_time(self, seconds: float, *, from_s: float = 0.0, step_s: float = 0.05) -> list[ClockTick]:
        """Ticks that came while the source said nothing; each is read back."""
        found: list[ClockTick] = []
        for step in range(int((seconds - from_s) / step_s) + 1):
            due = self.ticker.due(self.live_at + self.delay + second(from_s + step * step_s))
            self.tell(due)
            found += due
        return found


def ticker(**limits: float) -> Ticker:
    return Ticker("session-1", Limits(**limits))


@settings(max_examples=25)
@given(seconds=st.floats(1.2, 40), step_s=st.sampled_from([0.05, 0.3, 0.7]), delay_s=st.floats(-20, 20))
def test_each_whole_second_of_a_silent_source_once(seconds: float, step_s: float, delay_s: float) -> None:
    match = Match(ticker(), second(delay_s))
    ticks = match.pass_time(seconds, step_s=step_s)
    last_look_s = int(seconds / step_s) * step_s
    assert [t.payload.round_time_s for t in ticks] == list(range(1, int(last_look_s + 1e-6) + 1))
    assert [t.ts_event for t in ticks] == [match.live_at + second(t.payload.round_time_s) for t in ticks]
    assert [t.seq_no for t in ticks] == list(range(1, len(ticks) + 1))
    assert {(t.source, t.session, t.round_no) for t in ticks} <= {(SOURCE, "session-1", 1)}


def test_no_tick_within_the_first_second_of_silence() -> None:
    match = Match(ticker(silence_s=1.0))
    assert match.pass_time(1.0) == []


@pytest.mark.parametrize("after_s", [0.6, 4.6])
def test_a_switch_of_the_model_is_not_the_source_speaking(after_s: float) -> None:
    """It bears the time of the match's last event, a tick's among them, and is received later."""
    match = Match(ticker())
    before = match.pass_time(after_s)
    switch = ModelSwitched(
        event_id="switch",
        match_id=match.match_id,
        ts_event=match.fold.state.last_ts or START,
        source="champion",
        payload=ModelSwitchedData(model_version="v", model_hash="0" * 64),
    )
    now = match.live_at + second(after_s)
    for message in match.fold.step(switch, Times(received_at=now)):
        if isinstance(message, StateDelta | StateSnapshot):
            match.ticker.hear(message, now)
    ticks = before + match.pass_time(8, from_s=after_s)
    assert [t.payload.round_time_s for t in ticks] == list(range(1, 9))
    assert [t.ts_event for t in ticks] == [match.live_at + second(t.payload.round_time_s) for t in ticks]


@pytest.mark.parametrize("days", [100, -100])
def test_a_replay_gets_no_tick(days: int) -> None:
    match = Match(ticker(live_within_s=30), timedelta(days=days))
    assert match.pass_time(20) == []


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (PhaseChanged, PhaseChangedData(phase="timeout")),
        (PhaseChanged, PhaseChangedData(phase="technical_pause")),
        (SeriesEnded, SeriesEndedData()),
    ],
)
def test_what_stands_still_gets_no_tick(kind: Any, data: Struct) -> None:
    match = Match(ticker())
    match.tell(
        [kind(event_id="e", match_id=match.match_id, ts_event=match.live_at, source="s", payload=data)]
    )
    assert match.fold.state.round is not None
    assert match.pass_time(20) == []


def paused(match: Match, phase: str, at_s: float) -> PhaseChanged:
    return PhaseChanged(
        event_id=f"{phase} {at_s}",
        match_id=match.match_id,
        ts_event=match.live_at + second(at_s),
        source="s",
        payload=msgspec.convert({"phase": phase}, PhaseChangedData),
    )


def test_a_pause_that_is_only_called_does_not_silence_the_round() -> None:
    match = Match(ticker())
    match.tell([paused(match, "timeout", 1.0)])
    assert match.pass_time(3.0, from_s=1.0) == []
    shot = WeaponFire(
        event_id="shot",
        match_id=match.match_id,
        ts_event=match.live_at + second(3.0),
        source="s",
        payload=WeaponFireData(player_id="p"),
    )
    match.tell([shot])
    assert [t.payload.round_time_s for t in match.pass_time(6.1, from_s=3.0)] == [4, 5, 6]


def test_after_a_pause_the_seconds_go_on_where_they_stood() -> None:
    match = Match(ticker())
    match.tell([paused(match, "technical_pause", 4.0)])
    match.tell([paused(match, "live", 304.0)])
    ticks = match.pass_time(6.1, from_s=4.0)
    assert [t.payload.round_time_s for t in ticks] == [5, 6]
    assert [t.ts_event for t in ticks] == [match.live_at + second(s) for s in (5, 6)]


def test_a_round_that_is_decided_gets_no_tick() -> None:
    match = Match(ticker())
    ended = next(e for e in islice(simulate(SILENT), 9000) if isinstance(e, RoundEnded) and e.round_no == 1)
    match.tell([replace(ended, ts_event=match.live_at + second(1), seq_no=None)])
    assert match.pass_time(20, from_s=1.0) == []


def test_a_source_that_is_gone_is_not_ticked_for_ever() -> None:
    match = Match(ticker())
    ticks = match.pass_time(400, step_s=0.5)
    assert 100 < len(ticks) < 200


def test_the_source_speaks_again_and_the_clock_falls_silent() -> None:
    match = Match(ticker())
    before = match.pass_time(3.2)
    spoken = replace(match.events[-1], event_id="spoken", ts_event=match.live_at + second(3.5))
    match.tell([spoken])
    assert len(before) == 3
    assert match.pass_time(4.4, from_s=3.5) == []
    assert [t.payload.round_time_s for t in match.pass_time(5.1, from_s=4.6)] == [4, 5]


@pytest.mark.parametrize(("is_read_back", "said_s", "looked_s"), [(True, 2.0, 4.3), (False, 1.5, 4.5)])
def test_a_source_behind_its_ticks_has_spoken_and_gets_none_of_them_again(
    said_s: float, looked_s: float, *, is_read_back: bool
) -> None:
    match = Match(ticker())
    ticks = match.ticker.due(match.live_at + second(3.2))
    assert len(ticks) == 3
    match.tell(ticks if is_read_back else [])
    match.delay = second(3.4 - said_s)
    match.tell([replace(match.events[-1], event_id="late", ts_event=match.live_at + second(said_s))])
    assert match.ticker.due(match.live_at + second(looked_s)) == []


def test_silence_counts_from_when_the_source_was_received() -> None:
    match, late = Match(ticker()), ticker()
    for message in (message for messages in match.told for message in messages):
        if isinstance(message, StateDelta | StateSnapshot):
            late.hear(message, match.live_at + second(10))
    assert len(late.due(match.live_at + second(10.1))) == 10


@pytest.mark.parametrize(("after_s", "is_known"), [(599, True), (601, False)])
def test_a_match_that_was_silent_for_long_is_forgotten(after_s: float, *, is_known: bool) -> None:
    """A delta of it says nothing any more."""
    match = Match(ticker(live_within_s=1_000))
    assert match.ticker.due(match.live_at + second(after_s)) == []
    match.delay = second(after_s)
    match.tell([replace(match.events[-1], event_id="late", ts_event=match.live_at + second(1))])
    assert bool(match.pass_time(5, from_s=2.1)) is is_known


def unheard(match: Match, seconds: float) -> list[Message]:
    """What the stream says of an event after so many seconds, while the ticker reads nothing."""
    event = replace(match.events[-1], event_id=f"at {seconds}", ts_event=match.live_at + second(seconds))
    return match.fold.step(event, Times(received_at=event.ts_event))


def void(match: Match) -> Retraction:
    seq = match.fold.state.seq
    return Retraction(match_id=match.match_id, seq=seq + 1, from_seq=seq, to_seq=seq, reason="late")


@pytest.mark.parametrize("is_missed", [True, False])
def test_a_match_with_a_hole_gets_no_tick_before_its_next_whole_state(*, is_missed: bool) -> None:
    """What is known of it may be of a round that ended long ago."""
    match = Match(ticker())
    if is_missed:
        unheard(match, 1)
        match.tell([replace(match.events[-1], event_id="after", ts_event=match.live_at + second(2))])
    else:
        match.ticker.hear(void(match), match.live_at)
    assert match.ticker.due(match.live_at + second(8)) == []
    whole = StateSnapshot(
        match_id=match.match_id,
        seq=match.fold.state.seq,
        prev_seq=match.fold.state.seq - 1,
        ts_event=match.live_at + second(8),
        state=match.fold.state,
    )
    match.ticker.hear(whole, match.live_at + second(8))
    assert [t.payload.round_time_s for t in match.ticker.due(match.live_at + second(10.1))] == [9, 10]


def test_what_is_heard_again_changes_nothing() -> None:
    """A stream that was killed says again what it said since its last snapshot."""
    match = Match(ticker())
    for message in [message for messages in match.told for message in messages]:
        if isinstance(message, StateDelta | StateSnapshot):
            match.ticker.hear(message, match.live_at)
    assert [t.payload.round_time_s for t in match.pass_time(3.2)] == [1, 2, 3]


def test_a_round_that_is_played_again_has_ticks_of_its_own() -> None:
    match = Match(ticker())
    first = match.pass_time(3.2)
    begun = next(event for event in reversed(match.events) if isinstance(event, RoundStarted))
    at = match.live_at
    match.tell([replace(begun, event_id="begun", ts_event=at + second(4))])
    match.tell([replace(match.events[-1], event_id="live", ts_event=at + second(6))])
    again = match.pass_time(3.2)
    assert [t.payload.round_time_s for t in again] == [t.payload.round_time_s for t in first] == [1, 2, 3]
    assert not {t.event_id for t in again} & {t.event_id for t in first}


def test_two_tickers_say_the_same_thing() -> None:
    one, other = Match(ticker()), Match(Ticker("session-2"))
    assert [t.event_id for t in one.pass_time(5)] == [t.event_id for t in other.pass_time(5)]


def test_a_delta_of_a_match_that_is_not_known_waits_for_its_snapshot() -> None:
    match = Match(ticker())
    late = ticker()
    for messages in match.told[5:]:
        for message in messages:
            if isinstance(message, StateDelta):
                late.hear(message, START)
    assert late.due(match.live_at + second(5)) == []


@pytest.mark.parametrize("seconds", [2.0, 10.0])
def test_what_is_not_read_back_is_not_sent_twice(seconds: float) -> None:
    match = Match(ticker())
    now = match.live_at + second(seconds + 0.01)
    assert len(match.ticker.due(now)) == int(seconds)
    assert match.ticker.due(now) == []
