"""The models that a fold may switch to, by their hash.

Belongs here: the look-up, for those who hold their predictors in memory. Does not belong here: files, and which model
is champion when (`models.lineup`).
"""

from collections.abc import Iterable
from typing import Protocol

from models.predictor import Predictor


class Models(Protocol):
    """What a fold asks. Equal hashes give equal models for as long as a match is folded."""

    def find(self, model_hash: str) -> Predictor | None:
        """The model of that hash; null where it is unknown or cannot be loaded."""


class Shelf:
    """Predictors in memory. A fold with one model has a shelf of one."""

    def __init__(self, predictors: Iterable[Predictor | None] = ()) -> None:
        self._by_hash = {p.model_hash: p for p in predictors if p is not None}

    def find(self, model_hash: str) -> Predictor | None:
        return self._by_hash.get(model_hash)
