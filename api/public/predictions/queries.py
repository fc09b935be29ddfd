"""Reads predictions and receipts of a match from memory and the store.

Belongs here: plain functions. Does not belong here: checking a receipt (`models.receipt`), response types
(`resources`).
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from api.problems import ProblemError, problem
from api.public import sql
from api.public.answers import not_found
from api.public.away import AwayError
from api.public.board import Matches
from api.public.desk import Desk
from api.public.history import History, Stored
from api.public.matches.resources import known_state
from api.public.paging import Page, before_memory, page, paged
from api.public.predictions.resources import (
    HistoryView,
    Kept,
    PointView,
    PredictionView,
    ReceiptView,
    ScoresView,
    VerificationView,
    held_point,
    kept_of,
    receipt,
    scores_view,
)
from api.public.predictors import Predictors
from game.features import extract
from game.messages import Prediction
from game.view import MatchView
from models.predictor import Predictor
from models.receipt import verify

_PREDICTION = msgspec.json.Decoder(Prediction)


async def predictions(
    board: Matches, history: History, match_id: str, *, from_seq: int, limit: int
) -> Page[PredictionView]:
    """Return predictions from `from_seq` on. Raises AwayError."""

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


async def thinned(
    board: Matches,
    history: History,
    match_id: str,
    *,
    resolution_s: float,
    from_seq: int,
    horizon: str,
    limit: int,
) -> HistoryView:
    """Return predictions downsampled to `resolution_s`, from the store and then from memory. Raises AwayError if memory
    holds nothing."""

    async def fetch(seq: int) -> Stored[PointView]:
        resolution_ms = max(1, round(resolution_s * 1000))
        return await history.points(
            match_id, from_seq=seq, horizon=horizon, resolution_ms=resolution_ms, limit=limit + 1
        )

    desk = board.find(match_id)
    ring = None if desk is None else desk.predictions
    before = await before_memory(ring, fetch, from_seq=from_seq, seq_of=_seq_of)
    points, is_complete = before.items, before.is_there
    if ring is not None and len(points) <= limit:
        held = last_of_each(ring.since(before.follows), resolution_s)
        points = _joined(points, [held_point(kept.view, horizon) for kept in held], resolution_s)
        is_complete = before.meets(ring)
    found = paged(points, limit=limit, seq_of=_seq_of, is_complete=is_complete)
    return HistoryView(match_id=match_id, resolution_s=resolution_s, **msgspec.structs.asdict(found))


def _seq_of(point: PointView) -> int:
    return point.seq


def _joined(stored: list[PointView], held: list[PointView], resolution_s: float) -> list[PointView]:
    """Join points of store and memory. Where both have a point in the same interval, memory's is kept: it is the later
    one."""
    is_split = stored and held and _interval(stored[-1], resolution_s) == _interval(held[0], resolution_s)
    return (stored[:-1] if is_split else stored) + held


def last_of_each(held: Iterable[Kept], resolution_s: float) -> list[Kept]:
    """Return the last prediction of each interval of event time; `held` is in order."""
    by_interval: dict[int, Kept] = {}
    for kept in held:
        by_interval[_interval(kept.view, resolution_s)] = kept
    return sorted(by_interval.values(), key=lambda kept: kept.view.seq)


def _interval(told: PointView | PredictionView, resolution_s: float) -> int:
    """Index of the interval of event time, computed as in the store."""
    return round(datetime.fromisoformat(told.ts_event).timestamp() * 1000) // max(
        1, round(resolution_s * 1000)
    )


def scores(view: MatchView, predictor: Predictor) -> ScoresView:
    """Return the possible results of map and series from the newest state. Raises a 409 problem if no map has begun or
    the state is unknown."""
    state = known_state(view)
    forecast = predictor.predict(state, extract(state))
    score = predictor.score(state)
    if forecast is None or score is None:
        raise ProblemError(
            problem(409, "no-map", field="path.match_id", reason="no map of the match has begun")
        )
    return scores_view(
        view,
        forecast,
        model_version=predictor.model_version,
        maps=predictor.map_scores(score, forecast.round),
        series=predictor.series_scores(score, forecast),
    )


async def latest(board: Matches, history: History, match_id: str) -> PredictionView | None:
    """Return the newest prediction; None if there is none. Raises AwayError."""
    found = await _newest(board, history, match_id)
    return None if found is None else found.view


async def latest_or_none(board: Matches, history: History, match_id: str) -> PredictionView | None:
    """Return the newest prediction; None if there is none or the store is unavailable."""
    try:
        found = await _newest(board, history, match_id)
    except AwayError:
        return None
    return None if found is None else found.view


async def receipt_of(board: Matches, history: History, match_id: str, *, receipt_id: str) -> ReceiptView:
    """Return the receipt with the message that it covers. Raises a 404 problem, AwayError."""
    return receipt(await _with_receipt(board, history, match_id, receipt_id=receipt_id))


async def verification(
    board: Matches, history: History, models: Predictors, *, match_id: str, receipt_id: str
) -> VerificationView:
    """Check a receipt by recomputing its prediction. Raises a 404 problem, a 409 problem if its model is not available
    here, AwayError."""
    kept = await _with_receipt(board, history, match_id, receipt_id=receipt_id)
    told = _PREDICTION.decode(kept.raw)
    predictor = await models.of(told.receipt.model_hash)
    if predictor.model_hash != told.receipt.model_hash:
        reason = f"its model {told.receipt.model_hash} is not among those of this API"
        raise ProblemError(problem(409, "model-unknown", field="path.receipt_id", reason=reason))
    before = await prediction_at(board.find(match_id), history, match_id, seq=told.prev_seq)
    digest = None if before is None else _PREDICTION.decode(before.raw).receipt.digest
    problems = verify(told, predictor, digest)
    return VerificationView(
        match_id=match_id,
        receipt_id=receipt_id,
        seq=told.seq,
        model_hash=predictor.model_hash,
        holds=not problems,
        problems=tuple(problems),
        previous_seq=None if before is None else before.view.seq,
    )


async def prediction_at(desk: Desk | None, history: History, match_id: str, *, seq: int) -> Kept | None:
    """Return the prediction with this seq, or None. Raises AwayError."""
    held = None if desk is None else desk.predictions.find(lambda kept: kept.view.seq == seq)
    if held is not None:
        return held
    stored = await history.predictions(match_id, from_seq=seq, limit=1)
    return next((kept for kept in stored.items if kept.view.seq == seq), None)


async def prediction_before(desk: Desk | None, history: History, after: Kept) -> Kept | None:
    """Return the newest valid prediction before this one, or None. Its `prev_seq` may name a retracted one. Raises
    AwayError, also while the store lags behind `prev_seq`."""
    seq, prev_seq, match_id = after.view.seq, after.view.prev_seq, after.view.match_id
    held = None if desk is None else desk.predictions.find(lambda kept: kept.view.seq < seq)
    if held is not None:
        return held
    stored = await history.predictions(match_id, from_seq=prev_seq, limit=1)
    if stored.through_seq < prev_seq:
        raise AwayError("store", "the store does not have the prediction before it yet")
    if stored.items and stored.items[0].view.seq == prev_seq:
        return stored.items[0]
    rows = await history.rows(sql.PREDICTION_BEFORE, match_id=match_id, seq=seq)
    return kept_of(rows[0]["message"].encode()) if rows else None


async def _with_receipt(board: Matches, history: History, match_id: str, *, receipt_id: str) -> Kept:
    desk = board.find(match_id)
    held = None if desk is None else desk.predictions.find(lambda kept: kept.view.receipt_id == receipt_id)
    found = held or await history.receipt(match_id, receipt_id)
    if found is None:
        raise not_found("path.receipt_id", f"no receipt {receipt_id!r} of {match_id!r} is known")
    return found


async def _newest(board: Matches, history: History, match_id: str) -> Kept | None:
    desk = board.find(match_id)
    newest = None if desk is None else desk.predictions.newest()
    return newest or await history.latest_prediction(match_id)
