"""Cross-validation folds: which maps are held out together.

Belongs here: the units that must stay together, and their division into folds. Does not belong here: what is fitted or
evaluated on a fold (`models.candidates`, `models.contest`, `models.evaluation`).

The maps of a match share teams, players and form, and those of a day mostly a venue and a patch, so a model that has
seen one of them partly knows the others. Therefore matches always stay whole, and days too if there are enough of
them.
"""

from collections.abc import Hashable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from models.dataset import RecordedMap

LEAST_DAYS = 8
"""With fewer days, folds of whole days are too uneven, and only matches are kept whole."""

Folds = npt.NDArray[np.int64]


def units(maps: Sequence[RecordedMap]) -> Folds:
    """The unit of each map, numbered in order of appearance: its day, or its match if there are
    fewer than `LEAST_DAYS` days."""
    days = {map_.day for map_ in maps}
    return _numbered([map_.day for map_ in maps]) if len(days) >= LEAST_DAYS else matches(maps)


def matches(maps: Iterable[RecordedMap]) -> Folds:
    """The match of each map, numbered in order of appearance."""
    return _numbered([map_.match_key for map_ in maps])


def match_count(maps: Iterable[RecordedMap]) -> int:
    return len({map_.match_key for map_ in maps})


def _numbered(keys: Sequence[Hashable]) -> Folds:
    number = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    return np.array([number[key] for key in keys], dtype=np.int64)


def folds_of(units_: Folds, count: int) -> Folds:
    """The fold of each map. Whole units are assigned, largest first, to the fold with the fewest maps so far."""
    names, sizes = np.unique(units_, return_counts=True)
    held, fold_of = np.zeros(count, dtype=np.int64), dict[int, int]()
    for place in sorted(range(len(names)), key=lambda i: (-sizes[i], names[i])):
        fold = int(held.argmin())
        held[fold] += sizes[place]
        fold_of[int(names[place])] = fold
    return np.array([fold_of[int(unit)] for unit in units_], dtype=np.int64)


def folds_by_unit(maps: Sequence[RecordedMap], count: int) -> Folds:
    """The fold of each map, for `count` folds of the units of `maps`."""
    return folds_of(units(maps), count)
