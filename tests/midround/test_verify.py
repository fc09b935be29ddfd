"""Verification finds what was changed: a fact, a receipt, a prediction that is missing. The store is a fake."""

import json
from collections.abc import Mapping
from datetime import UTC
from itertools import islice
from typing import Any, cast

import pytest

from game.codec import encode
from game.events import AnyEvent
from game.messages import Message, Prediction, Processed
from midround import inputs, rawlog, verify
from models.fold import fold_events
from models.predictor import Predictor, load_champion
from orchestration import parity

MATCH_EVENTS = 700


class Result:
    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.column_names = tuple(rows[0]) if rows else ()
        self.result_rows = [tuple(row.values()) for row in rows]


class FakeStore:
    """Answers the three questions of a verification from lists of rows."""

    def __init__(self, events: list[AnyEvent], messages: list[Message]) -> None:
        self.raw = [_raw_row(offset, event) for offset, event in enumerate(events)]
        self.facts = [_fact_row(m) for m in messages if isinstance(m, Processed)]
        self.predictions = [{"message": encode(m).decode()} for m in messages if isinstance(m, Prediction)]

    def query(self, sql: str, parameters: Mapping[str, object]) -> Result:
        answers = {rawlog.RAW_ROWS: self.raw, parity.FACTS: self.facts, verify.PREDICTIONS: self.predictions}
        return Result(answers[sql])


def _raw_row(offset: int, event: AnyEvent) -> dict[str, Any]:
    return {
        "topic": "raw-game-events",
        "partition": 0,
        "offset": offset,
        "headers": {"format": "native+json"},
        "raw_hex": encode(event).hex(),
        "published_ms": offset,
    }


def _fact_row(message: Processed) -> dict[str, Any]:
    return {
        "map_id": message.map_id or "",
        "round_no": message.round_no,
        "seq": message.seq,
        "ts_event": message.ts_event.astimezone(UTC),
        "event_id": message.event_id,
        "match_tag": message.match_tag,
        "facts": encode(message.facts).decode(),
    }


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return load_champion()


@pytest.fixture(scope="module")
def told(predictor: Predictor) -> tuple[list[AnyEvent], list[Message]]:
    events = list(islice(inputs.simulated(seed=5, best_of=1, position_hz=0).events(), MATCH_EVENTS))
    return events, fold_events(events, predictor)


@pytest.fixture
def store(told: tuple[list[AnyEvent], list[Message]]) -> FakeStore:
    return FakeStore(*told)


def verdict(store: FakeStore, predictor: Predictor) -> verify.Verdict:
    match_id = json.loads(bytes.fromhex(store.raw[0]["raw_hex"]))["match_id"]
    return verify.verified(cast(Any, store), match_id, {predictor.model_hash: predictor})


def test_what_was_published_as_folded_holds(store: FakeStore, predictor: Predictor) -> None:
    found = verdict(store, predictor)
    assert found.problems == ()
    assert found.holds
    assert found.stream_digest == found.batch_digest
    assert (found.events, found.predictions) == (MATCH_EVENTS, len(store.predictions))


def test_a_changed_fact_is_found(store: FakeStore, predictor: Predictor) -> None:
    row = next(r for r in store.facts if '"killed"' in r["facts"])
    row["facts"] = (
        row["facts"]
        .replace('"is_headshot":true', '"is_headshot":null')
        .replace('"is_headshot":false', '"is_headshot":true')
        .replace('"is_headshot":null', '"is_headshot":false')
    )
    found = verdict(store, predictor)
    assert not found.holds
    assert row["event_id"] in found.problems[0]


def test_one_changed_digit_of_a_prediction_is_found(store: FakeStore, predictor: Predictor) -> None:
    message = json.loads(store.predictions[3]["message"])
    message["series"]["p_a"] = round(message["series"]["p_a"] + 0.0001, 4)
    store.predictions[3]["message"] = json.dumps(message)
    found = verdict(store, predictor)
    assert any(f"seq {message['seq']}" in problem for problem in found.problems)


def test_a_missing_prediction_is_found(store: FakeStore, predictor: Predictor) -> None:
    del store.predictions[5]
    assert any("not published" in problem for problem in verdict(store, predictor).problems)


def test_a_lost_event_is_found(store: FakeStore, predictor: Predictor) -> None:
    lost = next(i for i, row in enumerate(store.facts) if '"killed"' in row["facts"])
    del store.facts[lost]
    assert "facts differ" in verdict(store, predictor).problems[0]


def test_an_unknown_model_is_named(store: FakeStore, predictor: Predictor) -> None:
    match_id = json.loads(bytes.fromhex(store.raw[0]["raw_hex"]))["match_id"]
    found = verify.verified(cast(Any, store), match_id, {})
    assert any("is not known here" in problem for problem in found.problems)
