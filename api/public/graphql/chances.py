"""Win probabilities in the graph.

Belongs here: types and their construction. Does not belong here: reading predictions (`api.public.predictions`).
"""

import enum

import strawberry

from api.public.graphql.pages import PageInfo
from api.public.predictions.resources import PredictionView
from game.messages import Probability


@strawberry.enum(description="How far a probability looks.")
class Horizon(enum.Enum):
    ROUND = "round"
    MAP = "map"
    SERIES = "series"


@strawberry.type(description="Win probabilities after an event, at one horizon; rounded to four decimals.")
class Prediction:
    ts_calc: str = strawberry.field(description="When it was computed: ISO 8601 in UTC with milliseconds.")
    p_team_a_win: float = strawberry.field(description="Team A's chance.", name="pTeamAWin")
    p_team_b_win: float = strawberry.field(description="Team B's chance: 1 - pTeamAWin.", name="pTeamBWin")
    confidence: float = strawberry.field(description="1 - (hi - lo), as in the receipt.")
    lo: float = strawberry.field(description="Lower end of the 90 % interval of team A's chance.")
    hi: float = strawberry.field(description="Upper end of it.")
    seq: int = strawberry.field(description="The event that it follows.")
    receipt_id: strawberry.ID = strawberry.field(description="Under which the receipt is fetched over REST.")
    model_version: str
    horizon: Horizon
    match_id: strawberry.ID
    map_id: strawberry.ID
    round_no: int | None
    round_time_s: float | None = strawberry.field(description="Since the end of freeze time, in live play.")
    ts_event: str
    outside: str | None = strawberry.field(
        description="What of the state lies outside of what the model has learned from."
    )
    swing: float | None = strawberry.field(
        description="Chance that the round's probability moves by .15 or more within five seconds."
    )


@strawberry.type(description="Predictions in the order of their seq.")
class PredictionPage:
    nodes: list[Prediction]
    page_info: PageInfo


def prediction(view: PredictionView, horizon: Horizon) -> Prediction:
    """Build the prediction at one of its horizons."""
    chance: Probability = getattr(view, horizon.value)
    return Prediction(
        ts_calc=view.predicted_at or view.ts_event,
        p_team_a_win=chance.p_a,
        p_team_b_win=chance.p_b,
        confidence=chance.confidence,
        lo=chance.lo,
        hi=chance.hi,
        seq=view.seq,
        receipt_id=strawberry.ID(view.receipt_id),
        model_version=view.model_version,
        horizon=horizon,
        match_id=strawberry.ID(view.match_id),
        map_id=strawberry.ID(view.map_id),
        round_no=view.round_no,
        round_time_s=view.round_time_s,
        ts_event=view.ts_event,
        outside=view.outside,
        swing=view.swing,
    )
