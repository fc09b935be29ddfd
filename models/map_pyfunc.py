"""The map model as MLflow loads it: a table of scores in, chances out, by the very fast path that runs on air.

Belongs here: the way from a data frame to the predictor and back. Does not belong here: MLflow itself
(`models.registry`); this module is named in the logged model, and imports nothing of it.
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
    """`predict` takes a column for each field of a score (`models.score`), a row for each; null where unknown."""

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor

    def predict(self, frame: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Team A's published chance of the map and its 90 % interval, the running round taken as not yet live.

        Raises `ValidationError` naming a bad field.
        """
        told = [
            self.predictor.forecast(None, score_of_row(row)).map
            for row in frame[list(COLUMNS)].to_dict("records")
        ]
        columns = {"p_a": [p.p_a for p in told], "lo": [p.lo for p in told], "hi": [p.hi for p in told]}
        return pd.DataFrame(columns, index=frame.index, columns=list(OUTPUTS))


def score_of_row(row: dict[Any, Any]) -> Score:
    """A data frame has one kind of missing value, and turns whole numbers beside one into decimals."""
    plain = {name: None if pd.isna(value) else value for name, value in row.items()}
    whole = {name: int(v) if isinstance(v, float) and v.is_integer() else v for name, v in plain.items()}
    told = {name: bool(v) if name == "previous_ct_won" and v is not None else v for name, v in whole.items()}
    return msgspec.convert(told, Score, strict=False)


def _load_pyfunc(data_path: str) -> MapTable:
    """MLflow's hook. Raises `BundleError` for a bundle that is not what it claims to be."""
    return MapTable(load_predictor(Path(data_path)))
