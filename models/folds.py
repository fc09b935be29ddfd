"""Folds: which maps are held out together, and when.

Belongs here: what must not be parted, and its division into folds. Does not belong here: what a fold is fitted with
or judged by (`models.candidates`, `models.contest`, `models.evaluation`).

The maps of a match share teams, players and form, and those of a day mostly a venue and a patch: a model that has seen
one is no stranger to the other. So days stay whole where there are enough of them, and matches always.
"""

from collections.abc import Hashable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from models.dataset import RecordedMap

LEAST_DAYS = 8
"""With fewer days, a fold of whole days is too uneven: matches are kept whole then."""

Folds = npt.NDArray[np.int64]


def units(maps: Sequence[RecordedMap]) -> Folds:
    """The unit of each map, numbered as they come up: its day, or its match where there are fewer than `LEAST_DAYS`."""
    days = {map_.day for map_ in maps}
    return _numbered([map_.day for map_ in maps]) if len(days) >= LEAST_DAYS else matches(maps)


def matches(maps: Iterable[RecordedMap]) -> Folds:
    """The match of each map, numbered as they come up."""
    return _numbered([map_.match_key for map_ in maps])


def match_count(maps: Iterable[RecordedMap]) -> int:
    return len({map_.match_key for map_ in maps})


def _numbered(keys: Sequence[Hashable]) -> Folds:
    number = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    return np.array([number[key] for key in keys], dtype=np.int64)


def folds_of(units_: Folds, count: int) -> Folds:
    """The fold of each map: whole units, the largest first, each to the fold with the fewest maps so far."""
    names, sizes = np.unique(units_, return_counts=True)
    held, fold_of = np.zeros(count, dtype=np.int64), dict[int, int]()
    for place in sorted(range(len(names)), key=lambda i: (-sizes[i], names[i])):
        fold = int(held.argmin())
        held[fold] += sizes[place]
        fold_of[int(names[place])] = fold
    return np.array([fold_of[int(unit)] for unit in units_], dtype=np.int64)


def folds_by_unit(maps: Sequence[RecordedMap], count: int) -> Folds:
    """`count` folds of the units of `maps`."""
    return folds_of(units(maps), count)
