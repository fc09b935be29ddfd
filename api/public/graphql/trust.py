"""Data quality, calibration and models in the graph.

Belongs here: types, their construction, calling the same queries as REST. Does not belong here: the queries.
"""

import asyncio
from enum import Enum
from typing import Annotated

import msgspec
import strawberry

from api.problems import ProblemError, problem
from api.public.calibration import queries as calibration
from api.public.calibration.resources import Reliability
from api.public.graphql.asking import Info
from api.public.graphql.chances import Horizon
from api.public.models import queries as models
from api.public.quality.resources import QualityView

BINS = 10
BINS_LEAST, BINS_MOST = 2, 50
VERSION_MAX = 128

Bins = Annotated[int, strawberry.argument(description="Bins of equal width; from 2 to 50.")]
Version = Annotated[str, strawberry.argument(description="Of one model only.")]


@strawberry.enum(description="What a table of calibration is cut by.")
class Slice(Enum):
    NONE = "none"
    MAP = "map"
    OUTSIDE = "outside"
    PISTOL = "pistol"
    OVERTIME = "overtime"
    BUYS = "buys"


@strawberry.enum(
    description="PROVISIONAL: not decided yet; FINAL: decided; AMENDED: changed after it was final."
)
class Finality(Enum):
    PROVISIONAL = "provisional"
    FINAL = "final"
    AMENDED = "amended"


@strawberry.type(description="Breaches of what a legal match has, by rule.")
class RuleBreaches:
    rule: str
    breaches: int


@strawberry.type(
    description="A map as the batch path derived it; counts of the feed are those of the whole match."
)
class Scorecard:
    map_id: strawberry.ID
    map_name: str | None
    map_number: int
    date: str
    finality: Finality
    revision: int
    score_a: int
    score_b: int
    rounds: int
    events: int
    facts: int
    predictions: int
    facts_digest: str = strawberry.field(
        description="SHA-256 over the facts: stream, backfill and `midround fold` give the same."
    )
    predictions_digest: str
    first_at: str | None
    last_at: str | None
    duplicates: int
    late: int
    stale: int
    holes: int
    unreadable: int
    breaches: int
    rules: list[RuleBreaches]
    model_hash: str | None


@strawberry.type(description="Predictions between `fromP` and `toP`, and how often team A won after them.")
class CalibrationBin:
    from_p: float
    to_p: float
    states: int
    units: int = strawberry.field(description="Rounds, maps or series: they are what is independent.")
    mean_p: float
    share_won: float
    lo: float = strawberry.field(description="95 % interval of shareWon, by clusters of one unit.")
    hi: float


@strawberry.type(description="One model in one slice.")
class Calibration:
    model_version: str
    model_hash: str
    horizon: Horizon
    slice: str
    states: int
    log_loss: float
    ece: float = strawberry.field(
        description="Mean gap between what was said and what came, by states. Its floor depends on their number."
    )
    bins: list[CalibrationBin]


@strawberry.type(description="A model of the folder that the stream reads.")
class Model:
    name: str
    model_version: str | None
    model_hash: str | None = strawberry.field(description="SHA-256 over its files: the one in receipts.")
    roles: list[str]
    since: str | None
    who: str
    why: str
    problem: str = strawberry.field(description="Why it cannot be loaded; empty when it can.")


async def scorecards_of(info: Info, match_id: str) -> list[Scorecard]:
    return [_scorecard(each) for each in await info.context.load.scorecards.load(match_id)]


async def calibrations(
    info: Info, *, horizon: Horizon, by: Slice, model_version: str, bins: int
) -> list[Calibration]:
    """Return the calibration tables. Raises a 400 problem for `bins` or `model_version` out of bounds."""
    if not BINS_LEAST <= bins <= BINS_MOST:
        raise _refused("bins", f"must be from {BINS_LEAST} to {BINS_MOST}")
    if len(model_version) > VERSION_MAX:
        raise _refused("modelVersion", f"must have at most {VERSION_MAX} characters")
    found = await calibration.reliability(
        info.context.behind.history,
        horizon=horizon.value,
        slice_=by.value,
        model_version=model_version,
        bins=bins,
    )
    return [_calibration(each) for each in found]


async def all_models(info: Info) -> list[Model]:
    found = await asyncio.to_thread(models.models, info.context.behind.models.folder)
    return [Model(**msgspec.structs.asdict(each) | {"roles": list(each.roles)}) for each in found]


def _refused(field: str, reason: str) -> ProblemError:
    return ProblemError(problem(400, "invalid", field=field, reason=reason))


def _scorecard(told: QualityView) -> Scorecard:
    known = {name: getattr(told, name) for name in Scorecard.__annotations__}
    rules = [RuleBreaches(rule=rule, breaches=count) for rule, count in told.rules.items()]
    return Scorecard(**known | {"finality": Finality(told.finality), "rules": rules})


def _calibration(told: Reliability) -> Calibration:
    known = msgspec.structs.asdict(told)
    bins = [CalibrationBin(**msgspec.structs.asdict(each)) for each in told.bins]
    return Calibration(**known | {"horizon": Horizon(told.horizon), "bins": bins})
