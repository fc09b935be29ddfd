"""Response types of predictions and receipts.

Belongs here: types and their construction. Does not belong here: reading predictions (`queries`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from api.public.moments import iso, iso_or_none
from game.messages import HORIZONS, Probability, Retraction
from game.view import MatchView
from models.final_scores import Scores, handicaps, totals
from models.forecast import Forecast


class PredictionView(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="prediction"):
    """Win probabilities after `seq` at all three horizons. The receipt is a separate resource."""

    match_id: str
    seq: int
    prev_seq: int
    map_id: str
    map_name: str | None
    round_no: int | None
    round_time_s: float | None
    ts_event: str
    event_id: str
    round: Probability
    map: Probability
    series: Probability
    model_version: str
    receipt_id: str
    corrects: int | None = None
    predicted_at: str | None = None
    outside: str | None = None
    """What in the state lies outside the model's training data; null if nothing is known to."""
    swing: float | None = None
    """Probability that the round win probability moves by .15 or more within five seconds; null where it is not
    published."""


class ReceiptView(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt with the whole message that it covers, as published."""

    match_id: str
    receipt_id: str
    seq: int
    digest: str
    prediction: msgspec.Raw


class VerificationView(msgspec.Struct, frozen=True, kw_only=True):
    """Result of checking a receipt: `problems` lists each mismatch with the expected value."""

    match_id: str
    receipt_id: str
    seq: int
    model_hash: str
    holds: bool
    problems: tuple[str, ...]
    previous_seq: int | None
    """The previous prediction, if its digest could be compared with the one that the receipt names; null if this
    prediction is the match's first or the previous one was retracted."""


class _Receipt(msgspec.Struct, frozen=True, kw_only=True):
    receipt_id: str
    model_version: str
    digest: str


class Published(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="prediction"):
    """`game.messages.Prediction`; of its receipt only the identifying fields."""

    match_id: str
    seq: int
    prev_seq: int
    map_id: str
    map_name: str | None
    round_no: int | None
    round_time_s: float | None
    ts_event: datetime
    event_id: str
    round: Probability
    map: Probability
    series: Probability
    receipt: _Receipt
    corrects: int | None = None
    received_at: datetime | None = None
    predicted_at: datetime | None = None
    outside: str | None = None
    swing: float | None = None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A prediction in memory: its response form, and the bytes that its receipt covers."""

    view: PredictionView
    digest: str
    raw: bytes


DECODER: "msgspec.json.Decoder[Published | Retraction]" = msgspec.json.Decoder(Published | Retraction)


def kept(message: Published, raw: bytes) -> Kept:
    return Kept(view=_view(message), digest=message.receipt.digest, raw=raw)


def kept_of(raw: bytes) -> Kept | None:
    """Decode the prediction in one published message; None for a retraction. Raises msgspec.DecodeError."""
    message = DECODER.decode(raw)
    return None if isinstance(message, Retraction) else kept(message, raw)


def receipt(found: Kept) -> ReceiptView:
    view = found.view
    return ReceiptView(
        match_id=view.match_id,
        receipt_id=view.receipt_id,
        seq=view.seq,
        digest=found.digest,
        prediction=msgspec.Raw(found.raw),
    )


def _view(message: Published) -> PredictionView:
    told: dict[str, Any] = {
        name: getattr(message, name)
        for name in PredictionView.__struct_fields__
        if name in Published.__struct_fields__
    }
    told |= {"ts_event": iso(message.ts_event), "predicted_at": iso_or_none(message.predicted_at)}
    named = message.receipt
    return PredictionView(**told, model_version=named.model_version, receipt_id=named.receipt_id)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A half-round line and the probability that team A, or the total, exceeds it."""

    line: float
    p: float


class FinalScore(msgspec.Struct, frozen=True, kw_only=True):
    """A final score: rounds of a map, or maps of a series."""

    score_a: int
    score_b: int
    p: float


class ScoresView(msgspec.Struct, frozen=True, kw_only=True):
    """Possible results of the running map and the series, from the same chain of rounds and maps as their win
    probabilities."""

    match_id: str
    seq: int
    model_version: str
    map_p_a: float
    series_p_a: float
    map_scores: tuple[FinalScore, ...]
    """All final scores with a probability of .0001 or more, the likeliest first."""
    series_scores: tuple[FinalScore, ...]
    totals: tuple[Line, ...]
    """Probability of more rounds on this map than the line."""
    handicaps: tuple[Line, ...]
    """Probability that team A's rounds plus the line exceed team B's."""


class Chance(msgspec.Struct, frozen=True, kw_only=True):
    """Team A's win probability with its interval."""

    p_a: float
    lo: float
    hi: float


class PointView(msgspec.Struct, frozen=True, kw_only=True):
    """The last prediction of one interval of event time. A horizon that was not requested is null."""

    seq: int
    ts_event: str
    map_id: str
    round_no: int | None
    round: Chance | None = None
    map: Chance | None = None
    series: Chance | None = None


class HistoryView(msgspec.Struct, frozen=True, kw_only=True):
    """A match's predictions, downsampled to one per `resolution_s` of event time, oldest first. `next_from_seq`
    requests the next page; null on the last page. If `is_complete` is false, some predictions in between are
    unavailable at present."""

    match_id: str
    resolution_s: float
    items: list[PointView]
    next_from_seq: int | None
    is_complete: bool = True


LEAST_SHOWN = 0.0001


def scores_view(
    view: MatchView, forecast: Forecast, *, model_version: str, maps: Scores, series: Scores
) -> ScoresView:
    return ScoresView(
        match_id=view.match_id,
        seq=view.seq,
        model_version=model_version,
        map_p_a=forecast.map.p_a,
        series_p_a=forecast.series.p_a,
        map_scores=_likeliest(maps),
        series_scores=_likeliest(series),
        totals=_lines(totals(maps)),
        handicaps=_lines(handicaps(maps)),
    )


def stored_point(row: Mapping[str, Any], horizon: str) -> PointView:
    """Build a point from a row of the store."""
    told = {name: Chance(p_a=row[name][0], lo=row[name][1], hi=row[name][2]) for name in _asked(horizon)}
    return PointView(
        seq=row["seq"],
        ts_event=iso(row["ts_event"]),
        map_id=row["map_id"],
        round_no=row["round_no"],
        **told,
    )


def held_point(view: PredictionView, horizon: str) -> PointView:
    """Build a point from a prediction in memory."""
    by_name: dict[str, Probability] = {"round": view.round, "map": view.map, "series": view.series}
    told = {
        name: Chance(p_a=by_name[name].p_a, lo=by_name[name].lo, hi=by_name[name].hi)
        for name in _asked(horizon)
    }
    return PointView(seq=view.seq, ts_event=view.ts_event, map_id=view.map_id, round_no=view.round_no, **told)


def _asked(horizon: str) -> tuple[str, ...]:
    return HORIZONS if horizon == "all" else (horizon,)


def _likeliest(scores: Scores) -> tuple[FinalScore, ...]:
    shown = ((score, round(p, 4)) for score, p in scores.items())
    found = sorted(
        ((p, score) for score, p in shown if p >= LEAST_SHOWN), key=lambda each: (-each[0], each[1])
    )
    return tuple(FinalScore(score_a=a, score_b=b, p=p) for p, (a, b) in found)


def _lines(lines: Iterable[tuple[float, float]]) -> tuple[Line, ...]:
    """Return the lines that are still open after rounding to the precision shown."""
    shown = ((line, round(p, 4)) for line, p in lines)
    return tuple(Line(line=line, p=p) for line, p in shown if LEAST_SHOWN <= p <= 1 - LEAST_SHOWN)
