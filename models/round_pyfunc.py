"""The round model as MLflow loads it: a table of features in, chances out, by the very fast path that runs on air.

Belongs here: the way from a data frame to the predictor and back. Does not belong here: MLflow itself
(`models.registry`); this module is named in the logged model, and imports nothing of it.
"""

from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from game.features import FEATURE_NAMES, Features
from models.predictor import Predictor, load_predictor

OUTPUTS = ("p_ct", "lo", "hi")


class RoundTable:
    """`predict` takes a column for each feature, a row for each state of live play."""

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor

    def predict(self, frame: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """CT's published chance of the round and its 90 % interval. Raises `ValidationError` naming a bad feature."""
        rows = frame[list(FEATURE_NAMES)].to_dict("records")
        told = [self.predictor.live_round(features_of(row)) for row in rows]
        columns = {"p_ct": [p.p_ct for p in told], "lo": [p.lo for p in told], "hi": [p.hi for p in told]}
        return pd.DataFrame(columns, index=frame.index, columns=list(OUTPUTS))


def features_of(row: dict[Any, Any]) -> Features:
    """Numbers of whatever width to the features' own."""
    plain = {name: value.item() if hasattr(value, "item") else value for name, value in row.items()}
    return msgspec.convert(plain, Features, strict=False)


def _load_pyfunc(data_path: str) -> RoundTable:
    """MLflow's hook. Raises `BundleError` for a bundle that is not what it claims to be."""
    return RoundTable(load_predictor(Path(data_path)))
