"""Routes of predictions: /matches/{id}/predictions and below it /latest, /history and /scores;
/matches/{id}/receipts/{id} and below it /verify.

Belongs here: routes and their parameters. Does not belong here: reading predictions (`queries`).
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from api.public.answers import ResourceResponse, not_found, shows
from api.public.backends import Behind, FromSeq, Limit, MatchId, ReceiptId
from api.public.matches.queries import demand_known, match_view
from api.public.paging import LIMIT, Page
from api.public.predictions import queries
from api.public.predictions.resources import (
    HistoryView,
    PredictionView,
    ReceiptView,
    ScoresView,
    VerificationView,
)

ROUTER = APIRouter(tags=["predictions"])
Resolution = Annotated[float, Query(ge=0.1, le=3600, description="seconds of event time for each item")]
Horizon = Annotated[Literal["all", "round", "map", "series"], Query(description="only this one")]


@ROUTER.get("/matches/{match_id}/predictions", responses=shows(Page[PredictionView]))
async def list_predictions(
    *, behind: Behind, match_id: MatchId, from_seq: FromSeq = 0, limit: Limit = LIMIT
) -> ResourceResponse:
    """Win probabilities, ordered by `seq`."""
    found = await queries.predictions(behind.board, behind.history, match_id, from_seq=from_seq, limit=limit)
    await demand_known(behind.board, behind.history, match_id, is_told=bool(found.items))
    return ResourceResponse(found)


@ROUTER.get("/matches/{match_id}/predictions/history", responses=shows(HistoryView))
async def list_history(
    *,
    behind: Behind,
    match_id: MatchId,
    resolution_s: Resolution = 1.0,
    horizon: Horizon = "all",
    from_seq: FromSeq = 0,
    limit: Limit = LIMIT,
) -> ResourceResponse:
    """Predictions downsampled to one per interval of event time, as for a chart."""
    found = await queries.thinned(
        behind.board,
        behind.history,
        match_id,
        resolution_s=resolution_s,
        from_seq=from_seq,
        horizon=horizon,
        limit=limit,
    )
    await demand_known(behind.board, behind.history, match_id, is_told=bool(found.items))
    return ResourceResponse(found)


@ROUTER.get("/matches/{match_id}/predictions/scores", responses=shows(ScoresView))
async def get_scores(behind: Behind, match_id: MatchId) -> ResourceResponse:
    """Possible results of map and series: exact scores, totals and handicaps, from the same chain of rounds and maps as
    the newest prediction."""
    view = await match_view(behind.board, behind.history, match_id)
    predictor = await behind.models.predictor(behind.board.find(match_id))
    return ResourceResponse(queries.scores(view, predictor))


@ROUTER.get("/matches/{match_id}/predictions/latest", responses=shows(PredictionView))
async def get_latest(behind: Behind, match_id: MatchId) -> ResourceResponse:
    """The newest win probabilities."""
    found = await queries.latest(behind.board, behind.history, match_id)
    await demand_known(behind.board, behind.history, match_id, is_told=found is not None)
    if found is None:
        raise not_found("path.match_id", f"there is no prediction for {match_id!r} yet")
    return ResourceResponse(found)


@ROUTER.get("/matches/{match_id}/receipts/{receipt_id}", responses=shows(ReceiptView))
async def get_receipt(*, behind: Behind, match_id: MatchId, receipt_id: ReceiptId) -> ResourceResponse:
    """Everything that a prediction was computed from, byte for byte as published."""
    found = await queries.receipt_of(behind.board, behind.history, match_id, receipt_id=receipt_id)
    return ResourceResponse(found)


@ROUTER.get("/matches/{match_id}/receipts/{receipt_id}/verify", responses=shows(VerificationView))
async def verify_receipt(*, behind: Behind, match_id: MatchId, receipt_id: ReceiptId) -> ResourceResponse:
    """The prediction recomputed from its receipt and compared with the published one."""
    found = await queries.verification(
        behind.board, behind.history, behind.models, match_id=match_id, receipt_id=receipt_id
    )
    return ResourceResponse(found)
