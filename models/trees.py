"""LightGBM's trees as model text: training them, and scoring many rows.

Belongs here: every use of the `lightgbm` package. It is imported inside the functions: with scipy and scikit-learn that
takes a second, and most processes of the batch path do neither. Does not belong here: what is trained on what
(`models.fitting`, `models.swing_fit`), scoring one row at a time (`models.booster`).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from game.features import FEATURE_NAMES
from models.logistic import Matrix


def grown(
    told: Mapping[str, Any], columns: Matrix, y: Matrix, *, count: int, start: Matrix | None = None
) -> str:
    """The model text of `count` trees on raw columns (in the order of `FEATURE_NAMES`), trained from the margin `start`
    (null: from LightGBM's own)."""
    import lightgbm

    data = lightgbm.Dataset(columns, y, init_score=start, feature_name=list(FEATURE_NAMES))
    text: str = lightgbm.train(dict(told), data, count).model_to_string()
    return text


def scores(text: str, columns: Matrix, *, first: int | None = None) -> Matrix:
    """The raw score of each row, without `start`; with `first` by only that many trees."""
    import lightgbm

    trees = lightgbm.Booster(model_str=text)
    raw = trees.predict(columns, raw_score=True, num_threads=1, num_iteration=first)
    return np.asarray(raw, dtype=np.float64)
