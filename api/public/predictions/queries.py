"""Predictions and receipts of a match, from memory and the store. Plain functions."""

from api.public.answers import not_found
from api.public.board import Board
from api.public.history import History, HistoryAwayError, Stored
from api.public.paging import Page, page
from api.public.predictions.resources import Kept, PredictionView, ReceiptView, receipt


async def predictions(
    board: Board, history: History, match_id: str, *, from_seq: int, limit: int
) -> Page[PredictionView]:
    """Predictions from `from_seq` on. Raises HistoryAwayError."""

    async def fetch(seq: int) -> Stored[PredictionView]:
        stored = await history.predictions(match_id, from_seq=seq, limit=limit + 1)
        return Stored(items=[kept.view for kept in stored.items], through_seq=stored.through_seq)

    desk = board.find(match_id)
    return await page(
        None if desk is None else desk.predictions,
        fetch,
        from_seq=from_seq,
        limit=limit,
        show=lambda kept: kept.view,
        seq_of=lambda prediction: prediction.seq,
    )


async def latest(board: Board, history: History, match_id: str) -> PredictionView:
    """The newest prediction. Raises a 404 problem, HistoryAwayError."""
    found = await _newest(board, history, match_id)
    if found is None:
        raise not_found("match_id", f"there is no prediction for {match_id!r} yet")
    return found.view


async def latest_or_none(board: Board, history: History, match_id: str) -> PredictionView | None:
    """The newest prediction; None where there is none or the store is away."""
    try:
        found = await _newest(board, history, match_id)
    except HistoryAwayError:
        return None
    return None if found is None else found.view


async def receipt_of(board: Board, history: History, match_id: str, *, receipt_id: str) -> ReceiptView:
    """The receipt with the message that it covers. Raises a 404 problem, HistoryAwayError."""
    desk = board.find(match_id)
    held = None if desk is None else desk.predictions.find(lambda kept: kept.view.receipt_id == receipt_id)
    found = held or await history.receipt(match_id, receipt_id)
    if found is None:
        raise not_found("receipt_id", f"no receipt {receipt_id!r} of {match_id!r} is known")
    return receipt(found)


async def _newest(board: Board, history: History, match_id: str) -> Kept | None:
    desk = board.find(match_id)
    newest = None if desk is None else desk.predictions.newest()
    return newest or await history.latest_prediction(match_id)
