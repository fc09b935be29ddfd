"""The clock of matches whose source has gone silent: a `clock_tick` is due at each whole second of round time.

Belongs here: which tick is due when, decided from `match-state` alone. Does not belong here: Kafka and the process
(`streaming.ticking`), what a tick means (`game`).

A match is live if the time of its last event lies within `live_within_s` of our clock. A replay keeps the original
event times, so its events lie further away and it gets no ticks. A tick's time is given by the source's clock: the
round's start plus whole seconds. A tick takes effect only when the stream reads it back. Its id is derived from match,
map, round and second, so two tickers, or one that was restarted, produce the same event.

A new ticker knows a match only from its next full snapshot on (each round start, every 256 seq). The same holds after
it missed a message of the match or received a retraction of its state. Until then the match gets no ticks.
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

from game.events import ClockTick
from game.messages import Retraction, StateDelta, StateMessage, StateSnapshot
from game.payloads import ClockTickData
from game.state import MatchState, is_live_play, round_time_s
from game.view import MatchView, apply, new_view

NAMESPACE = UUID("b0b5f7a2-3c0e-5c39-9f5c-4a8e21d0c1f4")
SOURCE = "clock"
OVERRUN_S = 10.0
"""Seconds beyond the longest possible round for which a source may stay silent before it counts as gone."""
FORGOTTEN_S = 600.0


class Limits(Struct, frozen=True, kw_only=True):
    """Limits in seconds; see the ticker's settings."""

    silence_s: float = 1.0
    live_within_s: float = 30.0


class Watched(Struct, kw_only=True):
    """What the ticker knows about one match."""

    view: MatchView
    state: MatchState
    """The state of the view, decoded when the view was last complete."""
    heard_at: datetime
    """When the source's last event was received, by our clock."""
    source_time: datetime
    """The time of that event, by the source's clock."""
    last_ts: datetime
    """The time of the last event of any source."""
    ticks: set[datetime] = msgspec.field(default_factory=set)
    """Times of ticks that were sent but not yet read back."""


class Ticker:
    """Follows matches and returns the ticks that are due. `session` is new at each start. For one thread."""

    def __init__(self, session: str, limits: Limits | None = None) -> None:
        self._session = session
        self._limits = limits or Limits()
        self._watched: dict[str, Watched] = {}
        self._counts: dict[str, int] = {}

    def hear(self, message: StateMessage, now: datetime) -> None:
        """Take in a message of `match-state`, read at `now`. Raises one of `UNREADABLE`, and changes nothing, if a
        delta does not produce a valid state or a time has no zone: no tick could be derived from it."""
        known = self._watched.get(message.match_id)
        before = new_view(message.match_id) if known is None else known.view
        view = apply(before, message)
        if isinstance(message, Retraction) or view is before or not view.is_current:
            if known is not None:
                known.view = view
            return
        state = msgspec.convert(view.state, MatchState)
        _demand_zones(message, state)
        if known is not None and _was_heard(known, message.ts_event):
            known.view, known.state = view, state
            return
        self._watched[message.match_id] = Watched(
            view=view,
            state=state,
            heard_at=message.received_at or now,
            source_time=message.ts_event,
            last_ts=message.ts_event,
            ticks=known.ticks if known is not None else set(),
        )

    def due(self, now: datetime) -> list[ClockTick]:
        """The ticks that are due at `now`, each returned once."""
        self._forget(now)
        return [tick for watched in self._watched.values() for tick in self._due_in(watched, now)]

    def _due_in(self, watched: Watched, now: datetime) -> list[ClockTick]:
        if not watched.view.is_current or not self._is_silent_and_live(watched, now):
            return []
        state, there = watched.state, watched.source_time + (now - watched.heard_at)
        begun, reached = round_time_s(state, watched.last_ts), round_time_s(state, there)
        if not _is_running(watched) or begun is None or reached is None or reached > _longest_s(state):
            return []
        sent = max(watched.ticks, default=watched.last_ts)
        seconds = range(max(0, int(begun)) + 1, int(reached) + 1)
        moments = [(second, _moment(state, second)) for second in seconds]
        return [self._tick(watched, state, second=s, moment=m) for s, m in moments if m > sent]

    def _is_silent_and_live(self, watched: Watched, now: datetime) -> bool:
        off_s = abs((watched.heard_at - watched.source_time).total_seconds())
        silent_s = (now - watched.heard_at).total_seconds()
        return off_s <= self._limits.live_within_s and silent_s > self._limits.silence_s

    def _tick(self, watched: Watched, state: MatchState, *, second: int, moment: datetime) -> ClockTick:
        assert state.round is not None
        watched.ticks.add(moment)
        number = self._counts[state.match_id] = self._counts.get(state.match_id, 0) + 1
        map_id = state.map.map_id if state.map is not None else None
        begun = state.round.live_at
        return ClockTick(
            event_id=str(
                uuid5(NAMESPACE, f"{state.match_id}/{map_id}/{state.round.number}/{begun}/{second}")
            ),
            match_id=state.match_id,
            map_id=map_id,
            round_no=state.round.number,
            ts_event=moment,
            source=SOURCE,
            session=self._session,
            seq_no=number,
            payload=ClockTickData(round_time_s=second),
        )

    def _forget(self, now: datetime) -> None:
        old = [k for k, w in self._watched.items() if (now - w.heard_at).total_seconds() > FORGOTTEN_S]
        for match_id in old:
            del self._watched[match_id]


def _is_running(watched: Watched) -> bool:
    state = watched.state
    return is_live_play(state) and not state.is_series_over and not _stands_still(watched)


def _stands_still(watched: Watched) -> bool:
    """Whether a pause was called in live play and the source has sent nothing since. Play may continue to the round's
    end."""
    paused_at = None if watched.state.round is None else watched.state.round.paused_at
    return paused_at is not None and watched.source_time <= paused_at


def _was_heard(known: Watched, moment: datetime) -> bool:
    """Whether the time is that of a tick read back, or of an event known already (as for a model switch). In both cases
    the source's clock has not moved."""
    if moment in known.ticks:
        known.ticks.discard(moment)
        known.last_ts = moment
    return moment in (known.source_time, known.last_ts)


def _demand_zones(message: StateDelta | StateSnapshot, state: MatchState) -> None:
    of_round = () if state.round is None else (state.round.live_at, state.round.paused_at)
    times = (message.ts_event, message.received_at, *of_round)
    if any(time is not None and time.tzinfo is None for time in times):
        raise ValueError("a time without its zone")


def _moment(state: MatchState, second: int) -> datetime:
    """The time of a whole second of round time, by the source's clock."""
    assert state.round is not None
    assert state.round.live_at is not None
    return state.round.live_at + timedelta(seconds=second)


def _longest_s(state: MatchState) -> float:
    rules = state.map.rules if state.map is not None else None
    return 0.0 if rules is None else rules.round_s + rules.bomb_s + OVERRUN_S
