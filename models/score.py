"""The inputs of the map and series models, taken from a state: score, sides, kinds of rounds, maps won.

Belongs here: `Score`, read from a `MatchState` and complete enough that a receipt needs nothing else. Does not belong
here: the live inputs of the round model (`game.features`), any probability.
"""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from game.payloads import Side, Team
from game.rules import is_overtime, is_pistol, winner
from game.state import BombStatus, MapResult, MapState, MatchState, Round, RoundResult, team_on
from models.map_model import FULL, PISTOL, MapModel

Stage = Literal["before", "live", "decided"]
Outcome = Literal["A", "B", "draw"]

WON_BY_BOMB: dict[BombStatus, Side] = {"defused": "ct", "exploded": "t"}
"""Bomb states that decide a live round before its end is reported."""


class Score(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The current or coming round is the one after `score_a + score_b`; in stage `decided` it is the next one.

    Kinds are those of `models.map_model`; null means unknown. `previous_*` refer to the round before it in the same
    half.
    """

    stage: Stage
    round_winner: Team | None
    """In stage `live`, set if a defused or exploded bomb has decided the round before its end is reported."""
    score_a: int
    score_b: int
    a_side: Side
    first_a_side: Side
    max_rounds: int
    overtime_max_rounds: int
    kind: int | None
    reached_kind: int | None
    """In freeze time: the kind given by the equipment bought so far."""
    previous_kind: int | None
    previous_ct_won: bool | None
    map_outcome: Outcome | None
    maps_a: int
    maps_b: int
    maps_left: int
    """Maps after this one, by the format of the series."""
    series_outcome: Outcome | None
    map_chance_a: float | None = None
    """Team A's chance on a map as judged before the series, in whole percent; left out if unknown."""


def score_of(state: MatchState, maps: MapModel) -> Score | None:
    """The score of `state`; null without a map."""
    map_, round_ = state.map, state.round
    if map_ is None:
        return None
    own = _result_of(state, map_)
    outcome = _map_outcome(map_, own)
    stage = _stage(round_)
    carried = _carried(map_, round_, maps)
    kind, before = _kind(map_, carried if stage == "live" else None), _previous(map_)
    return Score(
        stage=stage,
        round_winner=_round_winner(state, stage),
        score_a=map_.score_a,
        score_b=map_.score_b,
        a_side=map_.a_side,
        first_a_side=map_.first_a_side,
        max_rounds=map_.rules.max_rounds,
        overtime_max_rounds=map_.rules.overtime_max_rounds,
        kind=kind,
        reached_kind=carried if kind is None and stage == "before" else None,
        previous_kind=None if before is None else _kind_of(map_, before, maps),
        previous_ct_won=None if before is None else before.winner_side == "ct",
        map_outcome=outcome,
        maps_a=state.maps_a - (own is not None and own.winner_team == "A"),
        maps_b=state.maps_b - (own is not None and own.winner_team == "B"),
        maps_left=max(0, state.best_of - len(state.finished_maps) - (own is None)),
        series_outcome=(state.series_winner or "draw") if state.is_series_over else None,
        map_chance_a=None if state.map_chance_a is None else round(state.map_chance_a, 2),
    )


def bought(score: Score) -> Score:
    """The score after buying has ended: the kind reached so far becomes the kind of the round."""
    if score.reached_kind is None:
        return score
    return replace(score, kind=score.reached_kind, reached_kind=None)


def _stage(round_: Round | None) -> Stage:
    if round_ is None:
        return "before"
    if round_.ended_at is not None and round_.winner_team is not None:
        return "decided"
    return "before" if round_.live_at is None else "live"


def _round_winner(state: MatchState, stage: Stage) -> Team | None:
    """The winner of the current round, by its end or by the bomb; null while it is open."""
    if state.round is None or stage == "before":
        return None
    if stage == "decided":
        return state.round.winner_team
    side = WON_BY_BOMB.get(state.round.bomb.status)
    return None if side is None else team_on(state, side)


def _result_of(state: MatchState, map_: MapState) -> MapResult | None:
    """The map's own result among the finished ones."""
    if not state.finished_maps:
        return None
    return next((m for m in state.finished_maps if m.map_id == map_.map_id and m.number == map_.number), None)


def _map_outcome(map_: MapState, own: MapResult | None) -> Outcome | None:
    if own is not None:
        return own.winner_team or "draw"
    team = winner(map_.rules, map_.score_a, map_.score_b)
    if team is None and map_.is_over:
        return "draw"
    return team


def _kind(map_: MapState, carried: int | None) -> int | None:
    """The kind of the coming or current round: by the rules, else `carried`, given by the sides' equipment."""
    number = map_.score_a + map_.score_b + 1
    if is_overtime(map_.rules, number):
        return FULL
    return PISTOL if is_pistol(map_.rules, number) else carried


def _carried(map_: MapState, round_: Round | None, maps: MapModel) -> int | None:
    if round_ is None or round_.equipment_a is None or round_.equipment_b is None:
        return None
    return _kind_by_sides(map_.a_side, (round_.equipment_a, round_.equipment_b), maps)


def _previous(map_: MapState) -> RoundResult | None:
    """The result of the round before the coming one, if it is in the same half."""
    last = map_.rounds[-1] if map_.rounds else None
    if last is None or (last.score_a, last.score_b) != (map_.score_a, map_.score_b):
        return None
    coming = last.score_a + last.score_b + 1
    return None if is_pistol(map_.rules, coming) or is_overtime(map_.rules, coming) else last


def _kind_of(map_: MapState, result: RoundResult, maps: MapModel) -> int | None:
    number = result.score_a + result.score_b
    if is_pistol(map_.rules, number):
        return PISTOL
    if result.equipment_a is None or result.equipment_b is None:
        return None
    return _kind_by_sides(result.a_side, (result.equipment_a, result.equipment_b), maps)


def _kind_by_sides(a_side: Side, equipment: tuple[int, int], maps: MapModel) -> int:
    a, b = equipment
    return maps.kind_of(a, b) if a_side == "ct" else maps.kind_of(b, a)
