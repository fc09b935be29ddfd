"""Training rows: what the models learn from, taken from recorded maps by the reducer that runs on air.

Belongs here: samples of live play and round starts, with their outcomes. Does not belong here: opening files
(`adapters.recordings`), fitting, folds.

A clock sample is taken at each whole second of live play, an event sample after each kill, plant and begun defuse. Rows
of a round share their outcome: split by map, never by row.
"""

from collections.abc import Iterable
from datetime import date, datetime
from urllib.parse import unquote

from msgspec import Struct

from game import events as e
from game.advance import advance
from game.features import Features, extract
from game.payloads import Side
from game.rules import MR12, Rules, is_overtime, is_pistol
from game.sources.cs2df import Recording
from game.sources.cs2df_series import match_of, translate
from game.state import MapState, MatchState, RoundResult, initial_state, is_live_play, round_time_s

MARKS = (e.Kill, e.BombPlanted, e.BombDefuseBegun, e.BombDefuseAborted)
_SAMPLED = frozenset({e.ClockTick, *MARKS})


class Sample(Struct, frozen=True, kw_only=True):
    """One row of the round model. `second` is the whole second of round time."""

    round_no: int
    second: int
    is_clock: bool
    features: Features
    ct_won: bool


class Start(Struct, frozen=True, kw_only=True):
    """One row of the chain: a round as it started. Equipment of the sides in dollars at the end of freeze time."""

    round_no: int
    score_a: int
    score_b: int
    a_side: Side
    is_pistol: bool
    is_overtime: bool
    ct_equipment: int
    t_equipment: int
    ct_won: bool


class RecordedMap(Struct, frozen=True, kw_only=True):
    """All rows of one map. `a_won` is null where nobody won it: a draw, or one that did not come to its end."""

    file: str
    map_name: str
    day: date
    samples: tuple[Sample, ...]
    starts: tuple[Start, ...]
    a_won: bool | None
    match: str = ""
    """Of whose maps none may be held out without the others; empty: this map is all that is known of its match."""
    tier: str = ""
    """The level of play, as whoever delivers the map knows it; empty: unknown."""
    ids: str = ""
    """Those of its match and of itself in its events (`ids_of`), whatever file told it; empty: unknown."""
    twins: tuple[str, ...] = ()
    """The ids of the same map in other matches, as where a file was imported alone and in its series."""

    @property
    def match_key(self) -> str:
        """The match; a map whose match is not known is a match of its own."""
        return self.match or self.file

    @property
    def tells_defuses(self) -> bool:
        """Whether it has told of any begun defuse."""
        return any(sample.features.is_defusing for sample in self.samples)

    def clock(self) -> list[Sample]:
        return [sample for sample in self.samples if sample.is_clock]


class Drawn(Struct, frozen=True, kw_only=True):
    """A state of live play when it was sampled; score and side as the running round has them."""

    map_id: str
    round_no: int
    round_time_s: float
    is_clock: bool
    event_id: str
    ts_event: datetime
    a_side: Side
    score_a: int
    score_b: int
    is_overtime: bool
    features: Features

    @property
    def second(self) -> int:
        """The whole second of round time."""
        return int(self.round_time_s)


class Sampled(Struct, frozen=True, kw_only=True):
    """A match's samples in order, its last state, and the last state of each of its maps."""

    state: MatchState
    drawn: list[Drawn]
    maps: dict[str, MapState]


def ids_of(match_id: str, map_id: str) -> str:
    """What a map is known by wherever its events came from: a recording has the same ids imported and on air."""
    return f"{match_id}/{map_id}"


def ids_in(name: str) -> str:
    """The ids that a map's name tells, where that is the key of its partition, `date:match:map`; else empty."""
    _, *ids = name.split(":")
    return ids_of(*map(unquote, ids)) if len(ids) == 2 else ""


def other_rules(rules: Rules) -> str:
    """Why a map by these rules is none that the models learn from or are judged by; empty where it is one. How many
    rounds there are decides: what else an update of the game changes is what they are to learn."""
    played, known = ((each.max_rounds, each.overtime_max_rounds) for each in (rules, MR12))
    if played == known:
        return ""
    return (
        f"it was played over {played[0]} rounds with overtimes of {played[1]}, "
        f"not over {known[0]} with overtimes of {known[1]}"
    )


def is_a(winner: str | None) -> bool | None:
    """Whether team A is who won; null where nobody did."""
    return None if winner is None else winner == "A"


def recorded_map(recording: Recording) -> RecordedMap:
    """The rows of one recording. Raises `ValueError` as `map_from` does."""
    match = match_of(recording)
    ids = ids_of(match.match_id, match.maps[0].map_id)
    return map_from(translate(match), file=recording.file, day=recording.day.date(), ids=ids)


def map_from(events: Iterable[e.AnyEvent], *, file: str, day: date, ids: str = "") -> RecordedMap:
    """The rows of one map's events. Raises `ValueError` when they hold no finished round, and for a map by other rules
    than those that the models know."""
    told = sampled(events)
    map_ = told.state.map
    if map_ is None or not map_.rounds:
        raise ValueError(f"{file}: no rounds")
    if why := other_rules(map_.rules):
        raise ValueError(f"{file}: {why}")
    ct_won = {result.number: result.winner_side == "ct" for result in map_.rounds}
    return RecordedMap(
        file=file,
        map_name=map_.name or "",
        day=day,
        samples=tuple(
            Sample(
                round_no=drawn.round_no,
                second=drawn.second,
                is_clock=drawn.is_clock,
                features=drawn.features,
                ct_won=ct_won[drawn.round_no],
            )
            for drawn in told.drawn
            if drawn.round_no in ct_won
        ),
        starts=starts_of(map_),
        a_won=_a_won(told.state),
        ids=ids,
    )


def _a_won(state: MatchState) -> bool | None:
    """Whether team A won the last map, by the source's word where that goes over the score."""
    if state.map is None or not state.map.is_over:
        return None
    return is_a(state.finished_maps[-1].winner_team)


class Sampler:
    """Draws the states of live play along the way, also that of an event that voids its round: the label decides."""

    def __init__(self, state: MatchState) -> None:
        self._state, self._drawn, self._maps = state, list[Drawn](), dict[str, MapState]()

    @property
    def found(self) -> Sampled:
        """All that was drawn so far."""
        return Sampled(state=self._state, drawn=self._drawn, maps=self._maps)

    def see(self, event: e.AnyEvent, state: MatchState, features: Features | None = None) -> None:
        """One more event and the state after it; `features` are that state's, where they are known already."""
        if state.map is not None and state.map is not self._state.map:
            self._maps[state.map.map_id] = state.map
        self._state = state
        if type(event) not in _SAMPLED or state.map is None or state.round is None or not is_live_play(state):
            return
        features = features or extract(state)
        if features is not None:
            self._drawn.append(_drawn(state, event, features=features))


def sampled(events: Iterable[e.AnyEvent]) -> Sampled:
    """The samples of a match's events, in the order in which they count."""
    state = initial_state("")
    sampler = Sampler(state)
    for event in events:
        state, _ = advance(state, event)
        sampler.see(event, state)
    return sampler.found


def _drawn(state: MatchState, event: e.AnyEvent, *, features: Features) -> Drawn:
    assert state.map is not None
    assert state.round is not None
    return Drawn(
        map_id=state.map.map_id,
        round_no=state.round.number,
        round_time_s=round_time_s(state, event.ts_event) or 0.0,
        is_clock=isinstance(event, e.ClockTick),
        event_id=event.event_id,
        ts_event=event.ts_event,
        a_side=state.map.a_side,
        score_a=state.map.score_a,
        score_b=state.map.score_b,
        is_overtime=state.round.is_overtime,
        features=features,
    )


def starts_of(map_: MapState) -> tuple[Start, ...]:
    """The decided rounds of a map, as they started."""
    return tuple(_start(map_, i) for i in range(len(map_.rounds)))


def _start(map_: MapState, index: int) -> Start:
    result = map_.rounds[index]
    before = map_.rounds[index - 1] if index else None
    ct, t = _equipment(result)
    return Start(
        round_no=result.number,
        score_a=before.score_a if before else 0,
        score_b=before.score_b if before else 0,
        a_side=result.a_side,
        is_pistol=is_pistol(map_.rules, result.number),
        is_overtime=is_overtime(map_.rules, result.number),
        ct_equipment=ct,
        t_equipment=t,
        ct_won=result.winner_side == "ct",
    )


def _equipment(result: RoundResult) -> tuple[int, int]:
    """(CT's, T's); zero where it was never told."""
    a, b = result.equipment_a or 0, result.equipment_b or 0
    return (a, b) if result.a_side == "ct" else (b, a)
