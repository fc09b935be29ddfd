"""The round model: CT's chance to win the current round, with its standard deviation.

Belongs here: weights, the margin, the booster's residual, rounds that the rules decide. Does not belong here: the terms
(`models.terms`), rounding for publication (`models.forecast`), fitting (`models.fitting`).

margin = intercept + weights x terms + booster(features), all in log odds. The booster was trained from the logistic
margin as its start, which LightGBM's prediction does not include.
"""

from math import exp, sqrt
from operator import attrgetter, mul

from msgspec import Struct

from game.features import FEATURE_NAMES, Features
from game.payloads import Side
from models.booster import Booster
from models.terms import terms


class RoundWeights(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The logistic part: rounded weights on raw terms.

    `map_sd` is the standard deviation of a map's own deviation from the model, since the inputs do not say who
    plays.
    """

    terms: tuple[str, ...]
    intercept: float
    weights: tuple[float, ...]
    map_sd: float


class RoundModel:
    """Weights and boosters together. Immutable.

    `spread` predicts the standard deviation of log odds over bootstrap refits at given features.
    """

    def __init__(self, weights: RoundWeights, *, booster: Booster, spread: Booster) -> None:
        self._intercept = weights.intercept
        self._weights = weights.weights
        self._map_variance = weights.map_sd**2
        self._booster = booster
        self._spread = spread

    def margin(self, features: Features) -> tuple[float, float]:
        """(log odds of CT, their standard deviation)."""
        columns = row(features)
        logistic = self._intercept + sum(map(mul, self._weights, terms(features)))
        sd = self._spread.raw(columns)
        return logistic + self._booster.raw(columns), sqrt(self._map_variance + sd * sd)


_columns = attrgetter(*FEATURE_NAMES)


def row(features: Features) -> list[float]:
    """The booster's columns: the features in the order of `FEATURE_NAMES`."""
    return list(_columns(features))


def decided(features: Features) -> Side | None:
    """The side that has won by the rules: the other has no player alive and, if that is T, no planted bomb.

    With all Ts dead and the bomb planted the round goes on. With no player alive on either side the feed is not
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
