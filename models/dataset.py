"""Training rows, taken from recorded maps by the same reducer that runs on air.

Belongs here: samples of live play and round starts, with their outcomes. Does not belong here: opening files
(`adapters.recordings`), fitting, folds.

A clock sample is taken at each whole second of live play, an event sample after each kill, plant, begun defuse and
aborted defuse. Rows of a round share their outcome: split by map, never by row.
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
    """One row of the economy chain: a round as it started, with each side's equipment in
    dollars at the end of freeze time."""

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
    """All rows of one map. `a_won` is null if nobody won it: a draw, or a map that did not finish."""

    file: str
    map_name: str
    day: date
    samples: tuple[Sample, ...]
    starts: tuple[Start, ...]
    a_won: bool | None
    match: str = ""
    """The match. All its maps are held out together. Empty: the map's match is unknown, and it stands for itself."""
    tier: str = ""
    """The tier of play, as known to the supplier of the map. Empty: unknown."""
    ids: str = ""
    """The ids of the match and the map in the events (`ids_of`), independent of the file. Empty: unknown."""
    twins: tuple[str, ...] = ()
    """The ids of the same map in other matches, for example if a file was imported both alone and in its series."""

    @property
    def match_key(self) -> str:
        """The match; a map of unknown match counts as a match of its own."""
        return self.match or self.file

    @property
    def tells_defuses(self) -> bool:
        """Whether the recording contains any begun defuse."""
        return any(sample.features.is_defusing for sample in self.samples)

    def clock(self) -> list[Sample]:
        return [sample for sample in self.samples if sample.is_clock]


class Drawn(Struct, frozen=True, kw_only=True):
    """A sampled state of live play, with the score and side of the current round."""

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
    """A match's samples in order, its last state, and the last state of each of its maps by id."""

    state: MatchState
    drawn: list[Drawn]
    maps: dict[str, MapState]


def ids_of(match_id: str, map_id: str) -> str:
    """The identity of a map across sources: a recording has the same ids whether imported or on air."""
    return f"{match_id}/{map_id}"


def ids_in(name: str) -> str:
    """The ids in a map's name, if that is a partition key `date:match:map`; else empty."""
    _, *ids = name.split(":")
    return ids_of(*map(unquote, ids)) if len(ids) == 2 else ""


def other_rules(rules: Rules) -> str:
    """Why a map by these rules is unfit for the models to learn from or be judged by; empty if it is fit. Only the
    numbers of rounds decide: other changes by a game update are for the models to learn."""
    played, known = ((each.max_rounds, each.overtime_max_rounds) for each in (rules, MR12))
    if played == known:
        return ""
    return (
        f"it was played over {played[0]} rounds with overtimes of {played[1]}, "
        f"not over {known[0]} with overtimes of {known[1]}"
    )


def is_a(winner: str | None) -> bool | None:
    """Whether team A is the winner; null if there is none."""
    return None if winner is None else winner == "A"


def recorded_map(recording: Recording) -> RecordedMap:
    """The rows of one recording. Raises `ValueError` like `map_from`."""
    match = match_of(recording)
    ids = ids_of(match.match_id, match.maps[0].map_id)
    return map_from(translate(match), file=recording.file, day=recording.day.date(), ids=ids)


def map_from(events: Iterable[e.AnyEvent], *, file: str, day: date, ids: str = "") -> RecordedMap:
    """The rows of one map's events. Raises `ValueError` if they hold no finished round, or if the map's rules have
    other numbers of rounds than the models know."""
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
    """Whether team A won the last map. The result that the source reports takes precedence over the score."""
    if state.map is None or not state.map.is_over:
        return None
    return is_a(state.finished_maps[-1].winner_team)


class Sampler:
    """Collects states of live play as events are folded. Rounds that are voided later are kept:
    their missing label drops them."""

    def __init__(self, state: MatchState) -> None:
        self._state, self._drawn, self._maps = state, list[Drawn](), dict[str, MapState]()

    @property
    def found(self) -> Sampled:
        """Everything sampled so far."""
        return Sampled(state=self._state, drawn=self._drawn, maps=self._maps)

    def see(self, event: e.AnyEvent, state: MatchState, features: Features | None = None) -> None:
        """Takes one more event and the state after it. `features` are those of that state, if already extracted."""
        if state.map is not None and state.map is not self._state.map:
            self._maps[state.map.map_id] = state.map
        self._state = state
        if type(event) not in _SAMPLED or state.map is None or state.round is None or not is_live_play(state):
            return
        features = features or extract(state)
        if features is not None:
            self._drawn.append(_drawn(state, event, features=features))


def sampled(events: Iterable[e.AnyEvent]) -> Sampled:
    """The samples of a match's events, which must be in the order in which they count."""
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
    """(CT's, T's) equipment in dollars; 0 if it was never reported."""
    a, b = result.equipment_a or 0, result.equipment_b or 0
    return (a, b) if result.a_side == "ct" else (b, a)
