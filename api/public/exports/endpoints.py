"""Route of exports: /matches/{id}/exports/{table}.

Belongs here: the route and its parameters. Does not belong here: reading rows (`queries`), file formats (`resources`).
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import StreamingResponse

from api.public.answers import shows
from api.public.backends import Behind, MatchId
from api.public.exports import queries
from api.public.exports.resources import FORMATS, attachment
from api.public.matches.queries import match_view

ROUTER = APIRouter(tags=["exports"])
Table = Annotated[
    Literal["events", "predictions", "rounds", "players", "swings"], Path(description="what of the match")
]
As = Annotated[
    Literal["csv", "parquet", "arrow", "ndjson"], Query(alias="format", description="how it is written")
]
FILES: dict[int | str, dict[str, Any]] = {
    **shows(str),
    200: {
        "content": {
            each.media_type.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
            for each in FORMATS.values()
        }
    },
}


@ROUTER.get("/matches/{match_id}/exports/{table}", responses=FILES, response_class=Response)
async def get_export(*, behind: Behind, match_id: MatchId, table: Table, as_: As = "csv") -> Response:
    """Everything that the store holds of one match, as a file. Live data may be seconds ahead of it."""
    await match_view(behind.board, behind.history, match_id)
    parts = await queries.exported(behind.history, match_id, table=table, as_=as_)
    headers = {"content-disposition": attachment(f"{table}-{match_id}.{as_}")}
    return StreamingResponse(parts, media_type=FORMATS[as_].media_type, headers=headers)
