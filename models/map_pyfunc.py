"""The map model as MLflow loads it: a table of scores in, chances out, computed by the same code as on air.

Belongs here: conversion from a data frame to the predictor and back. Does not belong here: MLflow itself
(`models.registry`). The logged model names this module, which imports nothing of MLflow.
"""

from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from models.predictor import Predictor, load_predictor
from models.score import Score

COLUMNS: tuple[str, ...] = Score.__struct_fields__
OUTPUTS = ("p_a", "lo", "hi")


class MapTable:
    """`predict` takes a row per score and a column per field of `models.score.Score`; null where unknown."""

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor

    def predict(self, frame: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Team A's published chance of the map and its 90 % interval, as if the current round were not yet live.

        Raises `ValidationError` that names a bad field.
        """
        told = [
            self.predictor.forecast(None, score_of_row(row)).map
            for row in frame[list(COLUMNS)].to_dict("records")
        ]
        columns = {"p_a": [p.p_a for p in told], "lo": [p.lo for p in told], "hi": [p.hi for p in told]}
        return pd.DataFrame(columns, index=frame.index, columns=list(OUTPUTS))


def score_of_row(row: dict[Any, Any]) -> Score:
    """The score in a row of a data frame, which has one kind of missing value and turns
    integers beside one into floats."""
    plain = {name: None if pd.isna(value) else value for name, value in row.items()}
    whole = {name: int(v) if isinstance(v, float) and v.is_integer() else v for name, v in plain.items()}
    told = {name: bool(v) if name == "previous_ct_won" and v is not None else v for name, v in whole.items()}
    return msgspec.convert(told, Score, strict=False)


def _load_pyfunc(data_path: str) -> MapTable:
    """MLflow's hook. Raises `BundleError` if the bundle is not what its manifest claims."""
    return MapTable(load_predictor(Path(data_path)))
