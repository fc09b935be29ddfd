"""Drift: no alarm where nothing has changed, also with strong maps; an alarm where one feature has."""

import numpy as np
import pytest

from models.drift import COLUMNS, RoundRows, drifted, holm, round_rows
from models.logistic import Matrix
from tests.models.rows import made_maps

ROUNDS = 20


def rows(
    rng: np.random.Generator, maps: int, *, shift: float = 0.0, map_sd: float = 1.0, maps_each: int = 1
) -> RoundRows:
    """Each match has its own mean in every column, so its rounds are alike; `shift` moves the first column."""
    place = np.repeat(np.arange(maps, dtype=np.float64), ROUNDS)
    means = np.repeat(rng.normal(0.0, map_sd, (maps // maps_each, len(COLUMNS))), maps_each, axis=0)
    values: Matrix = rng.normal(0.0, 1.0, (len(place), len(COLUMNS))) + means[place.astype(int)]
    values[:, 0] += shift
    return RoundRows(values=values, map_index=place, match_index=place // maps_each)


def test_holm_against_a_worked_example() -> None:
    """.01 * 4, then .02 * 3, then .03 * 2 held up to .06, then .5."""
    assert holm([0.03, 0.01, 0.5, 0.02]) == pytest.approx([0.06, 0.04, 0.5, 0.06])


@pytest.mark.proof
@pytest.mark.parametrize("maps_each", [1, 3])
def test_no_alarm_beyond_the_promise_although_rounds_of_a_match_are_alike(maps_each: int) -> None:
    """At most 5 % of 24 comparisons alarm at all, with three standard errors; row by row nearly all would, and map by
    map many of those of matches of three."""
    alarms = 0
    for seed in range(24):
        rng = np.random.default_rng(seed)
        before, since = (rows(rng, count * maps_each, maps_each=maps_each) for count in (16, 8))
        alarms += bool(drifted(before, since, seed=seed).alarms())
    assert alarms <= 24 * 0.05 + 3 * (24 * 0.05 * 0.95) ** 0.5


def test_maps_of_a_match_are_no_witnesses_of_their_own() -> None:
    """Two strong matches of six maps each are two observations: beside ten others they prove nothing."""
    rng = np.random.default_rng(5)
    before, since = rows(rng, 20, maps_each=2), rows(rng, 12, maps_each=6, shift=2.0)
    least = min(each.p_value for each in drifted(before, since).features)
    assert least > 1 / 100
    assert drifted(before, alone(since)).alarms()


def alone(told: RoundRows) -> RoundRows:
    """The same, as if each map were a match."""
    return RoundRows(values=told.values, map_index=told.map_index, match_index=told.map_index)


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
    assert 4 * 8 < found.reference_rounds < 4 * 22


def test_without_rows_there_is_no_comparison() -> None:
    sample = round_rows(made_maps((1,)))
    none = RoundRows(
        values=sample.values[:0], map_index=sample.map_index[:0], match_index=sample.match_index[:0]
    )
    with pytest.raises(ValueError, match="needs rows on both sides"):
        drifted(sample, none)
