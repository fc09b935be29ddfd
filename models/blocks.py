"""Feature blocks that can be left out of a fit, to measure what each is worth or to choose a smaller model.

Belongs here: the blocks, the terms that depend on them, and matrices without them. Does not belong here: fitting, or
choosing among blocks (`models.candidates`).

A term depends on a feature if changing the feature ever changes the term. This is found by trial, so a new term cannot
be forgotten. A column of zeros gets no weight and no split, so inference needs no knowledge of left-out blocks.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from random import Random
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from game.features import FEATURE_NAMES
from models.monotone import random_features
from models.terms import terms

Matrix = npt.NDArray[np.float64]
BLOCKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "health": ("ct_hp", "t_hp"),
        "armour": ("ct_armor", "t_armor", "ct_helmets", "t_helmets"),
        "equipment": ("ct_equipment", "t_equipment"),
        "grenades": ("ct_grenades", "t_grenades"),
        "primaries": ("ct_primaries", "t_primaries"),
        "kits": ("ct_kits",),
        "clock": ("round_left_s", "bomb_left_s"),
        "pistol": ("is_pistol",),
        "defuse": ("is_defusing", "can_defuse_finish", "defuse_progress"),
    }
)
TRIED = 400
"""Number of random states at each of which every feature is changed."""


def features_of(off: Sequence[str]) -> list[int]:
    """The column indices of the features in the blocks `off`. Raises `KeyError` for an unknown block."""
    return sorted(FEATURE_NAMES.index(name) for block in off for name in BLOCKS[block])


def terms_of(off: Sequence[str]) -> list[int]:
    """The column indices of the terms that depend on features in the blocks `off`."""
    return sorted({term for block in off for name in BLOCKS[block] for term in _terms_by_feature()[name]})


@cache
def _terms_by_feature() -> Mapping[str, set[int]]:
    rng = Random("midround/blocks")
    found = {name: set[int]() for names in BLOCKS.values() for name in names}
    for _ in range(TRIED):
        one, other = random_features(rng), random_features(rng)
        before = terms(one)
        for name, changed in found.items():
            held = getattr(one, name)
            value: Any = not held if isinstance(held, bool) else getattr(other, name)
            after = terms(replace(one, **{name: value}))
            changed |= {i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b}
    return found


def without(off: Sequence[str], x: Matrix, columns: Matrix) -> tuple[Matrix, Matrix]:
    """(terms, raw columns) with all columns that belong to the blocks `off` set to 0."""
    x, columns = x.copy(), columns.copy()
    x[:, terms_of(off)] = 0.0
    columns[:, features_of(off)] = 0.0
    return x, columns
