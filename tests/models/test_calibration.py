"""Figures worked out by hand, and the floor that chance gives."""

import math

import numpy as np
import pytest

from models.baselines import AT, alive_table, rule
from models.calibration import FEW, LEAST_MAPS, Interval, ece, ece_floor, log_loss, over_maps, over_matches
from models.chain_fit import effect_sd
from models.logistic import sigmoid


def test_log_loss_by_hand() -> None:
    p, y = np.array([0.5, 0.8, 0.1]), np.array([1.0, 1.0, 0.0])
    assert log_loss(p, y) == pytest.approx(-(math.log(0.5) + math.log(0.8) + math.log(0.9)) / 3)


def test_certain_and_wrong_costs_much_but_not_everything() -> None:
    assert log_loss(np.array([0.0]), np.array([1.0])) == pytest.approx(-math.log(1e-9))


def test_ece_by_hand() -> None:
    """Ten bins of two: nine of them right on average, one off by .25 a row; 0.25 / 10."""
    p = np.linspace(0.01, 0.2, 20)
    y = np.zeros(20)
    gaps = p.reshape(10, 2).sum(axis=1)
    assert ece(p, y) == pytest.approx(gaps.sum() / 20)
    assert ece(np.repeat(0.5, 20), np.tile([0.0, 1.0], 10)) == pytest.approx(0.0)


def test_ece_of_fewer_rows_than_bins_is_that_of_bins_of_one_row() -> None:
    p, y = np.array([0.1, 0.5, 0.8]), np.array([0.0, 1.0, 1.0])
    assert ece(p[1:2], y[1:2]) == pytest.approx(0.5)
    assert ece(p, y) == pytest.approx((0.1 + 0.5 + 0.2) / 3)


def test_the_ece_of_equal_chances_does_not_hang_on_the_order_of_rows() -> None:
    """One value, .3, of which half come true: .2 off, however the rows lie."""
    p, y = np.full(20, 0.3), np.repeat([0.0, 1.0], 10)
    assert ece(p, y) == pytest.approx(0.2)
    assert ece(p, y[::-1]) == pytest.approx(0.2)


def test_equal_chances_that_two_bins_share_count_with_their_mean_in_both() -> None:
    """Bins of two; .5 fills one and a half of them and comes true as often as it says."""
    p = np.array([0.1, *[0.5] * 4, *np.linspace(0.8, 0.99, 15)])
    y = np.array([0.0, 1.0, 1.0, 0.0, 0.0, *[1.0] * 15])
    assert ece(p, y) == pytest.approx((0.1 + (1 - p[5:]).sum()) / 20)


def test_the_floor_falls_with_more_rounds_and_not_with_more_rows() -> None:
    rng = np.random.default_rng(1)
    p = np.repeat(rng.uniform(0.1, 0.9, 400), 10)
    rounds = np.repeat(np.arange(400.0), 10)
    few, many = ece_floor(p[:1_000], rounds[:1_000]), ece_floor(p, rounds)
    twice = ece_floor(np.repeat(p[:1_000], 4), np.repeat(rounds[:1_000], 4))
    assert many < few
    assert twice == pytest.approx(few, rel=0.1)


def test_intervals_come_from_maps() -> None:
    values = np.repeat([0.2, 0.4, 0.6], 100)
    interval = over_maps(values, np.repeat([0.0, 1.0, 2.0], 100))
    assert interval.value == pytest.approx(0.4)
    assert (interval.lo, interval.hi) == pytest.approx((0.2, 0.6))


def test_few_maps_are_drawn_by_their_rounds() -> None:
    rounds = np.repeat(np.arange(30.0), 10)
    values = np.repeat(np.tile([0.2, 0.4, 0.6], 10), 10)
    for count in (1, LEAST_MAPS - 1):
        interval = over_maps(values, rounds % count, rounds=rounds)
        assert interval.lo < 0.38
        assert interval.hi > 0.42
    assert over_maps(values, rounds % LEAST_MAPS, rounds=rounds) == over_maps(values, rounds % LEAST_MAPS)


def test_an_interval_of_few_matches_by_hand() -> None:
    """Six matches of one row, three at 0 and three at 1: a standard error of root(.05), 2.571 times by Student's t."""
    values, matches = np.tile([0.0, 1.0], 3), np.arange(6.0)
    found = over_matches(values, matches, rounds=matches)
    assert found.value == 0.5
    assert (found.lo, found.hi) == pytest.approx((0.5 - 2.5706 * 0.2236, 0.5 + 2.5706 * 0.2236), abs=1e-4)


def test_matches_that_look_alike_by_chance_are_no_surer_than_their_rounds() -> None:
    rounds = np.repeat(np.arange(30.0), 10)
    values = np.repeat(np.tile([0.2, 0.4, 0.6], 10), 10)
    for count in (1, 2, 3):
        found, drawn = over_matches(values, rounds % count, rounds=rounds), over_maps(values, rounds)
        assert found.lo <= drawn.lo < 0.38
        assert found.hi >= drawn.hi > 0.42


def test_many_matches_are_drawn() -> None:
    values, matches = np.random.default_rng(1).normal(size=FEW * 4), np.repeat(np.arange(float(FEW)), 4)
    assert over_matches(values, matches, rounds=np.arange(FEW * 4.0)) == over_maps(values, matches)


def nothing_better(matches: int, within: float, seed: int) -> Interval:
    """The interval of differences whose mean is 0: of 60 rows in each of one to four maps a match, which are alike by
    `within` of what maps differ by."""
    rng = np.random.default_rng(seed)
    of_match = np.repeat(np.arange(matches), rng.integers(1, 5, matches))
    of_map = np.sqrt(within) * rng.normal(size=matches)[of_match]
    of_map += np.sqrt(1 - within) * rng.normal(size=len(of_match))
    values = np.repeat(of_map, 60) + rng.normal(0.0, 2.0, 60 * len(of_map))
    return over_matches(
        values, np.repeat(of_match, 60).astype(np.float64), rounds=np.arange(float(len(values))) // 5
    )


@pytest.mark.slow
@pytest.mark.parametrize("within", [0.0, 0.6])
@pytest.mark.parametrize("matches", [2, 4, 5, 8, 12, FEW - 1, FEW])
def test_what_is_no_better_looks_better_in_one_of_forty_cases(matches: int, within: float) -> None:
    """Of 1,000 worlds 25 are due, 5 more or less by chance. With so few matches that their rounds widen the interval,
    fewer; drawn from just enough of them, a few more."""
    looks_better = sum(nothing_better(matches, within, seed).hi < 0 for seed in range(1_000))
    assert looks_better <= 40
    assert matches < LEAST_MAPS or looks_better >= 12


@pytest.mark.slow
def test_an_effect_of_groups_is_measured() -> None:
    rng = np.random.default_rng(3)
    groups = []
    for _ in range(150):
        offsets = rng.normal(size=30)
        groups.append((offsets, (rng.random(30) < sigmoid(offsets + rng.normal() * 0.7)).astype(np.float64)))
    assert effect_sd(groups) == pytest.approx(0.7, abs=0.15)


def test_the_rule_engine_by_hand() -> None:
    columns = np.zeros((1, len(AT)))
    for name, value in {"ct_alive": 4, "t_alive": 3, "ct_equipment": 20_000, "t_equipment": 10_000}.items():
        columns[0, AT[name]] = value
    assert rule(columns) == pytest.approx([0.7])
    columns[0, AT["is_planted"]] = 1
    assert rule(columns) == pytest.approx([0.45])


def test_the_alive_table_counts() -> None:
    columns = np.zeros((200, len(AT)))
    columns[:, AT["ct_alive"]], columns[:, AT["t_alive"]] = 5, 3
    y = np.ones(200)
    assert alive_table(columns, y, columns[:1]) == pytest.approx([1.0])
    columns[:100, AT["t_alive"]], y[:100] = 5, 0.0
    assert alive_table(columns, y, columns[:1])[0] == pytest.approx((50 * 0.5) / 150)
