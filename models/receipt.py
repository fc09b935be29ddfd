"""Receipts: the inputs of a prediction, and proof that it follows from them.

Belongs here: building the message with its receipt, and verifying one by recomputation. Does not belong here: how
probabilities are computed (`models.predictor`), storage.

The digest is the SHA-256 of the canonical JSON (fields in declared order, no spaces) of the whole prediction with an
empty digest and without the times of processing. It covers `previous`, the digest of the match's prediction before it,
so receipts form a chain.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from game.features import SCHEMA_HASH, Features
from game.messages import Prediction, Receipt
from game.state import MatchState, is_live_play, round_time_s
from models.forecast import Forecast
from models.predictor import Predictor
from models.score import Score

RECOMPUTED = ("round", "map", "series", "outside", "swing")
"""The parts of a prediction that follow from features and score. An absent swing is not checked."""
GENESIS = "0" * 64
"""The `previous` of a match's first receipt."""


def issue(
    *,
    predictor: Predictor,
    state: MatchState,
    forecast: Forecast,
    features: Features | None,
    event_id: str,
    input_event_ids: Sequence[str],
    previous: str,
    prev_seq: int,
    corrects: int | None = None,
    received_at: datetime | None = None,
    predicted_at: datetime | None = None,
) -> Prediction:
    """The prediction after the state's last event, sealed. Raises `ValueError` for a state without a map or an event.

    `input_event_ids` are the events since the last prediction; `previous` is that prediction's digest or `GENESIS`.
    """
    if state.map is None or state.last_ts is None:
        raise ValueError("a prediction needs a map and an event")
    receipt = Receipt(
        receipt_id=receipt_id(state.match_id, state.seq, predictor.model_hash),
        model_version=predictor.model_version,
        model_hash=predictor.model_hash,
        feature_schema_hash=SCHEMA_HASH,
        input_event_ids=tuple(input_event_ids),
        features=features,
        score=forecast.score,
        previous=previous,
        digest="",
    )
    bare = Prediction(
        match_id=state.match_id,
        seq=state.seq,
        prev_seq=prev_seq,
        map_id=state.map.map_id,
        map_name=state.map.name,
        round_no=None if state.round is None else state.round.number,
        round_time_s=round_time_s(state, state.last_ts) if is_live_play(state) else None,
        ts_event=state.last_ts,
        event_id=event_id,
        round=forecast.round,
        map=forecast.map,
        series=forecast.series,
        receipt=receipt,
        corrects=corrects,
        outside=forecast.outside,
        swing=forecast.swing,
    )
    sealed = replace(receipt, digest=_digest(bare))
    return replace(bare, receipt=sealed, received_at=received_at, predicted_at=predicted_at)


def receipt_id(match_id: str, seq: int, model_hash: str) -> str:
    """The same prediction has the same id wherever it is made: 128 bits in hexadecimal."""
    return blake2b(f"{match_id}/{seq}/{model_hash}".encode(), digest_size=16).hexdigest()


def digest_of(prediction: Prediction) -> str:
    """The digest that the prediction's receipt should have."""
    receipt = replace(prediction.receipt, digest="")
    return _digest(replace(prediction, received_at=None, predicted_at=None, receipt=receipt))


def _digest(bare: Prediction) -> str:
    return hashlib.sha256(_canonical(bare)).hexdigest()


def verify(prediction: Prediction, predictor: Predictor, previous: str | None) -> list[str]:
    """What is wrong with a prediction, in words; empty if it holds. A null `previous` is not checked."""
    receipt = prediction.receipt
    claims = {
        "receipt_id": (
            receipt.receipt_id,
            receipt_id(prediction.match_id, prediction.seq, receipt.model_hash),
        ),
        "model_version": (receipt.model_version, predictor.model_version),
        "model_hash": (receipt.model_hash, predictor.model_hash),
        "feature_schema_hash": (receipt.feature_schema_hash, SCHEMA_HASH),
        "previous": (receipt.previous, receipt.previous if previous is None else previous),
        "digest": (receipt.digest, digest_of(prediction)),
    }
    problems = [
        f"{name} is {found}, should be {due}" for name, (found, due) in claims.items() if found != due
    ]
    return problems + _recomputed(prediction, predictor)


def _recomputed(prediction: Prediction, predictor: Predictor) -> list[str]:
    try:
        score = msgspec.convert(prediction.receipt.score, Score)
        again = predictor.forecast(prediction.receipt.features, score)
        if prediction.swing is not UNSET:
            again = predictor.with_swing(again, prediction.receipt.features)
    except (ValueError, TypeError, ArithmeticError, LookupError) as error:
        return [f"score or features cannot be computed from: {error}"]
    return [
        f"{part} is {_shown(found)}, should be {_shown(due)}"
        for part in RECOMPUTED
        if _shown(found := getattr(prediction, part)) != _shown(due := getattr(again, part))
    ]


def _shown(part: object) -> str:
    return "absent" if part is UNSET else _canonical(part).decode()


def _canonical(value: object) -> bytes:
    return msgspec.json.encode(value)
