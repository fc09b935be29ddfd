"""Results of rounds, maps and the series, how final they are, and what has changed since the last report.

Belongs here: what a state decides, and the difference from what was decided before. Does not belong here: how a state
is computed (`game.advance`), who is notified and in which words.

A round stays provisional until the next one is live, because until then it may be played again; a map until another map
or the end of the series follows it.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct

from game.messages import Horizon
from game.payloads import Team
from game.state import MapResult, MapState, MatchState, Round, RoundResult

Finality = Literal["provisional", "final", "amended", "revoked"]
"""provisional: may still be played again; final: what follows has begun; amended: it was reported differently before;
revoked: it is open again."""
Key = tuple[Horizon, str | None, int | None]
"""Horizon, map id, round number."""


class Outcome(Struct, frozen=True, kw_only=True):
    """The result of a round, a map or the series; a null winner is a draw. Scores count rounds, those of the series
    maps."""

    winner_team: Team | None
    score_a: int
    score_b: int
    is_final: bool

    def is_as(self, other: "Outcome") -> bool:
        """Whether both have the same winner and score, however final."""
        return (self.winner_team, self.score_a, self.score_b) == (
            other.winner_team,
            other.score_a,
            other.score_b,
        )


class Decided(Struct, frozen=True, kw_only=True):
    """What is decided in one state: rounds of the running map `map_id`, finished maps, the series."""

    map_id: str | None
    outcomes: dict[Key, Outcome]


class Settled(Struct, frozen=True, kw_only=True):
    """The change of one outcome to report. If revoked, winner and score are those that no longer hold."""

    horizon: Horizon
    map_id: str | None
    round_no: int | None
    outcome: Outcome
    finality: Finality


def decided(state: MatchState) -> Decided:
    """What `state` decides."""
    running = state.map
    found: dict[Key, Outcome] = {}
    for told in state.finished_maps:
        is_left = running is not None and running.map_id != told.map_id
        found["map", told.map_id, None] = _outcome(told, is_final=state.is_series_over or is_left)
    if running is not None:
        reached = _reached(running, state.round)
        for each in running.rounds:
            found["round", running.map_id, each.number] = _outcome(each, is_final=each.number < reached)
    if state.is_series_over:
        found["series", None, None] = Outcome(
            winner_team=state.series_winner, score_a=state.maps_a, score_b=state.maps_b, is_final=True
        )
    return Decided(map_id=None if running is None else running.map_id, outcomes=found)


def changes(was: Mapping[Key, Outcome], now: Decided) -> Iterator[Settled]:
    """The outcomes to report to a reader who knows `was`; all that are decided if that is empty."""
    for key, outcome in now.outcomes.items():
        before = was.get(key)
        if before != outcome:
            yield _settled(key, outcome, finality=_finality(before, outcome))
    for key, outcome in was.items():
        if key not in now.outcomes and _is_open_again(key, now):
            yield _settled(key, outcome, finality="revoked")


def _finality(was: Outcome | None, now: Outcome) -> Finality:
    if was is not None and not was.is_as(now):
        return "amended"
    return "final" if now.is_final else "provisional"


def _is_open_again(key: Key, now: Decided) -> bool:
    """Whether an outcome that is missing was revoked. Rounds of an earlier map are missing only because the state no
    longer holds them."""
    horizon, map_id, _ = key
    return horizon != "round" or map_id == now.map_id


def _reached(running: MapState, round_: Round | None) -> int:
    """Rounds below this number are final: the next one is live, or the map is over. While the next one is in freeze
    time, or has not begun since a restore, only the last one may still be played again."""
    last = max((told.number for told in running.rounds), default=0)
    if running.is_over:
        return last + 1
    if round_ is None:
        return last
    return round_.number if round_.live_at is not None else max(last, round_.number - 1)


def _outcome(told: RoundResult | MapResult, *, is_final: bool) -> Outcome:
    return Outcome(
        winner_team=told.winner_team, score_a=told.score_a, score_b=told.score_b, is_final=is_final
    )


def _settled(key: Key, outcome: Outcome, *, finality: Finality) -> Settled:
    horizon, map_id, round_no = key
    return Settled(horizon=horizon, map_id=map_id, round_no=round_no, outcome=outcome, finality=finality)
