"""The round model as MLflow loads it: a table of features in, chances out, computed by the same code as on air.

Belongs here: conversion from a data frame to the predictor and back. Does not belong here: MLflow itself
(`models.registry`). The logged model names this module, which imports nothing of MLflow.
"""

from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from game.features import FEATURE_NAMES, Features
from models.predictor import Predictor, load_predictor

OUTPUTS = ("p_ct", "lo", "hi")


class RoundTable:
    """`predict` takes a column per feature and a row per state of live play."""

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor

    def predict(self, frame: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """CT's published chance of the round and its 90 % interval. Raises
        `ValidationError` that names a bad feature."""
        rows = frame[list(FEATURE_NAMES)].to_dict("records")
        told = [self.predictor.live_round(features_of(row)) for row in rows]
        columns = {"p_ct": [p.p_ct for p in told], "lo": [p.lo for p in told], "hi": [p.hi for p in told]}
        return pd.DataFrame(columns, index=frame.index, columns=list(OUTPUTS))


def features_of(row: dict[Any, Any]) -> Features:
    """The features in a row of a data frame; numbers of any width are converted."""
    plain = {name: value.item() if hasattr(value, "item") else value for name, value in row.items()}
    return msgspec.convert(plain, Features, strict=False)


def _load_pyfunc(data_path: str) -> RoundTable:
    """MLflow's hook. Raises `BundleError` if the bundle is not what its manifest claims."""
    return RoundTable(load_predictor(Path(data_path)))
