"""/matches/{id}/predictions, …/predictions/latest, …/receipts/{id}."""

from fastapi import APIRouter

from api.public.answers import ResourceResponse, shows
from api.public.backends import DEFAULT_LIMIT, Behind, FromSeq, Limit, MatchId, ReceiptId
from api.public.matches.queries import match_view
from api.public.paging import Page
from api.public.predictions import queries
from api.public.predictions.resources import PredictionView, ReceiptView

ROUTER = APIRouter(tags=["predictions"])


@ROUTER.get("/matches/{match_id}/predictions", responses=shows(Page[PredictionView]))
async def list_predictions(
    *, behind: Behind, match_id: MatchId, from_seq: FromSeq = 0, limit: Limit = DEFAULT_LIMIT
) -> ResourceResponse:
    """Win probabilities in the order of their seq."""
    await match_view(behind.board, behind.history, match_id)
    found = await queries.predictions(behind.board, behind.history, match_id, from_seq=from_seq, limit=limit)
    return ResourceResponse(found)


@ROUTER.get("/matches/{match_id}/predictions/latest", responses=shows(PredictionView))
async def get_latest(behind: Behind, match_id: MatchId) -> ResourceResponse:
    """The newest win probabilities."""
    return ResourceResponse(await queries.latest(behind.board, behind.history, match_id))


@ROUTER.get("/matches/{match_id}/receipts/{receipt_id}", responses=shows(ReceiptView))
async def get_receipt(*, behind: Behind, match_id: MatchId, receipt_id: ReceiptId) -> ResourceResponse:
    """All that a prediction follows from, byte for byte as it was published."""
    found = await queries.receipt_of(behind.board, behind.history, match_id, receipt_id=receipt_id)
    return ResourceResponse(found)
