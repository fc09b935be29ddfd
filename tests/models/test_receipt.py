"""Laws of receipts: what was published can be computed again, and any change to it is found."""

from collections.abc import Sequence
from functools import cache
from itertools import islice, pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from game.events import Kill
from game.features import extract
from game.messages import Prediction, Processed, Retraction
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.state import initial_state
from models.fold import fold_events
from models.forecast import Forecast
from models.predictor import Predictor, load_champion
from models.receipt import GENESIS, digest_of, issue, verify

EVENTS = 1_500


@cache
def predictions() -> tuple[Prediction, ...]:
    """Predictions of the first rounds of a simulated match."""
    events = list(islice(simulate(Setting(seed=3, position_hz=0, has_shots=False)), EVENTS))
    return tuple(m for m in fold_events(events, load_champion()) if isinstance(m, Prediction))


def chain_problems(messages: Sequence[Prediction], predictor: Predictor) -> list[str]:
    previous, problems = GENESIS, []
    for message in messages:
        problems += verify(message, predictor, previous)
        previous = message.receipt.digest
    return problems


def test_a_whole_match_holds_also_after_a_trip_over_the_wire(champion: Predictor) -> None:
    again = [msgspec.json.decode(msgspec.json.encode(p), type=Prediction) for p in predictions()]
    assert len(again) > 100
    assert {p.receipt.features is None for p in again} == {True, False}
    assert chain_problems(again, champion) == []


def test_receipts_form_a_chain() -> None:
    assert predictions()[0].receipt.previous == GENESIS
    assert all(b.receipt.previous == a.receipt.digest for a, b in pairwise(predictions()))
    assert len({p.receipt.receipt_id for p in predictions()}) == len(predictions())


@given(data=st.data())
def test_one_changed_character_is_found(champion: Predictor, data: st.DataObject) -> None:
    """Any digit or letter of the encoded prediction, but for the times of processing."""
    message = data.draw(st.sampled_from(predictions()))
    message = replace(message, received_at=None, predicted_at=None)
    raw = bytearray(msgspec.json.encode(message))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] = data.draw(st.sampled_from(b"0123456789abcdef".replace(bytes([raw[at]]), b"")))
    try:
        forged = msgspec.json.decode(bytes(raw), type=Prediction)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    if forged == message:
        return
    assert verify(forged, champion, message.receipt.previous)


@pytest.mark.parametrize("field", ["p_a", "p_b", "lo", "hi", "confidence"])
@pytest.mark.parametrize("horizon", ["round", "map", "series"])
def test_a_number_that_does_not_follow_is_found_even_under_a_new_digest(
    champion: Predictor, horizon: str, field: str
) -> None:
    message = predictions()[50]
    shown = getattr(message, horizon)
    forged = replace(
        message, **{horizon: replace(shown, **{field: round(getattr(shown, field) - 0.0001, 4)})}
    )
    forged = replace(forged, receipt=replace(forged.receipt, digest=digest_of(forged)))
    problems = verify(forged, champion, message.receipt.previous)
    assert [p for p in problems if p.startswith(f"{horizon} is ")]


@pytest.mark.parametrize(
    "field", ["receipt_id", "model_version", "model_hash", "feature_schema_hash", "previous"]
)
def test_a_claim_that_does_not_hold_is_found_even_under_a_new_digest(champion: Predictor, field: str) -> None:
    message = predictions()[50]
    forged = replace(message, receipt=replace(message.receipt, **{field: "0" * 64}))
    forged = replace(forged, receipt=replace(forged.receipt, digest=digest_of(forged)))
    due = getattr(message.receipt, field)
    assert f"{field} is {'0' * 64}, should be {due}" in verify(forged, champion, message.receipt.previous)


def test_only_predictions_of_live_play_have_a_round_time() -> None:
    told = {(p.round_time_s is not None, p.receipt.score["stage"] == "live") for p in predictions()}
    assert told == {(True, True), (False, False)}


def test_a_prediction_that_is_made_again_says_what_it_corrects(champion: Predictor) -> None:
    events = list(islice(simulate(Setting(seed=3, position_hz=0, has_shots=False)), 200))
    kill = next(n for n, event in enumerate(events) if isinstance(event, Kill) and event.round_no == 1)
    late = [*events[:kill], *events[kill + 1 : kill + 45], events[kill]]
    messages = fold_events(late, champion)
    told = {m.seq: m.corrects for m in messages if isinstance(m, Processed)}
    predicted = {m.seq: m.corrects for m in messages if isinstance(m, Prediction)}
    [retraction] = [m for m in messages if isinstance(m, Retraction)]
    assert predicted.items() <= told.items()
    assert set(predicted.values()) == {None, retraction.to_seq + 1}


@pytest.mark.parametrize(
    "score", [{}, {"stage": "live"}, {"kind": 99}, {"kind": "full"}, {"max_rounds": "many"}]
)
def test_inputs_that_mean_nothing_are_a_problem_and_no_crash(
    champion: Predictor, score: dict[str, Any]
) -> None:
    message = predictions()[50]
    told = {**message.receipt.score, **score} if "kind" in score or "max_rounds" in score else score
    forged = replace(message, receipt=replace(message.receipt, score=told))
    assert any("cannot be computed" in problem for problem in verify(forged, champion, None))


def test_times_of_processing_are_not_covered(champion: Predictor) -> None:
    message = predictions()[10]
    later = replace(message, received_at=message.ts_event, predicted_at=message.ts_event)
    assert digest_of(later) == message.receipt.digest
    assert verify(later, champion, message.receipt.previous) == []


def test_a_prediction_needs_a_map(champion: Predictor) -> None:
    state = initial_state("m")
    assert champion.predict(state, extract(state)) is None
    with pytest.raises(ValueError, match="needs a map"):
        issue(
            predictor=champion,
            state=state,
            forecast=msgspec.convert({**_shown(), "score": {}}, Forecast),
            features=None,
            event_id="e",
            input_event_ids=(),
            previous=GENESIS,
            prev_seq=0,
        )


def _shown() -> dict[str, Any]:
    message = predictions()[0]
    return {name: msgspec.to_builtins(getattr(message, name)) for name in ("round", "map", "series")}
