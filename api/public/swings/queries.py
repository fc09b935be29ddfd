"""Reads swings and highlights of a match, and explains changes of its win probability.

Belongs here: plain functions over memory and the store. Does not belong here: the attribution method
(`models.explanation`), response types (`resources`).
"""

import msgspec

from api.problems import ProblemError, problem
from api.public import sql
from api.public.answers import not_found
from api.public.board import Matches
from api.public.history import History, Stored
from api.public.paging import Page, page
from api.public.predictions.queries import prediction_at, prediction_before
from api.public.predictions.resources import Kept
from api.public.predictors import Predictors
from api.public.swings.resources import Explanation, Highlight, Swing, SwingsView, of_row
from game.features import Features
from game.payloads import Side
from models.explanation import explained
from models.forecast import published
from models.predictor import Predictor

DECISION, MODEL = "decision", "model"


async def swings(
    board: Matches, history: History, match_id: str, *, from_seq: int, limit: int
) -> Page[SwingsView]:
    """Return swings from `from_seq` on. Raises AwayError."""

    async def fetch(seq: int) -> Stored[SwingsView]:
        return await history.swings(match_id, from_seq=seq, limit=limit + 1)

    desk = board.find(match_id)
    return await page(
        None if desk is None else desk.swings,
        fetch,
        from_seq=from_seq,
        limit=limit,
        show=lambda swings: swings,
        seq_of=lambda swings: swings.seq,
    )


async def highlights(board: Matches, history: History, match_id: str, *, limit: int) -> list[Highlight]:
    """Return the events that moved the round win probability most, largest first. Raises AwayError."""
    rows = await history.rows(sql.HIGHLIGHTS, match_id=match_id, limit=limit)
    by_seq = {found.seq: found for found in (of_row(row) for row in rows)}
    desk = board.find(match_id)
    if desk is not None:
        by_seq |= {held.seq: held for held in desk.swings.since(0)}
    largest = [(held, max(held.swings, key=_size)) for held in by_seq.values() if held.swings]
    largest.sort(key=lambda each: (-_size(each[1]), each[0].seq))
    return [_highlight(place, held, told=told) for place, (held, told) in enumerate(largest[:limit], start=1)]


class _Sides(msgspec.Struct, frozen=True):
    a_side: Side


class _Inputs(msgspec.Struct, frozen=True):
    model_hash: str
    model_version: str
    features: Features | None
    score: _Sides


class _Said(msgspec.Struct, frozen=True):
    receipt: _Inputs


_SAID = msgspec.json.Decoder(_Said)


async def explanation(
    board: Matches, history: History, models: Predictors, *, match_id: str, seq: int
) -> Explanation:
    """Explain how the round win probability moved from the previous valid prediction to the one at `seq`. Raises a 404
    problem if there is no prediction at `seq`, 409 if the previous one is of another round, AwayError."""
    desk = board.find(match_id)
    after = await prediction_at(desk, history, match_id, seq=seq)
    if after is None:
        raise not_found("path.seq", f"there is no prediction at {seq}")
    before = await prediction_before(desk, history, after)
    if before is None or (before.view.map_id, before.view.round_no) != (
        after.view.map_id,
        after.view.round_no,
    ):
        reason = "the prediction before it is not of the same round"
        raise ProblemError(problem(409, "not-comparable", field="path.seq", reason=reason))
    said = _SAID.decode(after.raw).receipt
    predictor = await models.of(said.model_hash)
    return explained_by(predictor, before, after, is_same_model=predictor.model_hash == said.model_hash)


def explained_by(predictor: Predictor, before: Kept, after: Kept, *, is_same_model: bool) -> Explanation:
    """Compare two predictions. Raises a 409 problem if the difference cannot be decomposed."""
    then, now = _SAID.decode(before.raw).receipt, _SAID.decode(after.raw).receipt
    p_before, p_after = before.view.round.p_a, after.view.round.p_a
    if p_after in {0.0, 1.0}:
        parts = _part(DECISION, p_after - p_before)
    elif then.features is None or now.features is None or not is_same_model:
        reason = "both predictions must be of live play, and their model must be here"
        raise ProblemError(problem(409, "not-comparable", field="path.seq", reason=reason))
    else:
        parts = _parts(predictor, then, now, p_a=(p_before, p_after))
    return Explanation(
        match_id=after.view.match_id,
        seq=after.view.seq,
        previous_seq=before.view.seq,
        model_version=now.model_version,
        p_a_before=p_before,
        p_a_after=p_after,
        parts=parts,
        before=then.features,
        after=now.features,
    )


def _parts(
    predictor: Predictor, then: _Inputs, now: _Inputs, *, p_a: tuple[float, float]
) -> dict[str, float]:
    """Decompose the difference by inputs, evaluated with the later model. If another model made the earlier prediction,
    the difference between the models on the earlier inputs is a part of its own."""
    assert then.features is not None
    assert now.features is not None

    def chance(features: Features) -> float:
        p_ct = predictor.live(features).p
        return p_ct if now.score.a_side == "ct" else 1.0 - p_ct

    before, after = p_a
    start = before if then.model_hash == now.model_hash else published(chance(then.features))
    moved = explained(chance, then.features, now.features, difference=after - start)
    return moved | _part(MODEL, start - before)


def _part(name: str, difference: float) -> dict[str, float]:
    units = round(difference, 4)
    return {name: units} if units else {}


def _size(swing: Swing) -> float:
    return abs(swing.p_a_after - swing.p_a_before)


def _highlight(place: int, held: SwingsView, *, told: Swing) -> Highlight:
    return Highlight(
        place=place,
        seq=held.seq,
        map_id=held.map_id,
        round_no=held.round_no,
        ts_event=held.ts_event,
        cause=told.cause,
        p_a_before=told.p_a_before,
        p_a_after=told.p_a_after,
        size=round(_size(told), 4),
        credits=told.credits,
    )
