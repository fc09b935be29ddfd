"""The models that a fold may switch to, by hash.

Belongs here: the look-up, with an implementation for predictors held in memory. Does not belong here: files, or which
model is champion when (`models.lineup`).
"""

from collections.abc import Iterable
from typing import Protocol

from models.predictor import Predictor


class Models(Protocol):
    """The look-up that a fold uses. Equal hashes must give equal models for as long as a match is folded."""

    def find(self, model_hash: str) -> Predictor | None:
        """The model with that hash; null if it is unknown or cannot be loaded."""


class Shelf:
    """Predictors in memory. A fold with one model has a shelf of one."""

    def __init__(self, predictors: Iterable[Predictor | None] = ()) -> None:
        self._by_hash = {p.model_hash: p for p in predictors if p is not None}

    def find(self, model_hash: str) -> Predictor | None:
        return self._by_hash.get(model_hash)
