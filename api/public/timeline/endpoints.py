"""Routes of the timeline: /matches/{id}/timeline, /matches/{id}/kills.

Belongs here: routes and their parameters. Does not belong here: reading events (`queries`).
"""

from typing import Annotated

from fastapi import APIRouter, Query

from api.problems import ProblemError, problem
from api.public.answers import ResourceResponse, shows
from api.public.backends import Behind, FromSeq, Limit, MatchId
from api.public.matches.queries import demand_known
from api.public.paging import LIMIT
from api.public.timeline import queries
from api.public.timeline.resources import Timeline

ROUTER = APIRouter(tags=["events"])
Types = Annotated[
    str | None,
    Query(max_length=512, description=f"only these, with commas between: {', '.join(queries.TYPES)}"),
]


@ROUTER.get("/matches/{match_id}/timeline", responses=shows(Timeline))
async def get_timeline(
    *,
    behind: Behind,
    match_id: MatchId,
    types: Types = None,
    from_seq: FromSeq = 0,
    limit: Limit = LIMIT,
) -> ResourceResponse:
    """Main events: rounds, kills, the bomb, restarts, with the win probabilities after each."""
    found = await queries.timeline(
        behind.board, behind.history, match_id, types=_types(types), from_seq=from_seq, limit=limit
    )
    await demand_known(behind.board, behind.history, match_id, is_told=bool(found.items))
    return ResourceResponse(found)


@ROUTER.get("/matches/{match_id}/kills", responses=shows(Timeline))
async def list_kills(
    *, behind: Behind, match_id: MatchId, from_seq: FromSeq = 0, limit: Limit = LIMIT
) -> ResourceResponse:
    """Kills, with the win probabilities after each."""
    found = await queries.timeline(
        behind.board, behind.history, match_id, types=queries.KILLS, from_seq=from_seq, limit=limit
    )
    await demand_known(behind.board, behind.history, match_id, is_told=bool(found.items))
    return ResourceResponse(found)


def _types(text: str | None) -> tuple[str, ...]:
    """Parse the parameter `types`. Raises a 400 problem for a type that is not part of the timeline."""
    asked = queries.TYPES if text is None else tuple(text.split(","))
    unknown = [name for name in asked if name not in queries.TYPES]
    if unknown:
        reason = f"{unknown[0]!r} is none of {', '.join(queries.TYPES)}"
        raise ProblemError(problem(400, "invalid", field="query.types", reason=reason))
    return asked
