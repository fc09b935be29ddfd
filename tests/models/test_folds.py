"""What belongs together is held out together, and folds are of even size."""

from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.dataset import RecordedMap
from models.folds import LEAST_DAYS, folds_by_unit, units

DAY = date(2026, 5, 1)


def _map(file: str, *, day: int, match: str = "") -> RecordedMap:
    return RecordedMap(
        file=file,
        map_name="de_nuke",
        day=DAY + timedelta(days=day),
        samples=(),
        starts=(),
        a_won=True,
        match=match,
    )


PLAYED = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 8)), min_size=1, max_size=60)


@given(PLAYED, st.integers(2, 8))
def test_no_unit_is_parted_and_every_fold_is_used_where_there_are_units_enough(
    played: list[tuple[int, int]], count: int
) -> None:
    maps = [_map(f"{i}", day=day, match=f"{day}-{match}") for i, (day, match) in enumerate(played)]
    of_map = folds_by_unit(maps, count)
    by_days = len({map_.day for map_ in maps}) >= LEAST_DAYS
    together = [map_.day if by_days else map_.match for map_ in maps]
    for unit in set(together):
        assert len({int(fold) for fold, own in zip(of_map, together, strict=True) if own == unit}) == 1
    assert len(set(of_map.tolist())) == min(count, len(set(together)))


@given(PLAYED, st.integers(2, 8))
def test_no_fold_is_larger_than_another_by_more_than_a_unit(
    played: list[tuple[int, int]], count: int
) -> None:
    maps = [_map(f"{i}", day=0, match=str(match)) for i, (_, match) in enumerate(played)]
    sizes = np.bincount(folds_by_unit(maps, count), minlength=count)
    assert sizes.max() - sizes.min() <= np.bincount(units(maps)).max()


def test_maps_of_unknown_matches_are_units_of_their_own() -> None:
    assert units([_map("a", day=0), _map("b", day=0), _map("c", day=1)]).tolist() == [0, 1, 2]


def test_with_days_enough_a_day_is_a_unit() -> None:
    maps = [_map(f"{day}{i}", day=day) for day in range(LEAST_DAYS) for i in range(2)]
    assert units(maps).tolist() == [day for day in range(LEAST_DAYS) for _ in range(2)]
