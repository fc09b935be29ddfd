"""Predictions and receipts as the API shows them. Shapes and their making only."""

from datetime import datetime
from typing import Any

import msgspec

from api.public.moments import iso, iso_or_none
from game.messages import Probability, Retraction


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
