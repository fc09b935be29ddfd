"""Reliability of what was published: sums of the store against the same figures of the messages themselves."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.public import sql
from api.public.calibration.queries import tables
from game.facts import RoundDecided
from game.messages import Prediction, Processed, Retraction
from tests.api.public.conftest import whole_match
from tests.api.public.doubles import Desk


def row(bin_: int, states: int, *, p: float, won: float, **sums: float) -> dict[str, Any]:
    return {
        "model_version": "v",
        "model_hash": "h",
        "slice": "",
        "bin": bin_,
        "states": states,
        "units": sums.get("units", 2),
        "p": p,
        "won": won,
        "loss": 0.5 * states,
        "won_won": sums.get("won_won", won * won),
        "won_n": sums.get("won_n", won * states),
        "n_n": sums.get("n_n", states * states),
    }


def test_gaps_are_weighted_by_states_and_intervals_by_what_is_independent() -> None:
    equal = {"units": 20, "won_won": 5.0, "won_n": 5.0, "n_n": 10.0}
    (table,) = tables(
        [row(1, 10, p=1.5, won=5.0, **equal), row(7, 30, p=21.0, won=24.0)], horizon="round", bins=10
    )
    assert table.ece == pytest.approx((3.5 + 3.0) / 40, abs=1e-4)
    assert [b.from_p for b in table.bins] == [0.1, 0.7]
    half = table.bins[0]
    assert half.share_won == 0.5
    assert half.hi - half.lo == pytest.approx(
        2 * 1.96 * math.sqrt(5 - 5 + 2.5) * math.sqrt(20 / 19) / 10, abs=1e-3
    )


def test_one_round_alone_says_nothing_of_its_bin() -> None:
    (table,) = tables([row(3, 9, p=3.0, won=9.0, units=1)], horizon="round", bins=10)
    assert (table.bins[0].lo, table.bins[0].hi) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("units", "won", "lo", "hi"),
    [
        (6, 0, 0.0, 0.3903),
        (6, 6, 0.6097, 1.0),
        (60, 0, 0.0, 0.0602),
        (40, 2, 0.0136, 0.1671),
    ],
)
def test_few_rounds_that_all_came_out_alike_leave_an_interval(
    units: int, won: int, lo: float, hi: float
) -> None:
    """Rounds of ten states each. Wilson for n draws without a success: 0 to z2 / (n + z2), with z2 = 3.8416, which for
    six is 3.8416 / 9.8416 = 0.3903. For 2 of 40 the clusters' error is that of 39 draws: middle
    (0.05 + 3.8416 / 78) / 1.0985 = 0.0904, to either side
    1.96 / 1.0985 * sqrt(0.0475 / 39 + 3.8416 / 6084) = 0.0767."""
    told = {"won_won": 100.0 * won, "won_n": 100.0 * won, "n_n": 100.0 * units, "units": units}
    (table,) = tables([row(1, 10 * units, p=1.0, won=10.0 * won, **told)], horizon="round", bins=10)
    assert (table.bins[0].lo, table.bins[0].hi) == pytest.approx((lo, hi), abs=2e-4)


@given(st.lists(st.tuples(st.integers(1, 50), st.booleans()), min_size=2, max_size=60))
def test_an_interval_holds_its_share_and_is_never_a_point(rounds: list[tuple[int, bool]]) -> None:
    won = sum(states for states, is_won in rounds if is_won)
    squares = float(sum(states * states for states, is_won in rounds if is_won))
    sums = {"won_won": squares, "won_n": squares, "n_n": float(sum(states * states for states, _ in rounds))}
    states = sum(states for states, _ in rounds)
    told = row(1, states, p=1.0, won=float(won), units=len(rounds), **sums)
    (found,) = next(tables([told], horizon="round", bins=10)).bins
    assert found.lo <= found.share_won <= found.hi
    assert found.hi - found.lo > 0.01


def live_and_won() -> list[tuple[float, bool]]:
    """Every valid prediction of live play with how its round came out."""
    void = [range(m.from_seq, m.to_seq + 1) for m in whole_match() if isinstance(m, Retraction)]
    valid = [m for m in whole_match() if not any(m.seq in span for span in void)]
    facts = [(m.round_no, f) for m in valid if isinstance(m, Processed) for f in m.facts]
    won = {number: f.winner_team == "A" for number, f in facts if isinstance(f, RoundDecided)}
    return [
        (m.round.p_a, won[m.round_no])
        for m in valid
        if isinstance(m, Prediction) and m.round_time_s is not None and m.round_no in won
    ]


@pytest.mark.slow
def test_the_store_sums_what_was_published(finished: Desk) -> None:
    expected = live_and_won()
    (table,) = finished.json("/api/v1/calibration")
    assert table["states"] == len(expected) == sum(b["states"] for b in table["bins"])
    loss = sum(-math.log(max(p if won else 1 - p, 1e-4)) for p, won in expected) / len(expected)
    assert table["log_loss"] == pytest.approx(loss, abs=1e-4)
    first = [(p, won) for p, won in expected if p < 0.1]
    assert table["bins"][0]["share_won"] == pytest.approx(sum(won for _, won in first) / len(first), abs=1e-4)
    assert all(b["lo"] <= b["share_won"] <= b["hi"] for b in table["bins"])


@pytest.mark.slow
@pytest.mark.parametrize("by", list(sql.SLICES))
@pytest.mark.parametrize("horizon", list(sql.OUTCOMES))
def test_slices_are_parts_of_the_whole(finished: Desk, horizon: str, by: str) -> None:
    (whole,) = finished.json("/api/v1/calibration", horizon=horizon, model_version="cs2-2026-11")
    parts = finished.json("/api/v1/calibration", horizon=horizon, by=by, bins=4)
    assert whole["states"] > 500
    assert sum(part["states"] for part in parts) == whole["states"]
    assert {part["slice"] for part in parts} != {""} or by == "none"


@pytest.mark.slow
def test_an_unknown_model_has_no_table(finished: Desk) -> None:
    assert finished.json("/api/v1/calibration", model_version="'; DROP TABLE quality --") == []
