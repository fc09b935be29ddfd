"""Checks of what is learned from: each finds the defect that it is named after, and nothing in true rows."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.lake import files
from adapters.lake.partitions import Partition
from adapters.lake.tables import STATES
from models.dataset import RecordedMap
from orchestration.learning import Evidence, Learnable, evidence, learnable
from orchestration.training_checks import on_rows
from tests.models.rows import made_map, made_maps
from tests.orchestration.made_lake import put, write

MAPS = 6
Against = Mapping[Partition, Evidence]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Learnable], Against]:
    root = tmp_path_factory.mktemp("lake")
    for map_ in made_maps(range(MAPS)):
        put(root, map_)
    found = learnable(root)
    return found, evidence(root, found)


def failing(maps: list[Learnable], against: Against) -> set[str | None]:
    return {check.check_name for check in on_rows(maps, against) if not check.passed}


def test_nothing_is_found_in_true_rows(rows: tuple[list[Learnable], Against]) -> None:
    assert failing(*rows) == set()


def of_the_round_before(map_: RecordedMap) -> RecordedMap:
    """Every label that of the round before, in samples and starts alike: rows that agree with each other."""
    won = [start.ct_won for start in map_.starts]
    label = {start.round_no: won[max(n - 1, 0)] for n, start in enumerate(map_.starts)}
    return replace(
        map_,
        samples=tuple(replace(row, ct_won=label[row.round_no]) for row in map_.samples),
        starts=tuple(replace(row, ct_won=label[row.round_no]) for row in map_.starts),
    )


def of_another_winner(map_: RecordedMap) -> RecordedMap:
    """One round of one map alone, turned."""
    return replace(
        map_,
        samples=tuple(replace(r, ct_won=(r.round_no == 7) != r.ct_won) for r in map_.samples),
        starts=tuple(replace(r, ct_won=(r.round_no == 7) != r.ct_won) for r in map_.starts),
    )


def out_of_range(map_: RecordedMap) -> RecordedMap:
    first, *others = map_.samples
    return replace(map_, samples=(replace(first, features=replace(first.features, ct_alive=6)), *others))


def without_name(map_: RecordedMap) -> RecordedMap:
    return replace(map_, map_name="")


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        (of_the_round_before, {"label_leakage"}),
        (of_another_winner, {"label_leakage"}),
        (out_of_range, {"ranges"}),
        (without_name, {"null_shares"}),
    ],
)
def test_rows_that_were_broken_are_found(
    rows: tuple[list[Learnable], Against], broken: Callable[[RecordedMap], RecordedMap], found: set[str]
) -> None:
    (first, *others), against = rows
    assert failing([replace(first, map_=broken(first.map_)), *others], against) == found


def test_how_many_labels_are_the_winner_of_the_round_before_is_told(
    rows: tuple[list[Learnable], Against],
) -> None:
    maps, against = rows
    broken = [replace(each, map_=of_the_round_before(each.map_)) for each in maps]
    (labels, *_) = on_rows(broken, against)
    assert (labels.passed, str(labels.metadata["share"].value)) == (False, "1.0")


def test_a_map_that_is_there_twice_is_found(rows: tuple[list[Learnable], Against]) -> None:
    maps, against = rows
    assert failing([*maps, maps[0]], against) == {"split_leakage"}


def test_a_map_that_is_there_again_in_another_match_is_found(
    rows: tuple[list[Learnable], Against],
) -> None:
    maps, against = rows
    at = replace(maps[0].partition, match_id="series")
    again = Learnable(partition=at, map_=replace(maps[0].map_, file=at.key, match="series", ids="series/map"))
    assert failing([*maps, again], {**against, at: against[maps[0].partition]}) == {"split_leakage"}


@pytest.mark.parametrize("features", ["another", None])
def test_rows_of_another_definition_of_the_features_are_found(
    rows: tuple[list[Learnable], Against], features: str | None
) -> None:
    maps, against = rows
    at = maps[2].partition
    assert failing(maps, {**against, at: replace(against[at], features=features)}) == {"feature_schema"}


def test_states_without_an_outcome_are_counted(tmp_path: Path) -> None:
    map_ = made_map(1)
    put(tmp_path, map_)
    [found] = learnable(tmp_path)
    at = found.partition
    assert evidence(tmp_path, [found])[at].undecided == 0.0
    rows = files.read(tmp_path, STATES, at).to_pylist()
    write(
        tmp_path, STATES, at, rows=[{**row, "ct_won": None if row["round_no"] < 3 else True} for row in rows]
    )
    share = sum(row["round_no"] < 3 for row in rows) / len(rows)
    [found] = learnable(tmp_path)
    assert evidence(tmp_path, [found])[at].undecided == pytest.approx(share)
    assert "null_shares" in failing([found], evidence(tmp_path, [found]))


def test_rows_without_facts_are_found(rows: tuple[list[Learnable], Against], tmp_path: Path) -> None:
    maps, against = rows
    at = maps[2].partition
    assert failing(maps, {**against, at: replace(against[at], ct_won={})}) == {"label_leakage"}
    assert evidence(tmp_path, maps)[at] == Evidence()
