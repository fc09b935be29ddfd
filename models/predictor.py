"""The predictor: a bundle of models, loaded and ready to forecast.

Belongs here: loading, and combining round, map and series. Does not belong here: training and its libraries
(`models.training`), receipts (`models.receipt`), messages.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import log, sqrt
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from game.features import FEATURE_NAMES, SCHEMA_HASH, Features
from game.messages import Probability
from game.payloads import SIDES, Side
from game.state import MatchState
from models.booster import Booster, BoosterError
from models.bundle import (
    BOOSTER,
    MANIFEST,
    MAP,
    REGION,
    ROUND,
    SPREAD,
    SWING,
    SWING_TREES,
    Bundle,
    BundleError,
    read_bundle,
    read_champion,
)
from models.final_scores import Scores, map_scores, series_scores
from models.forecast import Z_90, Band, Forecast, chained, chance, published
from models.map_model import Chain, Ends, MapModel, Shape, Values, Weights, from_reached
from models.round_model import RoundModel, RoundWeights, decided, probability
from models.score import Outcome, Score, score_of
from models.series_model import UNKNOWN_MAP, Odds, series_value
from models.support import Region, Support
from models.swing_model import SwingModel, SwingWeights
from models.terms import TERM_NAMES

CHAMPION = Path(__file__).parent / "champion"
VALUE_OF: dict[Outcome, float] = {"A": 1.0, "B": 0.0, "draw": 0.5}
Part = TypeVar("Part")
FEATURES_LINE = f"feature_names={' '.join(FEATURE_NAMES)}"
"""The line in a LightGBM model text that names these features in this order."""
KEPT_OUTLOOKS = 4_096
"""Cache size for outlooks by score. A score lasts for a whole round."""
KEPT_SCORES = 256
"""Cache size for final scores. An entry is some hundred numbers and takes some milliseconds to compute."""
Edges = tuple[Values, Values, Values]
"""Value tables with team A at its expected strength, and at the lower and upper end of the interval."""


class Outlook(NamedTuple):
    """What a score implies for map and series for each outcome of the current round. `series_after` gives the series
    after the map is won and lost; or after the round is, if the map can be drawn, since its chance then says too
    little."""

    score: dict[str, Any]
    map_after: tuple[Band, Band]
    series_after: tuple[Band, Band]
    series_follows: Literal["map", "round"]


def load_predictor(folder: Path) -> "Predictor":
    """The predictor of the bundle in `folder`. Raises `BundleError` that names the bad
    file and what is wrong with it."""
    return Predictor(read_bundle(folder), folder)


def load_champion(folder: Path = CHAMPION) -> "Predictor":
    """The predictor of the bundle that `champion.json` in `folder` points to. Raises `BundleError`."""
    return load_predictor(read_champion(folder))


class Predictor:
    """Round, map and series model of one bundle. Immutable after loading, apart from caches:
    equal inputs give equal bytes."""

    def __init__(self, bundle: Bundle, folder: Path) -> None:
        manifest = bundle.manifest
        self.model_version = manifest.model_version
        self.model_hash = manifest.model_hash
        if manifest.feature_schema_hash != SCHEMA_HASH:
            raise BundleError(
                folder / MANIFEST, f"is for features {manifest.feature_schema_hash}, not {SCHEMA_HASH}"
            )
        weights = _decoded(bundle, folder, name=ROUND, kind=RoundWeights)
        if weights.terms != TERM_NAMES:
            raise BundleError(folder / ROUND, "is for other terms")
        if len(weights.weights) != len(TERM_NAMES):
            raise BundleError(
                folder / ROUND, f"has {len(weights.weights)} weights for {len(TERM_NAMES)} terms"
            )
        boosters = [_booster(bundle, folder, name) for name in (BOOSTER, SPREAD)]
        self.rounds = RoundModel(weights, booster=boosters[0], spread=boosters[1])
        self.maps = MapModel(_decoded(bundle, folder, name=MAP, kind=Chain))
        self.support = _support(bundle, folder)
        self.swings = _swings(bundle, folder)
        self._edge = Z_90 * self.maps.chain.team_sd
        self._outlook = lru_cache(KEPT_OUTLOOKS)(self._outlook_of)
        self._map_scores = lru_cache(KEPT_SCORES)(self._map_scores_of)
        self._prepare()

    def _prepare(self) -> None:
        """Computes the tables that nearly every match needs, so that the first prediction is as fast as later ones."""
        for side in SIDES:
            for edge in (0.0, -self._edge, self._edge):
                self.maps.table(Shape(max_rounds=24, overtime_max_rounds=6, first_a_side=side), edge)

    def predict(self, state: MatchState, features: Features | None) -> Forecast | None:
        """The forecast for `state`; null without a map. `features` are those of live play, else null."""
        score = self.score(state)
        return None if score is None else self.forecast(features, score)

    def score(self, state: MatchState) -> Score | None:
        """The inputs of the map and series models, from `state`; null without a map."""
        return score_of(state, self.maps)

    def forecast(self, features: Features | None, score: Score) -> Forecast:
        """The forecast from a prediction's inputs, as stored in its receipt."""
        outlook = self._outlook(score)
        round_ = chance(self._round(features, score), score.a_side)
        map_ = chance(chained(round_, *outlook.map_after))
        shorter = map_ if outlook.series_follows == "map" else round_
        series = chance(chained(shorter, *outlook.series_after))
        outside = self._outside(features, score)
        return Forecast(round=round_, map=map_, series=series, score=outlook.score, outside=outside)

    def with_swing(self, forecast: Forecast, features: Features | None) -> Forecast:
        """The forecast with the chance of a swing added, if the round is open and the
        bundle's swing model is published."""
        p_ct = forecast.round.p_ct
        if self.swings is None or not self.swings.is_published or features is None or p_ct is None:
            return forecast
        if not 0.0 < p_ct < 1.0:
            return forecast
        return replace(forecast, swing=published(self.swings.chance(features, p_ct)))

    def map_scores(self, score: Score, round_: Probability) -> Scores:
        """Final scores of the current map, given the published chance of the current round. Cached, since all requests
        between two predictions of a match ask for the same."""
        return self._map_scores(score, round_.p_a)

    def _map_scores_of(self, score: Score, round_p_a: float) -> Scores:
        at = (score.score_a, score.score_b)
        if score.map_outcome is not None:
            return {at: 1.0}
        values = self._values(score)[0]
        known = None if score.stage == "decided" else round_p_a
        return map_scores(values, at, kinds=self._kinds(score), round_p_a=known)

    def series_scores(self, score: Score, forecast: Forecast) -> Scores:
        """Final scores of the series in maps, from the published round and map."""
        at = (score.maps_a, score.maps_b)
        if score.series_outcome is not None:
            won = (score.map_outcome == "A", score.map_outcome == "B")
            return {(at[0] + won[0], at[1] + won[1]): 1.0}
        return series_scores(
            at, score.maps_left, running=self._running(score, forecast), future=self._future(score)[0]
        )

    def _running(self, score: Score, forecast: Forecast) -> Odds:
        """Team A's odds on the current map."""
        if not _may_be_drawn(score):
            return Odds.of(forecast.map.p_a, float(score.map_outcome == "draw"))
        ends = self.map_scores(score, forecast.round).items()
        return Odds(
            won=sum(p for (a, b), p in ends if a > b),
            drawn=sum(p for (a, b), p in ends if a == b),
            lost=sum(p for (a, b), p in ends if a < b),
        )

    def _outside(self, features: Features | None, score: Score) -> str | UnsetType:
        """What lies outside the support region, for states that the round model answers; unset
        if the bundle has no region."""
        if (
            self.support is None
            or features is None
            or score.stage != "live"
            or score.round_winner is not None
        ):
            return UNSET
        return self.support.outside(features) or UNSET

    def live_round(self, features: Features) -> Probability:
        """The published chance of a round in live play, with A on CT."""
        return chance(self.live(features), "ct")

    def _round(self, features: Features | None, score: Score) -> Band:
        if score.round_winner is not None:
            return Band.exactly(VALUE_OF[score.round_winner])
        if score.stage == "live" and features is not None:
            ct = self.live(features)
            return ct if score.a_side == "ct" else ct.turned()
        return self._before(score)

    def live(self, features: Features) -> Band:
        """CT's chance in live play, before rounding."""
        side = decided(features)
        if side is not None:
            return Band.exactly(1.0 if side == "ct" else 0.0)
        margin, sd = self.rounds.margin(features)
        return _spread(margin, sd)

    def _before(self, score: Score) -> Band:
        """Team A's chance in the coming round, from the chain."""
        chain, values = self.maps.chain, self._values(score)[0]
        kinds = self._kinds(score)
        p = sum(w * values.a_wins_round(kind, score.a_side) for kind, w in kinds)
        chain_sd = sum(w * chain.ct_wins_sd[kind] for kind, w in kinds)
        return _spread(log(p / (1.0 - p)), sqrt(chain.team_sd**2 + chain_sd**2))

    def _outlook_of(self, score: Score) -> Outlook:
        return Outlook(_plain(score), self._map_after(score), *self._series_after(score))

    def _map_after(self, score: Score) -> tuple[Band, Band]:
        """The map's chance after the current round is won and lost; both are equal if the round no longer matters."""
        if score.map_outcome is not None:
            return (Band.exactly(VALUE_OF[score.map_outcome]),) * 2
        return self._after(score, self._values(score))

    def _after(self, score: Score, tables: Edges) -> tuple[Band, Band]:
        """The tables' values after the current round of an open map is won and lost."""
        kinds, at = self._kinds(score), (score.score_a, score.score_b)
        if score.stage == "decided":
            return (Band(*(values.at(at, kinds) for values in tables)),) * 2
        won, lost = (
            Band(*(_explained(values, at, kinds, a_won=a_won) for values in tables))
            for a_won in (True, False)
        )
        return won, lost

    def _series_after(self, score: Score) -> tuple[tuple[Band, Band], Literal["map", "round"]]:
        """The series after the map is won and lost; after the round is, if the map can be drawn."""
        if score.series_outcome is not None:
            return (Band.exactly(VALUE_OF[score.series_outcome]),) * 2, "map"
        a, b, left, future = score.maps_a, score.maps_b, score.maps_left, self._future(score)
        won, drawn, lost = (
            Band(*(series_value(maps, left, odds) for odds in future))
            for maps in ((a + 1, b), (a, b), (a, b + 1))
        )
        if score.map_outcome == "draw":
            return (drawn, drawn), "map"
        if not _may_be_drawn(score):
            return (won, lost), "map"
        ends = [Ends(*worth) for worth in zip(won, drawn, lost, strict=True)]
        return self._after(score, self._worth(score, ends)), "round"

    def _future(self, score: Score) -> tuple[Odds, Odds, Odds]:
        """Team A's odds on a future map, at its expected strength and at both ends of the interval. The expected chance
        is the one known before the series, else one half.

        At the ends it is averaged over both starting sides.
        """
        known = UNKNOWN_MAP if score.map_chance_a is None else score.map_chance_a
        if score.maps_left == 0:
            return (Odds.of(known),) * 3
        shape, edges = _shape(score, "ct"), self._edges(score)
        chances = (known, *(self.maps.start(shape, edge) for edge in edges[1:]))
        drawn = (self.maps.drawn_start(shape, edge) for edge in edges)
        at, worst, best = map(Odds.of, chances, drawn)
        return at, worst, best

    def _edges(self, score: Score) -> tuple[float, float, float]:
        """Team A's edge in the log odds of its rounds, from what was known before the series, and
        at both ends of the interval."""
        known = score.map_chance_a
        prior = 0.0 if known is None else self.maps.edge_of(_shape(score, "ct"), known)
        return prior, prior - self._edge, prior + self._edge

    def _values(self, score: Score) -> Edges:
        shape = _shape(score, score.first_a_side)
        at, worst, best = (self.maps.table(shape, edge) for edge in self._edges(score))
        return at, worst, best

    def _worth(self, score: Score, ends: Sequence[Ends]) -> Edges:
        """Tables of the expected worth of the map's ends, one per edge with its own ends."""
        shape = _shape(score, score.first_a_side)
        at, worst, best = (
            self.maps.worth(shape, edge=edge, ends=worth)
            for edge, worth in zip(self._edges(score), ends, strict=True)
        )
        return at, worst, best

    def _kinds(self, score: Score) -> Weights:
        """Kinds of the current or coming round with their probabilities."""
        if score.kind is not None:
            return ((score.kind, 1.0),)
        return from_reached(self._expected(score), score.reached_kind)

    def _expected(self, score: Score) -> Weights:
        if score.previous_kind is not None and score.previous_ct_won is not None:
            return self.maps.next_kinds(score.previous_kind, score.previous_ct_won)
        return tuple(enumerate(self.maps.chain.marginal))


def _explained(values: Values, at: tuple[int, int], kinds: Weights, *, a_won: bool) -> float:
    if len(kinds) == 1:
        return values.after(at, kinds[0][0], a_won=a_won)
    side, weights, total = values.a_side(at), 0.0, 0.0
    for kind, weight in kinds:
        p = values.a_wins_round(kind, side)
        likely = weight * (p if a_won else 1.0 - p)
        weights += likely
        total += likely * values.after(at, kind, a_won=a_won)
    return total / weights


def _spread(log_odds: float, sd: float) -> Band:
    reach = Z_90 * sd
    return Band(probability(log_odds), probability(log_odds - reach), probability(log_odds + reach))


def _may_be_drawn(score: Score) -> bool:
    return score.map_outcome is None and _shape(score, score.first_a_side).can_be_drawn


def _shape(score: Score, first_a_side: Side) -> Shape:
    return Shape(
        max_rounds=score.max_rounds,
        overtime_max_rounds=score.overtime_max_rounds,
        first_a_side=first_a_side,
    )


def _plain(score: Score) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(score)
    return fields


def _swings(bundle: Bundle, folder: Path) -> SwingModel | None:
    if SWING not in bundle.files:
        return None
    if SWING_TREES not in bundle.files:
        raise BundleError(folder / MANIFEST, f"names {SWING} without {SWING_TREES}")
    weights = _decoded(bundle, folder, name=SWING, kind=SwingWeights)
    trees = _booster(bundle, folder, SWING_TREES)
    try:
        return SwingModel(weights, trees)
    except ValueError as error:
        raise BundleError(folder / SWING, str(error)) from error


def _support(bundle: Bundle, folder: Path) -> Support | None:
    if REGION not in bundle.files:
        return None
    try:
        return Support(_decoded(bundle, folder, name=REGION, kind=Region))
    except BundleError:
        raise
    except ValueError as error:
        raise BundleError(folder / REGION, str(error)) from error


def _booster(bundle: Bundle, folder: Path, name: str) -> Booster:
    try:
        text = bundle.files[name].decode()
        if FEATURES_LINE not in text.splitlines():
            raise BundleError(folder / name, "is for other features, or for these in another order")
        return Booster(text, len(FEATURE_NAMES))
    except (BoosterError, UnicodeDecodeError) as error:
        raise BundleError(folder / name, str(error)) from error


def _decoded(bundle: Bundle, folder: Path, *, name: str, kind: type[Part]) -> Part:
    try:
        return msgspec.json.decode(bundle.files[name], type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BundleError(folder / name, str(error)) from error
