"""The round model: CT's chance to win the running round, with its spread.

Belongs here: weights, the margin, the residual of the booster, what the rules decide by themselves. Does not belong
here: the terms (`models.terms`), rounding for publication (`models.forecast`), fitting (`models.training`).

margin = intercept + weights x terms + booster(features), all in log odds; the booster was trained from the logistic
margin as its start, and LightGBM's predict leaves that start out.
"""

from math import exp, sqrt
from operator import mul

from msgspec import Struct

from game.features import FEATURE_NAMES, Features
from game.payloads import Side
from models.booster import Booster
from models.terms import terms


class RoundWeights(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rounded decimals, on raw terms.

    `spread` holds the leading directions of the bootstrap refits' covariance, each with its intercept first; `map_sd`
    is the standard deviation of a map's own deviation from the model: who plays is not among the inputs.
    """

    terms: tuple[str, ...]
    intercept: float
    weights: tuple[float, ...]
    spread: tuple[tuple[float, ...], ...]
    map_sd: float


class RoundModel:
    """Weights and booster together. Frozen by habit: nothing in it changes after construction."""

    def __init__(self, weights: RoundWeights, booster_text: str) -> None:
        self._weights = weights
        self._directions = tuple((direction[0], direction[1:]) for direction in weights.spread)
        self._variance = weights.map_sd**2
        self._booster = Booster(booster_text, len(FEATURE_NAMES))

    def margin(self, features: Features) -> tuple[float, float]:
        """(log odds of CT, their standard deviation)."""
        values = terms(features)
        weights = self._weights
        logistic = weights.intercept + sum(map(mul, weights.weights, values))
        variance = self._variance
        for start, direction in self._directions:
            variance += (start + sum(map(mul, direction, values))) ** 2
        return logistic + self._booster.raw(row(features)), sqrt(variance)

    def logistic(self, features: Features) -> float:
        """The margin without the booster."""
        return self._weights.intercept + float(sum(map(mul, self._weights.weights, terms(features))))


def row(features: Features) -> tuple[float, ...]:
    """The booster's columns: the features in the order of `FEATURE_NAMES`."""
    return tuple(map(features.__getattribute__, FEATURE_NAMES))


def decided(features: Features) -> Side | None:
    """The side that has won by the rules: the other has nobody left and no bomb ticks for it.

    With all Ts dead and the bomb planted the round goes on; with nobody left at all the feed is not to be
    trusted.
    """
    if features.ct_alive == 0 and features.t_alive > 0:
        return "t"
    if features.t_alive == 0 and features.ct_alive > 0 and not features.is_planted:
        return "ct"
    return None


def probability(log_odds: float) -> float:
    """The logistic function, without overflow."""
    if log_odds >= 0:
        return 1.0 / (1.0 + exp(-log_odds))
    grown = exp(log_odds)
    return grown / (1.0 + grown)
