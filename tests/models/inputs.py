"""Inputs of the model for its tests: legal features, scores, states."""

from random import Random
from typing import Any

from hypothesis import strategies as st

from game.features import Features
from game.payloads import Side
from game.rules import MR12, a_side_in, is_overtime, is_pistol
from models.map_model import FULL, PISTOL
from models.monotone import random_features
from models.score import Score


def any_features() -> st.SearchStrategy[Features]:
    return st.integers(0, 2**32).map(lambda seed: random_features(Random(seed)))


def live_score(**changes: Any) -> Score:
    """5:6 in MR12, team A on CT, full buys, first map of a best of three; changed as told."""
    fields: dict[str, Any] = {
        "stage": "live",
        "round_winner": None,
        "score_a": 5,
        "score_b": 6,
        "a_side": "ct",
        "first_a_side": "ct",
        "max_rounds": 24,
        "overtime_max_rounds": 6,
        "kind": 8,
        "reached_kind": None,
        "previous_kind": None,
        "previous_ct_won": None,
        "map_outcome": None,
        "maps_a": 0,
        "maps_b": 0,
        "maps_left": 2,
        "series_outcome": None,
    }
    return Score(**(fields | changes))


def any_score() -> st.SearchStrategy[Score]:
    """Scores of live rounds that the rules leave open, regulation and overtime."""
    sides: tuple[Side, Side] = ("ct", "t")
    return st.tuples(
        st.integers(0, 20),
        st.integers(0, 20),
        st.sampled_from(sides),
        st.integers(0, 8),
        st.sampled_from(((0, 0, 0), (0, 0, 2), (1, 0, 1), (0, 1, 1), (1, 1, 0))),
    ).map(lambda v: _score(*v))


def _score(a: int, b: int, first: Side, kind: int, maps: tuple[int, int, int]) -> Score:
    top = 12 if min(a, b) < 12 else 12 + (min(a, b) - 12) // 3 * 3 + 3
    a, b = min(a, top), min(b, top)
    number = a + b + 1
    by_rules = PISTOL if is_pistol(MR12, number) else FULL if is_overtime(MR12, number) else kind
    return live_score(
        score_a=a,
        score_b=b,
        first_a_side=first,
        a_side=a_side_in(MR12, number, first),
        kind=by_rules,
        maps_a=maps[0],
        maps_b=maps[1],
        maps_left=maps[2],
    )
