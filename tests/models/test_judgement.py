"""Figures of a judgement: slices cover each row once, a martingale does not drift, pictures and tables are whole."""

from datetime import date, timedelta

import numpy as np
import pytest
from msgspec.structs import replace

from game.features import FEATURE_NAMES
from models import plots, tables
from models.calibration import Interval
from models.contest import CHAMPION, Contest, split_by_date
from models.dataset import RecordedMap
from models.evaluation import Table, judged_by, map_sd
from models.fitting import Rows
from models.judgement import coverage, drift, judge
from models.logistic import Matrix
from models.slices import DIMENSIONS, slices_of
from models.start_judgement import starts_judged
from models.tables import OURS
from models.worth import BlockWorth, Learned
from tests.models.rows import champion_of, made_map, made_maps, truth

MAPS = made_maps(range(1, 9))
ONE_MATCH = np.zeros(1, dtype=np.int64)


def known(train: Rows, test: Rows) -> dict[str, Matrix]:
    """The truth of the made-up world, and a champion that is too sure."""
    names = {name: test.columns[:, i] for i, name in enumerate(FEATURE_NAMES)}
    margin = (
        1.5 * np.log((names["ct_alive"] + 0.5) / (names["t_alive"] + 0.5))
        + 0.7 * np.log((names["ct_hp"] + 20) / (names["t_hp"] + 20))
        - 0.8 * names["is_planted"]
    )
    return {OURS: 1 / (1 + np.exp(-margin)), CHAMPION: 1 / (1 + np.exp(-3 * margin))}


def table() -> Table:
    return judged_by(MAPS, np.arange(len(MAPS), dtype=np.int64) % 2, known)


def contest() -> Contest:
    starts = starts_judged(MAPS, np.arange(len(MAPS), dtype=np.int64) % 2, seed=1)
    return Contest(mode="out of fold", table=table(), starts=starts, maps=tuple(MAPS), choices=())


def test_the_table_holds_the_truth() -> None:
    found = table()
    first = MAPS[0].samples[0]
    assert found.p[OURS][0] == np.float64(truth(first.features)) or np.isclose(
        found.p[OURS][0], truth(first.features)
    )


def test_each_clock_row_is_in_one_slice_of_each_dimension() -> None:
    found = table()
    covered = {dimension: np.zeros(len(found.y), dtype=int) for dimension in DIMENSIONS}
    for piece in slices_of(found, MAPS):
        covered[piece.dimension] += piece.mask
    for dimension, count in covered.items():
        assert np.array_equal(count, found.is_clock.astype(int)), dimension


def test_a_round_whose_equipment_was_never_told_is_of_no_buy_class() -> None:
    """A side that carries nothing was not told of: whoever lives has a pistol. Pistols and overtimes are known."""
    found = table()
    untold = [
        replace(map_, starts=tuple(replace(start, t_equipment=0) for start in map_.starts)) for map_ in MAPS
    ]
    classes = {piece.name for piece in slices_of(found, untold) if piece.dimension == "buy class"}
    assert classes == {"pistol", "unknown"}
    late = [replace(map_, starts=tuple(replace(s, is_overtime=True) for s in map_.starts)) for map_ in untold]
    classes = {piece.name for piece in slices_of(found, late) if piece.dimension == "buy class"}
    assert classes == {"pistol", "CT full, T full"}


def test_a_model_that_says_no_number_is_named_and_not_judged_on_the_rest() -> None:
    def silent(train: Rows, test: Rows) -> dict[str, Matrix]:
        told = known(train, test)
        told[OURS][3] = np.nan
        return told

    with pytest.raises(ValueError, match="ours says something that is no number of 2 rows"):
        judged_by(MAPS, np.arange(len(MAPS), dtype=np.int64) % 2, silent)


def test_the_truth_beats_a_champion_that_is_too_sure_in_every_way() -> None:
    judged = judge(contest(), map_sd=0.05)
    ours, champion = judged.clock
    assert champion.paired is not None
    assert champion.paired.hi < 0
    assert ours.ece <= ours.ece_floor
    assert champion.ece > champion.ece_floor
    assert {piece.dimension for piece in judged.slices} >= {"phase", "alive difference", "pistol", "map"}
    last = judged.drift[-1]
    assert last.until_s is None
    assert last.change.lo <= 0 <= last.change.hi
    assert judged.coverage.covered > 0.6


def test_drift_counts_an_ended_round_with_its_outcome() -> None:
    """Two rounds of one map: .5 to .7 at second 30, and .4 to the end before it, won."""
    columns = np.zeros((5, len(FEATURE_NAMES)))
    made = Table(
        p={OURS: np.array([0.5, 0.6, 0.7, 0.4, 0.5])},
        y=np.array([0.0, 0.0, 0.0, 1.0, 1.0]),
        columns=columns,
        map_index=np.zeros(5),
        round_no=np.array([1.0, 1.0, 1.0, 2.0, 2.0]),
        second=np.array([0.0, 20.0, 30.0, 0.0, 10.0]),
        is_clock=np.ones(5, dtype=bool),
    )
    assert np.isclose(drift(made, 30, ONE_MATCH).change.value, (0.2 + 0.6) / 2)
    assert np.isclose(drift(made, None, ONE_MATCH).change.value, (-0.5 + 0.6) / 2)
    assert drift(made, 30, ONE_MATCH).rounds == 2


def test_coverage_falls_where_teams_are_worth_more_than_is_published() -> None:
    rng = np.random.default_rng(5)
    halves, each = 200, 12
    effect = np.repeat(rng.normal(0.0, 1.0, halves), each)
    won = (rng.random(halves * each) < 1 / (1 + np.exp(-effect))).astype(np.float64)
    made = Table(
        p={OURS: np.full(halves * each, 0.5)},
        y=won,
        columns=np.zeros((halves * each, len(FEATURE_NAMES))),
        map_index=np.repeat(np.arange(halves, dtype=np.float64), each),
        round_no=np.tile(np.arange(1.0, each + 1), halves),
        second=np.full(halves * each, 20.0),
        is_clock=np.ones(halves * each, dtype=bool),
    )
    assert coverage(made, map_sd=0.1).covered < 0.7
    assert abs(coverage(made, map_sd=1.0).covered - 0.9) < 0.07


def test_halves_are_those_in_which_teams_keep_their_sides() -> None:
    """In overtime they swap every three rounds; halves of two maps are never one."""
    rounds = np.array([1.0, 12.0, 13.0, 24.0, 25.0, 27.0, 28.0, 30.0, 31.0])
    made = Table(
        p={OURS: np.full(18, 0.5)},
        y=np.zeros(18),
        columns=np.zeros((18, len(FEATURE_NAMES))),
        map_index=np.repeat([0.0, 1.0], 9),
        round_no=np.tile(rounds, 2),
        second=np.full(18, 20.0),
        is_clock=np.ones(18, dtype=bool),
    )
    halves = made.halves().tolist()
    assert halves[:9] == [1, 1, 2, 2, 3, 3, 4, 4, 5]
    assert not set(halves[:9]) & set(halves[9:])
    assert coverage(made, map_sd=0.1).halves == 10


def test_an_effect_of_teams_in_overtime_is_not_averaged_away_by_the_swap() -> None:
    """CT win every round of an overtime half, then none: over six rounds level, over three far from it."""
    count = 300
    made = Table(
        p={OURS: np.full(count, 0.5)},
        y=np.tile([1.0, 1.0, 1.0, 0.0, 0.0, 0.0], count // 6),
        columns=np.zeros((count, len(FEATURE_NAMES))),
        map_index=np.repeat(np.arange(count / 6), 6),
        round_no=np.tile(np.arange(25.0, 31.0), count // 6),
        second=np.full(count, 20.0),
        is_clock=np.ones(count, dtype=bool),
    )
    assert map_sd(made) > 0.5


@pytest.mark.slow
def test_maps_are_held_out_by_whole_days_and_only_new_ones() -> None:
    champion = champion_of(MAPS)
    new = [replace(made_map(n), day=date(2026, 3, 1 + n // 4)) for n in range(9, 45)]
    split = split_by_date([*MAPS, *new], champion)
    assert split is not None
    assert {map_.day for map_ in split.earlier}.isdisjoint(map_.day for map_ in split.later)
    assert len(split.later) >= 12
    assert not {map_.file for map_ in split.later} & set(champion.seen)
    assert split_by_date(MAPS, champion) is None
    assert split_by_date([*MAPS, *new[:3]], champion) is None


def new_maps(count: int, *, of_a_match: int = 1) -> list[RecordedMap]:
    """Two maps a day, in matches of some."""
    return [
        replace(
            made_map(9 + n), day=date(2026, 3, 1) + timedelta(days=n // 2), match=f"match {n // of_a_match}"
        )
        for n in range(count)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("count", "of_a_match", "later"), [(33, 1, None), (36, 1, 12), (36, 2, None), (72, 2, 24)]
)
def test_twelve_matches_are_held_out_or_none(count: int, of_a_match: int, later: int | None) -> None:
    split = split_by_date([*MAPS, *new_maps(count, of_a_match=of_a_match)], champion_of(MAPS))
    assert (None if split is None else len(split.later)) == later


@pytest.mark.slow
def test_maps_of_a_match_are_one_piece_of_evidence() -> None:
    """Every row four times over, as maps of the same matches, says no more than once; as maps of other ones it does."""
    whole = judge(contest(), map_sd=0.05)
    copies = [replace(map_, match=map_.file) for map_ in MAPS * 4]
    strangers = [replace(map_, match=f"{map_.file} {n // len(MAPS)}") for n, map_ in enumerate(MAPS * 4)]
    folds = np.arange(len(copies), dtype=np.int64) % 2
    table, starts = judged_by(copies, folds, known), starts_judged(copies, folds, seed=1)
    same, other = (
        judge(
            Contest(mode="out of fold", table=table, starts=starts, maps=tuple(maps), choices=()), map_sd=0.05
        )
        for maps in (copies, strangers)
    )
    assert (whole.matches, same.matches, other.matches) == (8, 8, 32)
    assert (same.maps, other.maps) == (32, 32)
    paired = [each.clock[1].paired for each in (whole, same, other)]
    widths = [0.0 if interval is None else interval.hi - interval.lo for interval in paired]
    assert widths[1] == pytest.approx(widths[0])
    assert 0.0 < widths[2] < 0.7 * widths[0]
    drifts = [each.drift[-1].change for each in (whole, same, other)]
    assert drifts[2].hi - drifts[2].lo < 0.7 * (drifts[1].hi - drifts[1].lo)


def test_tables_have_a_line_a_row_and_intervals_three_columns() -> None:
    judged = judge(contest(), map_sd=0.05)
    lines = tables.csv(judged.clock).splitlines()
    assert lines[0].startswith("model,rows,log_loss,log_loss_lo,log_loss_hi,ece")
    assert len(lines) == 1 + len(judged.clock)
    assert {line.count(",") for line in lines} == {lines[0].count(",")}
    text = tables.markdown(judged.clock)
    assert text.count("\n") == 2 + len(judged.clock)
    assert "champion" in text
    assert tables.csv(()) == tables.markdown(()) == ""


@pytest.mark.slow
def test_pictures_are_png_and_equal_for_equal_figures() -> None:
    judged, some = judge(contest(), map_sd=0.05), Interval(0.1, 0.0, 0.2)
    drawn = [
        [
            plots.reliability(table()),
            plots.slices(judged.slices),
            plots.learning_curve([Learned(maps=n, log_loss=some, paired=some) for n in (2, 4)]),
            plots.blocks([BlockWorth(block="kits", log_loss=some, paired=some)]),
        ]
        for _ in range(2)
    ]
    assert drawn[0] == drawn[1]
    assert all(picture.startswith(b"\x89PNG") and len(picture) > 5_000 for picture in drawn[0])
