"""Predictions and receipts as the API shows them. Shapes and their making only."""

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
    """Win probabilities after `seq` at all three horizons; the receipt is a resource of its own."""

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
    """What of the state lies outside of what the model has learned from; null where it knows of nothing."""
    swing: float | None = None
    """Chance that the round's probability moves by .15 or more within five seconds; null where it is not published."""


class ReceiptView(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt with the whole message that it covers, as it was published."""

    match_id: str
    receipt_id: str
    seq: int
    digest: str
    prediction: msgspec.Raw


class VerificationView(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt checked: `problems` names what is not as it should be, with what it should be."""

    match_id: str
    receipt_id: str
    seq: int
    model_hash: str
    holds: bool
    problems: tuple[str, ...]
    previous_seq: int | None
    """The prediction before it, where its digest could be compared with what the receipt names; null where that
    one is the match's first or was withdrawn."""


class _Receipt(msgspec.Struct, frozen=True, kw_only=True):
    receipt_id: str
    model_version: str
    digest: str


class Published(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="prediction"):
    """`game.messages.Prediction` with of its receipt only what names it."""

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
    """A prediction in memory: as it is shown, and the bytes that its receipt covers."""

    view: PredictionView
    digest: str
    raw: bytes


DECODER: "msgspec.json.Decoder[Published | Retraction]" = msgspec.json.Decoder(Published | Retraction)


def kept(message: Published, raw: bytes) -> Kept:
    return Kept(view=_view(message), digest=message.receipt.digest, raw=raw)


def kept_of(raw: bytes) -> Kept | None:
    """The prediction in one published message; None for a retraction. Raises msgspec.DecodeError."""
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
    """A half-round line and team A's, or the total's, chance to exceed it."""

    line: float
    p: float


class FinalScore(msgspec.Struct, frozen=True, kw_only=True):
    """Rounds of a map, or maps of a series, at its end."""

    score_a: int
    score_b: int
    p: float


class ScoresView(msgspec.Struct, frozen=True, kw_only=True):
    """How the running map and the series may end, by the chain that their chances come from."""

    match_id: str
    seq: int
    model_version: str
    map_p_a: float
    series_p_a: float
    map_scores: tuple[FinalScore, ...]
    """All final scores of .0001 and more, the likeliest first."""
    series_scores: tuple[FinalScore, ...]
    totals: tuple[Line, ...]
    """Chance of more rounds on this map than the line."""
    handicaps: tuple[Line, ...]
    """Chance that team A's rounds plus the line exceed team B's."""


class Chance(msgspec.Struct, frozen=True, kw_only=True):
    """Team A's chance with its interval."""

    p_a: float
    lo: float
    hi: float


class PointView(msgspec.Struct, frozen=True, kw_only=True):
    """The last prediction of one interval of time. A horizon that was not asked for is null."""

    seq: int
    ts_event: str
    map_id: str
    round_no: int | None
    round: Chance | None = None
    map: Chance | None = None
    series: Chance | None = None


class HistoryView(msgspec.Struct, frozen=True, kw_only=True):
    """A match's predictions, thinned to one for each `resolution_s` of event time, oldest first. `next_from_seq` asks
    for what follows; null at the end. Without `is_complete` something in between is not to be had at this moment."""

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
    """A row of the store."""
    told = {name: Chance(p_a=row[name][0], lo=row[name][1], hi=row[name][2]) for name in _asked(horizon)}
    return PointView(
        seq=row["seq"],
        ts_event=iso(row["ts_event"]),
        map_id=row["map_id"],
        round_no=row["round_no"],
        **told,
    )


def held_point(view: PredictionView, horizon: str) -> PointView:
    """A prediction in memory."""
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
    """Only those that are open by what is shown."""
    shown = ((line, round(p, 4)) for line, p in lines)
    return tuple(Line(line=line, p=p) for line, p in shown if LEAST_SHOWN <= p <= 1 - LEAST_SHOWN)
