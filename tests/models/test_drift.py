"""Drift: no alarm where nothing has changed, also with strong maps; an alarm where one feature has."""

import numpy as np
import pytest

from models.drift import COLUMNS, RoundRows, drifted, holm, round_rows
from models.logistic import Matrix
from tests.models.rows import made_maps

ROUNDS = 20


def rows(rng: np.random.Generator, maps: int, *, shift: float = 0.0, map_sd: float = 1.0) -> RoundRows:
    """Each map has its own mean in every column, so its rounds are alike; `shift` moves the first column."""
    place = np.repeat(np.arange(maps, dtype=np.float64), ROUNDS)
    means = rng.normal(0.0, map_sd, (maps, len(COLUMNS)))
    values: Matrix = rng.normal(0.0, 1.0, (len(place), len(COLUMNS))) + means[place.astype(int)]
    values[:, 0] += shift
    return RoundRows(values=values, map_index=place)


def test_holm_against_a_worked_example() -> None:
    """.01 * 4, then .02 * 3, then .03 * 2 held up to .06, then .5."""
    assert holm([0.03, 0.01, 0.5, 0.02]) == pytest.approx([0.06, 0.04, 0.5, 0.06])


@pytest.mark.proof
def test_no_alarm_beyond_the_promise_although_rounds_of_a_map_are_alike() -> None:
    """At most 5 % of 24 comparisons alarm at all, with three standard errors; row by row nearly all would."""
    alarms = 0
    for seed in range(24):
        rng = np.random.default_rng(seed)
        alarms += bool(drifted(rows(rng, 16), rows(rng, 8), seed=seed).alarms())
    assert alarms <= 24 * 0.05 + 3 * (24 * 0.05 * 0.95) ** 0.5


def test_the_feature_that_moved_is_named_alone() -> None:
    rng = np.random.default_rng(3)
    found = drifted(rows(rng, 24, map_sd=0.3), rows(rng, 12, shift=1.5, map_sd=0.3))
    assert [feature.feature for feature in found.alarms()] == [COLUMNS[0]]
    moved = found.alarms()[0]
    assert moved.psi > moved.psi_floor
    assert moved.ks > 0.3
    assert (found.reference_maps, found.current_maps, found.current_rounds) == (24, 12, 12 * ROUNDS)


def test_equal_samples_have_no_distance() -> None:
    sample = round_rows(made_maps(range(1, 5)))
    found = drifted(sample, sample)
    assert {(feature.psi, feature.ks, feature.p_value) for feature in found.features} == {(0.0, 0.0, 1.0)}
    assert found.reference_rounds == 4 * 22


def test_without_rows_there_is_no_comparison() -> None:
    sample = round_rows(made_maps((1,)))
    none = RoundRows(values=sample.values[:0], map_index=sample.map_index[:0])
    with pytest.raises(ValueError, match="needs rows on both sides"):
        drifted(sample, none)
