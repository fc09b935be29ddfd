"""The watch does not cry wolf more often than it promises, and cries soon when the champion has become wrong."""

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from models.logistic import sigmoid
from models.watch import TWINS, Watch, Watched, drawn_rows, log_ratios, watched
from tests.models.rows import made_map

SD = 0.3
SEEDS, MAPS = 100, 30


def played(rng: np.random.Generator, *, slope: float = 1.0, shift: float = 0.0, sd: float = SD) -> Watched:
    """A map of 24 rounds whose champion tells `p`; in truth its log odds times slope, plus shift and team effect."""
    margin, half = rng.normal(0.0, 1.5, 24), np.repeat([1.0, 2.0], 12)
    effect = rng.normal(0.0, sd, 2)[half.astype(int) - 1]
    won = (rng.random(24) < sigmoid(slope * margin + shift + effect)).astype(np.float64)
    return Watched(p=sigmoid(margin), won=won, half=half)


def watch(seed: int, maps: int, **world: float) -> Watch:
    rng, state = np.random.default_rng(seed), Watch()
    for _ in range(maps):
        state = state.after(played(rng, **world), map_sd=SD)
    return state


@pytest.mark.proof
def test_under_calibration_alarms_are_as_rare_as_promised() -> None:
    """At 5 %, looking after each of 30 maps: at most 5 % of 100 seasons, with three standard errors."""
    alarms = sum(watch(seed, MAPS).is_alarm(0.05) for seed in range(SEEDS))
    assert alarms <= SEEDS * 0.05 + 3 * (SEEDS * 0.05 * 0.95) ** 0.5


@pytest.mark.slow
def test_a_likelihood_ratio_has_the_mean_one_where_the_champion_is_right() -> None:
    rng = np.random.default_rng(7)
    ratios = np.exp([log_ratios(played(rng), map_sd=SD) for _ in range(600)])
    mild = [i for i, (slope, shift) in enumerate(TWINS) if slope == 1.0 and abs(shift) <= 0.3]
    assert np.allclose(ratios[:, mild].mean(axis=0), 1.0, atol=0.12)


@pytest.mark.parametrize(
    ("world", "slope"), [({"shift": -0.6}, 1.0), ({"slope": 0.5}, 0.6), ({"slope": 1.8}, 1.5)]
)
def test_a_champion_that_is_wrong_is_found_within_thirty_maps(world: dict[str, float], slope: float) -> None:
    states = [watch(seed, 30, **world) for seed in range(4)]
    assert all(state.is_alarm() for state in states)
    assert sum(state.twin()[0] == slope for state in states) >= 3


def test_an_alarm_stays_and_the_state_survives_being_written_down() -> None:
    wrong = watch(1, 20, shift=-0.6)
    rng = np.random.default_rng(2)
    later = wrong
    for _ in range(40):
        later = later.after(played(rng), map_sd=SD)
    assert wrong.is_alarm()
    assert later.is_alarm()
    assert msgspec.json.decode(msgspec.json.encode(later), type=Watch) == later


def test_a_row_at_most_is_drawn_of_each_round() -> None:
    map_ = made_map(1)
    rows = list(drawn_rows(map_))
    numbers = [row.round_no for row in rows]
    assert numbers == sorted(set(numbers))
    assert all(row.is_clock for row in rows)
    assert rows == list(drawn_rows(map_))
    seen = watched(map_, [0.5] * len(rows))
    assert seen.half.tolist() == [1.0 if number <= 12 else 2.0 for number in numbers]
    assert seen.won.tolist() == [float(map_.starts[number - 1].ct_won) for number in numbers]


def test_how_long_a_round_lasts_decides_only_whether_it_was_live_at_its_second() -> None:
    """Rounds cut off where the side that won them ended them early: what was drawn before that stays."""
    map_ = made_map(3)
    whole = {row.round_no: row for row in drawn_rows(map_)}
    cut = replace(map_, samples=tuple(s for s in map_.samples if not s.ct_won or s.second <= 30))
    kept = {row.round_no: row for row in drawn_rows(cut)}
    assert len(kept) < len(whole)
    assert all(whole[number] == row for number, row in kept.items())
    assert {number for number in whole if not whole[number].ct_won} <= kept.keys()
