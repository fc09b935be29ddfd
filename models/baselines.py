"""Baselines that a win-probability model has to beat.

Belongs here: the constant, the table by players alive and the rule engine, all from raw columns. Does not belong here:
plain LightGBM, which has to be trained (`models.evaluation`).
"""

import numpy as np
import numpy.typing as npt

from game.features import FEATURE_NAMES
from models.logistic import Matrix

AT = {name: index for index, name in enumerate(FEATURE_NAMES)}
PRIOR_ROWS = 50.0


def constant(train_y: Matrix, columns: Matrix) -> Matrix:
    """CT's share of the training rows, as the prediction for every row."""
    return np.full(len(columns), train_y.mean())


def alive_table(train_columns: Matrix, train_y: Matrix, columns: Matrix) -> Matrix:
    """CT's share by players alive on each side and bomb planted or not, shrunk towards the overall share."""
    won, seen = np.zeros(72), np.zeros(72)
    np.add.at(won, _cell(train_columns), train_y)
    np.add.at(seen, _cell(train_columns), 1.0)
    shares = (won + PRIOR_ROWS * train_y.mean()) / (seen + PRIOR_ROWS)
    return np.asarray(shares[_cell(columns)], dtype=np.float64)


def rule(columns: Matrix) -> Matrix:
    """`0.5 + 0.15 * alive_diff + 0.05 * equip_diff / 10000 - 0.25 * is_planted`, clipped to 0.05 to 0.95."""
    alive = columns[:, AT["ct_alive"]] - columns[:, AT["t_alive"]]
    equipment = columns[:, AT["ct_equipment"]] - columns[:, AT["t_equipment"]]
    planted = columns[:, AT["is_planted"]]
    return np.asarray(np.clip(0.5 + 0.15 * alive + 0.05 * equipment / 10_000 - 0.25 * planted, 0.05, 0.95))


def _cell(columns: Matrix) -> npt.NDArray[np.int64]:
    ct, t = (np.clip(columns[:, AT[name]], 0, 5).astype(int) for name in ("ct_alive", "t_alive"))
    return np.asarray(ct * 12 + t * 2 + columns[:, AT["is_planted"]].astype(int), dtype=np.int64)
