"""Response types of what-if questions.

Belongs here: types and their construction. Does not belong here: the computation (`queries`).
"""

from typing import Any

import msgspec

from api.public.moments import iso_or_none
from game.features import Features
from game.messages import Probability
from game.view import MatchView
from models.forecast import Forecast
from models.predictor import Predictor


class Chances(msgspec.Struct, frozen=True, kw_only=True):
    """Win probabilities at all three horizons, as in a prediction."""

    round: Probability
    map: Probability
    series: Probability


class WhatIfView(msgspec.Struct, frozen=True, kw_only=True):
    """Win probabilities after `seq` (`before`) and in the changed state (`after`). `features` and `score` are those of
    the changed state."""

    match_id: str
    seq: int
    ts_event: str | None
    model_version: str
    model_hash: str
    before: Chances
    after: Chances
    features: Features | None
    """Null before live play: the round probability then comes from the chain of maps."""
    score: dict[str, Any]


def what_if(
    view: MatchView, predictor: Predictor, *, before: Forecast, after: Forecast, features: Features | None
) -> WhatIfView:
    return WhatIfView(
        match_id=view.match_id,
        seq=view.seq,
        ts_event=iso_or_none(view.ts_event),
        model_version=predictor.model_version,
        model_hash=predictor.model_hash,
        before=_chances(before),
        after=_chances(after),
        features=features,
        score=after.score,
    )


def _chances(told: Forecast) -> Chances:
    return Chances(round=told.round, map=told.map, series=told.series)
