"""What the intake answers, and what it hands to the broker."""

import asyncio
import gzip

import httpx
import msgspec
import pytest
from backports import zstd

from adapters.kafka.connection import BacklogError, BrokerError, DeliveryError, OversizedError
from adapters.kafka.records import RAW
from tests.api.intake.doubles import JSON, Door, as_json, envelope

MSGPACK = {"content-type": "application/msgpack"}
NDJSON = {"content-type": "application/x-ndjson"}


@pytest.fixture
def door() -> Door:
    return Door()


def counts(answer: httpx.Response) -> tuple[int, int, int]:
    body = answer.json()
    return body["accepted"], body["duplicate"], len(body["rejected"])


def test_one_event_reaches_the_broker_as_it_came(door: Door) -> None:
    body = (
        b'  {"payload":{"victim_player_id":"p2"}, "type":"kill","event_id":"e","match_id":"m",'
        b'"ts_event":"2026-01-18T12:00:00Z","source":"demo","session":"s1" }\n'
    )
    answer = door.post(body)
    assert (answer.status_code, counts(answer)) == (202, (1, 0, 0))
    [record] = door.broker.kept
    assert (record.topic, record.key, record.value) == (RAW, b"m", body.strip())
    assert dict(record.headers) == {
        "format": b"native+json",
        "source": b"demo",
        "session": b"s1",
        "received_at": b"2026-01-18T12:00:00.123Z",
    }


def test_every_framing_gives_the_same_events(door: Door) -> None:
    events = [envelope(seq_no=n) for n in range(3)]
    bodies = [
        (as_json(events), JSON),
        (b"\n\n".join(map(as_json, events)) + b"\r\n", NDJSON),
        (b"\n".join(map(as_json, events)), JSON),
        (msgspec.msgpack.encode(events), MSGPACK),
    ]
    for body, headers in bodies:
        fresh = Door()
        assert counts(fresh.post(body, headers)) == (3, 0, 0)
        encoding = "msgpack" if headers is MSGPACK else "json"
        decode = msgspec.msgpack.decode if encoding == "msgpack" else msgspec.json.decode
        assert [decode(record.value) for record in fresh.broker.kept] == events
        assert {record.headers["format"] for record in fresh.broker.kept} == {f"native+{encoding}".encode()}


def test_a_pretty_printed_event_is_one_event(door: Door) -> None:
    assert counts(door.post(msgspec.json.format(as_json(envelope()), indent=2))) == (1, 0, 0)


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress),
        ("zstd", zstd.compress),
        ("GZIP", lambda body: gzip.compress(body[:9]) + gzip.compress(body[9:])),
        ("identity", bytes),
    ],
)
def test_content_encodings(door: Door, encoding: str, packed: "type[bytes]") -> None:
    body = as_json([envelope(), envelope()])
    answer = door.post(packed(body), JSON | {"content-encoding": encoding})
    assert counts(answer) == (2, 0, 0)


def test_a_repeated_event_is_a_duplicate_and_not_sent_again(door: Door) -> None:
    event = as_json(envelope())
    assert counts(door.post(event)) == (1, 0, 0)
    assert counts(door.post(event)) == (0, 1, 0)
    assert counts(door.post(b"[" + event + b"," + event + b"]")) == (0, 2, 0)
    assert len(door.broker.kept) == 1


def test_twice_in_one_request_is_sent_once(door: Door) -> None:
    event = as_json(envelope())
    assert counts(door.post(event + b"\n" + event, NDJSON)) == (1, 1, 0)
    assert len(door.broker.kept) == 1


def test_an_id_counts_within_its_match(door: Door) -> None:
    for match_id in ("m1", "m2"):
        assert counts(door.post(as_json(envelope(event_id="e", match_id=match_id)))) == (1, 0, 0)


def test_what_was_not_acknowledged_is_no_duplicate(door: Door) -> None:
    event = as_json(envelope())
    door.broker.failure = DeliveryError(RAW, partition=0, reason="no broker")
    assert door.post(event).status_code == 503
    door.broker.failure = None
    assert counts(door.post(event)) == (1, 0, 0)


def test_the_memory_of_duplicates_is_bounded() -> None:
    door = Door(recent_max=2)
    events = [as_json(envelope()) for _ in range(3)]
    for event in events:
        door.post(event)
    assert counts(door.post(events[0])) == (1, 0, 0)
    assert counts(door.post(events[2])) == (0, 1, 0)


def test_no_answer_before_the_broker_has_it(door: Door) -> None:
    async def scene() -> tuple[bool, int]:
        door.broker.gate = asyncio.Event()
        request = asyncio.create_task(
            door.request("POST", "/events", content=as_json(envelope()), headers=JSON)
        )
        for _ in range(50):
            await asyncio.sleep(0)
        was_answered = request.done()
        door.broker.gate.set()
        return was_answered, (await request).status_code

    assert asyncio.run(scene()) == (False, 202)


def test_rejected_items_are_named_and_the_rest_is_taken(door: Door) -> None:
    wrong = envelope(round_no="one")
    body = as_json([envelope(), wrong, envelope(type="dance"), {"event_id": 1}])
    answer = door.post(body)
    assert answer.status_code == 202
    assert counts(answer) == (2, 0, 2)
    first, second = answer.json()["rejected"]
    assert (first["index"], first["field"]) == (1, "$.round_no")
    assert "int" in first["reason"]
    assert second["index"] == 3


def test_every_item_rejected_is_400_with_all_reasons(door: Door) -> None:
    answer = door.post(as_json([envelope(ts_event="yesterday"), envelope(match_id="")]))
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == "urn:midround:problem:all-rejected"
    assert [each["field"] for each in body["rejected"]] == ["$.ts_event", "$.match_id"]
    assert (body["field"], body["status"]) == ("$.ts_event", 400)
    assert door.broker.kept == []


@pytest.mark.parametrize("name", ["match_id", "source", "session"])
@pytest.mark.parametrize("told", ["a\x00b", "a\nb", "\x7f", "\x85"], ids=ascii)
def test_what_becomes_a_key_or_a_header_has_no_control_characters(door: Door, name: str, told: str) -> None:
    event = envelope(**{name: told})
    for body, headers in ((as_json(event), JSON), (msgspec.msgpack.encode(event), MSGPACK)):
        answer = door.post(body, headers).json()
        assert (answer["field"], answer["reason"]) == (f"$.{name}", "holds control characters")
    assert door.broker.kept == []


@pytest.mark.parametrize("told", ["league 7/final", "Финал/決勝 🏆", "a\u00a0b\u200b", "a\\b"], ids=ascii)
def test_any_other_text_is_an_id(door: Door, told: str) -> None:
    assert counts(door.post(as_json(envelope(match_id=told, source=told, session=told)))) == (1, 0, 0)


@pytest.mark.parametrize(
    ("failure", "status", "retry"),
    [
        (BacklogError(RAW, partition=0, reason="the stream is behind"), 429, "1"),
        (DeliveryError(RAW, partition=0, reason="timed out"), 503, "1"),
        (BrokerError("not connected yet"), 503, "1"),
        (OversizedError(RAW, partition=0, size_bytes=2, limit_bytes=1), 413, None),
    ],
)
def test_what_the_broker_refuses(door: Door, failure: BrokerError, status: int, retry: str | None) -> None:
    door.broker.failure = failure
    answer = door.post(as_json(envelope()))
    assert (answer.status_code, answer.headers.get("retry-after")) == (status, retry)
    assert answer.json()["reason"] in str(failure)


def test_readiness_is_the_brokers(door: Door) -> None:
    assert door.ask("GET", "/ready").status_code == 200
    door.broker.failure = BrokerError("no broker at 127.0.0.1:1")
    answer = door.ask("GET", "/ready")
    assert (answer.status_code, answer.json()["field"], answer.headers["retry-after"]) == (503, "broker", "1")
    assert door.ask("GET", "/health").status_code == 200


@pytest.mark.parametrize("origin", ["http://intake", "https://elsewhere.example", "null", "http://["])
def test_no_page_sends_events(door: Door, origin: str) -> None:
    """A page may have a name of its own lead here, so that one that seems to be of this host is from elsewhere too."""
    answer = door.post(as_json(envelope()), JSON | {"origin": origin})
    assert (answer.status_code, answer.json()["field"]) == (403, "origin")
    assert answer.json()["type"] == "urn:midround:problem:page-elsewhere"
    assert door.broker.kept == []
    assert door.ask("GET", "/health", headers={"origin": origin}).status_code == 200


def test_other_paths_and_methods(door: Door) -> None:
    assert door.ask("GET", "/nowhere").status_code == 404
    for path, allowed in (("/events", "POST"), ("/health", "GET, HEAD")):
        refused = door.ask("DELETE", path)
        assert (refused.status_code, refused.headers["allow"]) == (405, allowed)


def test_metrics_count_outcomes(door: Door) -> None:
    event = as_json(envelope())
    for body in (event, event, as_json([envelope(), {}]), b"{"):
        door.post(body)
    text = door.ask("GET", "/metrics").text
    assert 'ingestion_events_total{outcome="accepted"} 2.0' in text
    assert 'ingestion_events_total{outcome="duplicate"} 1.0' in text
    assert 'ingestion_events_total{outcome="rejected"} 1.0' in text
    assert 'api_requests_total{method="POST",route="/events",status="202"} 3.0' in text
    assert 'error_total{kind="unreadable"} 1.0' in text
    assert 'ingestion_latency_ms_count{stage="intake"} 3.0' in text
