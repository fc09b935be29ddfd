"""Leaderboards in the graph.

Belongs here: types, their construction, calling the same queries as REST. Does not belong here: the queries.
"""

from enum import Enum
from typing import Annotated

import msgspec
import strawberry

from api.problems import ProblemError, problem
from api.public.careers import queries as careers
from api.public.careers.resources import SwingLeader
from api.public.graphql.asking import Info
from api.public.graphql.pages import first_within

RATING = strawberry.ID("rating.2.est")
LEAST_ROUNDS = 20
ROUNDS_MAX = 100_000

Definition = Annotated[
    strawberry.ID, strawberry.argument(description="What decides the order: an id of /api/v1/definitions.")
]
LeastRounds = Annotated[
    int, strawberry.argument(description="Players with fewer rounds are not in the order.")
]


@strawberry.enum(description="The best moment, the sum, or the sum by round.")
class SwingOrder(Enum):
    BEST = "best"
    TOTAL = "total"
    ROUND = "round"


@strawberry.type(description="A place in the order of one statistic; `value` is in its unit.")
class Leader:
    place: int
    player_id: strawberry.ID
    name: str | None
    maps: int
    rounds: int
    value: float


@strawberry.type(description="When a player was credited with most of the round's win probability.")
class SwingMoment:
    match_id: strawberry.ID
    map_id: strawberry.ID | None
    map_name: str | None
    map_number: int | None
    round_no: int | None
    seq: int
    ts_event: str
    cause: str
    p_a_before: float
    p_a_after: float
    credit: float


@strawberry.type(description="A place in the order of swings; `rounds` are those with any credit.")
class SwingPlace:
    place: int
    player_id: strawberry.ID
    name: str | None
    rounds: int
    total: float
    per_round: float
    best: SwingMoment


async def leaderboard(info: Info, definition: str, *, least_rounds: int, first: int) -> list[Leader]:
    """Return players ordered by one statistic. Raises a 400 problem for an unknown statistic or a number out of
    bounds."""
    behind = info.context.behind
    told = await careers.leaderboard(
        behind.history,
        behind.directory,
        definition,
        least_rounds=_rounds_within(least_rounds),
        limit=first_within(first),
    )
    return [Leader(**msgspec.structs.asdict(each)) for each in told.players]


async def swing_leaderboard(info: Info, by: SwingOrder, *, least_rounds: int, first: int) -> list[SwingPlace]:
    """Return players ordered by swings. Raises a 400 problem for a number out of bounds."""
    behind = info.context.behind
    told = await careers.swing_leaderboard(
        behind.history,
        behind.directory,
        by.value,
        least_rounds=_rounds_within(least_rounds),
        limit=first_within(first),
    )
    return [_place(each) for each in told.players]


def _rounds_within(least_rounds: int) -> int:
    if not 1 <= least_rounds <= ROUNDS_MAX:
        reason = f"must be from 1 to {ROUNDS_MAX}"
        raise ProblemError(problem(400, "invalid", field="leastRounds", reason=reason))
    return least_rounds


def _place(told: SwingLeader) -> SwingPlace:
    best = SwingMoment(**msgspec.structs.asdict(told.best))
    return SwingPlace(**msgspec.structs.asdict(told) | {"best": best})
