"""What webhooks are told of a match: read off the log, the same however often it is read and wherever one begins."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
import pytest

from adapters.kafka.records import PROCESSED, STATE, Record
from api.outbox import telling
from api.outbox.telling import Notice, Teller
from game.events import ModelSwitched
from game.messages import Processed, Retraction, StateSnapshot
from game.payloads import ModelSwitchedData
from tests.api.public.conftest import whole_match
from tests.api.public.doubles import NOON, messages, records

OUTCOMES = {"match.started", "round.ended", "map.ended", "series.ended"}


def read(teller: Teller, log: Sequence[Record]) -> list[Notice]:
    return [notice for record in log for notice in teller.take(record)]


@cache
def log() -> tuple[Record, ...]:
    """A whole series as it stands on both topics."""
    return tuple(record for record in records(whole_match()) if record.topic in {STATE, PROCESSED})


@cache
def whole() -> tuple[Notice, ...]:
    """What is told of it."""
    return tuple(read(Teller({}), log()))


def said(notices: Sequence[Notice]) -> list[tuple[str, Any, Any]]:
    """Type, round and finality of outcomes, in order."""
    found = [(notice.type, json.loads(notice.body)["data"]) for notice in notices if notice.type in OUTCOMES]
    return [(kind, data.get("round_no"), data.get("finality")) for kind, data in found]


def test_a_series_is_told_from_its_start_to_its_end() -> None:
    notices = whole()
    outcomes = said(notices)
    assert outcomes[0] == ("match.started", None, None)
    assert outcomes[1:3] == [("round.ended", 1, "provisional"), ("round.ended", 1, "final")]
    assert ("map.ended", None, "final") in outcomes
    assert outcomes[-1] == ("series.ended", None, "final")
    assert len(set(outcomes)) == len(outcomes)
    assert len({notice.delivery_id("w") for notice in notices}) == len(notices)
    swings = [json.loads(notice.body)["data"]["swings"] for notice in notices if notice.type == "round.swing"]
    largest = [max(abs(each["p_a_after"] - each["p_a_before"]) for each in told) for told in swings]
    assert min(largest) >= 0.15 - 1e-9


@pytest.mark.parametrize("kept", ["{}", "not JSON", '{"seq":1,"is_begun":true,"results":[["another",{}]]}'])
def test_what_cannot_be_read_of_a_match_ends_nothing(kept: str, caplog: pytest.LogCaptureFixture) -> None:
    """It is met amid its play: what was decided before is no news, what comes is told."""
    match_id, half = log()[0].key.decode(), len(log()) // 2
    teller = Teller({match_id: kept, "other": '{"seq":0,"is_begun":false,"results":[]}'})
    assert said(read(teller, log()[half:])) == said(read(Teller({}), log()[half:])) != []
    assert "cannot be read" in caplog.text


def test_the_same_log_gives_the_same_ids_and_bodies() -> None:
    once, again = whole(), read(Teller({}), log())
    assert list(once) == again
    assert [n.delivery_id("a") for n in once] == [n.delivery_id("a") for n in again]
    assert {n.delivery_id("a") for n in once}.isdisjoint(n.delivery_id("b") for n in once)


@pytest.mark.parametrize("part", [1, 4, 7, 10])
def test_a_teller_that_begins_anew_anywhere_tells_the_rest_once(part: int) -> None:
    """It knows what was kept at that place, and no state: the next whole snapshot tells what it missed."""
    place = len(log()) * part // 12
    first = Teller({})
    told = read(first, log()[:place])
    known = first.take_changed()
    rest = read(Teller(known), log()[place:])
    outcomes = said([*told, *rest])
    settled = [each for each in outcomes if each[2] != "provisional"]
    assert settled == [each for each in said(whole()) if each[2] != "provisional"]
    assert len(set(outcomes)) == len(outcomes)


def test_what_is_read_again_from_before_is_no_news() -> None:
    """A stream that was killed tells its last epoch again."""
    teller = Teller({})
    read(teller, log()[:6_000])
    known = teller.take_changed()
    assert said(read(Teller(known), log()[3_000:6_000])) == []


def test_a_match_that_is_met_amid_its_play_has_no_old_news() -> None:
    outcomes = said(read(Teller({}), log()[len(log()) // 2 :]))
    assert "match.started" not in {kind for kind, *_ in outcomes}
    first = next(round_no for kind, round_no, _ in outcomes if kind == "round.ended")
    assert first > 5


def test_a_correction_voids_what_followed_and_what_holds_is_told() -> None:
    notices = read(Teller({}), [r for r in records(messages(3)) if r.topic in {STATE, PROCESSED}])
    corrected = [json.loads(notice.body)["data"] for notice in notices if notice.type == "match.corrected"]
    assert corrected
    assert all(1 <= each["from_seq"] <= each["to_seq"] and each["reason"] for each in corrected)


def test_corrections_with_one_seq_are_two() -> None:
    """The second is wider: nothing was told anew between them."""
    narrow = Retraction(match_id="m", seq=9, from_seq=8, to_seq=8, reason="taken back")
    both = [narrow, msgspec.structs.replace(narrow, from_seq=2)]
    notices = read(Teller({}), [r for r in records(both) if r.topic == PROCESSED])
    assert len({notice.delivery_id("w") for notice in notices}) == len(both)


def test_a_switch_of_the_model_is_told() -> None:
    of = next(message for message in messages() if isinstance(message, Processed))
    event = ModelSwitched(
        event_id="e",
        match_id=of.match_id,
        ts_event=NOON,
        source="stream",
        payload=ModelSwitchedData(model_version="next", model_hash="h"),
    )
    message = Processed(
        match_id=of.match_id,
        seq=9,
        prev_seq=8,
        event_id="e",
        map_id=None,
        round_no=None,
        ts_event=NOON,
        type="model_switched",
        source="stream",
        match_tag="live",
        is_post_round=False,
        event=event,
    )
    [notice] = read(Teller({}), records([message]))
    assert json.loads(notice.body) == {
        "type": "model.switched",
        "timestamp": "2026-01-18T12:00:00.000Z",
        "data": {"match_id": of.match_id, "seq": 9, "model_version": "next", "model_hash": "h"},
    }


def test_views_are_bounded_and_one_that_went_comes_back_with_its_snapshot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(telling, "MATCHES_MAX", 1)
    teller = Teller({})
    read(teller, log()[:3_000])
    read(teller, records([next(m for m in messages() if isinstance(m, StateSnapshot))]))
    assert len(teller._views) == 1
    assert said(read(teller, log()[3_000:]))[-1] == ("series.ended", None, "final")
