"""Encoding: one struct in two encodings, and an answer for any bytes."""

from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from game import events as e
from game.codec import DecodeError, Encoding, decode, digest, encode
from game.simulate.mess import mess
from game.simulate.series import simulate
from game.simulate.setting import Setting

ENVELOPE: dict[str, Any] = {
    "event_id": "1",
    "match_id": "m",
    "ts_event": "2026-01-18T12:00:00.123Z",
    "type": "kill",
    "source": "s",
    "payload": {"victim_player_id": "p2"},
}
ENCODINGS: tuple[Encoding, ...] = ("json", "msgpack")


@cache
def stock() -> tuple[e.AnyEvent, ...]:
    return tuple(mess(simulate(Setting(seed=3, best_of=1, has_footsteps=True)), seed=1, options=3))


def raw(encoding: Encoding, **changes: Any) -> bytes:
    told = ENVELOPE | changes
    return msgspec.json.encode(told) if encoding == "json" else msgspec.msgpack.encode(told)


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_was_encoded_decodes_to_the_same_event(encoding: Encoding) -> None:
    assert [decode(encode(event, encoding), encoding) for event in stock()] == list(stock())


def test_every_message_names_its_schema_version() -> None:
    assert b'"schema_version":1' in encode(stock()[0])


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_unknown_type_is_kept_as_it_came(encoding: Encoding) -> None:
    payload = {"anything": [1, {"deep": None}], "more": "text"}
    event = decode(raw(encoding, type="chicken_died", payload=payload), encoding)
    assert isinstance(event, e.Unknown)
    assert (event.original_type, event.payload) == ("chicken_died", payload)
    assert decode(encode(event, encoding), encoding) == event


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"event_id": ""}, "$.event_id"),
        ({"event_id": 7}, "$.event_id"),
        ({"match_id": "m" * 129}, "$.match_id"),
        ({"round_no": -1}, "$.round_no"),
        ({"round_no": "1"}, "$.round_no"),
        ({"round_no": 10**6}, "$.round_no"),
        ({"seq_no": 1.5}, "$.seq_no"),
        ({"ts_event": "yesterday"}, "$.ts_event"),
        ({"ts_event": "2026-01-18T12:00:00"}, "$.ts_event"),
        ({"ts_event": "0001-01-01T00:00:00Z"}, "$.ts_event"),
        ({"ts_event": "9999-12-31T00:00:00Z"}, "$.ts_event"),
        ({"schema_version": 99}, "$.schema_version"),
        ({"type": None}, "$.type"),
        ({"payload": {}}, "$.payload"),
        ({"payload": {"victim_player_id": "p", "is_headshot": "yes"}}, "$.payload.is_headshot"),
        ({"payload": {"victim_player_id": "p", "penetrated_objects": 2**70}}, "$"),
    ],
)
def test_a_wrong_field_is_named(encoding: Encoding, changes: dict[str, Any], field: str) -> None:
    if encoding == "msgpack" and changes.get("payload", {}).get("penetrated_objects"):
        changes = {"payload": {"victim_player_id": "p", "penetrated_objects": 2**63}}
    error = decode(raw(encoding, **changes), encoding)
    assert isinstance(error, DecodeError), error
    assert error.field.startswith(field)
    assert error.reason


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("type_", "payload", "field", "reason"),
    [
        (
            "series_announced",
            {"external_ids": {"": "x"}},
            "$.payload.external_ids[...]",
            "Expected `str` of length >= 1 as a key",
        ),
        (
            "series_announced",
            {"team_a": {"players": {"p" * 129: "One"}}},
            "$.payload.team_a.players[...]",
            "Expected `str` of length <= 128 as a key",
        ),
        (
            "sides_set",
            {"a_side": "ct - at `key` in `$.match_id`"},
            "$.payload.a_side",
            "Invalid enum value 'ct - at `key` in `$.match_id`'",
        ),
    ],
    ids=["empty key", "long key", "value that looks like a place"],
)
def test_a_wrong_key_and_what_looks_like_a_place_are_named(
    encoding: Encoding, type_: str, payload: Any, *, field: str, reason: str
) -> None:
    error = decode(raw(encoding, type=type_, payload=payload), encoding)
    assert error == DecodeError(field=field, reason=reason)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), 1e300])
def test_no_number_that_is_none(number: float) -> None:
    payload = {"victim_player_id": "p", "victim_position": {"x": number, "y": 0.0, "z": 0.0}}
    assert isinstance(decode(raw("msgpack", payload=payload), "msgpack"), DecodeError)
    unknown = raw("msgpack", type="chicken_died", payload={"deep": [number]})
    is_refused = isinstance(decode(unknown, "msgpack"), DecodeError)
    assert is_refused is (number != 1e300)


@given(st.binary(max_size=400))
def test_any_bytes_get_an_answer(body: bytes) -> None:
    for encoding in ENCODINGS:
        assert isinstance(decode(body, encoding), e.Event | DecodeError)


@given(data=st.data())
def test_a_damaged_event_gets_an_answer(data: st.DataObject) -> None:
    encoding = data.draw(st.sampled_from(ENCODINGS))
    body = bytearray(encode(data.draw(st.sampled_from(stock()[:800])), encoding))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))
    assert isinstance(decode(bytes(body[:cut]), encoding), e.Event | DecodeError)


@pytest.mark.parametrize("depth", [200, 5_000, 200_000])
def test_depth_does_not_kill(depth: int) -> None:
    body = raw("json", type="chicken_died").replace(b'{"victim_player_id":"p2"}', b'{"a":' + b"[" * depth)
    assert isinstance(decode(body), DecodeError)
    assert isinstance(decode(b"\x91" * depth, "msgpack"), DecodeError)


def test_a_digest_tells_sequences_apart() -> None:
    assert digest([b"ab", b"c"]) != digest([b"a", b"bc"])
    assert digest([]) != digest([b""])


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_times_are_kept_in_utc(encoding: Encoding) -> None:
    """An event that waited, encoded, tells the same time as one that did not."""
    event = decode(raw("json", ts_event="2026-01-18T14:00:00+02:00"))
    assert isinstance(event, e.Kill)
    again = decode(encode(event, encoding), encoding)
    assert isinstance(again, e.Kill)
    assert [x.ts_event.isoformat() for x in (event, again)] == ["2026-01-18T12:00:00+00:00"] * 2


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "2012-01-01T00:00:00+14:00", "9999-12-31T23:00:00-14:00"]
)
def test_times_that_no_match_can_have_are_refused(moment: str) -> None:
    told = decode(raw("json", ts_event=moment))
    announced = decode(raw("json", type="series_announced", payload={"starts_at": moment}))
    assert isinstance(told, DecodeError)
    assert isinstance(announced, DecodeError)
    assert (told.field, announced.field) == ("$.ts_event", "$.payload.starts_at")


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, {"a": [10**30]}, msgspec.Raw(b"1e999")])
def test_numbers_that_one_encoding_cannot_hold_are_refused(value: object) -> None:
    assert isinstance(decode(raw("json", type="new", payload={"a": value})), DecodeError)


@pytest.mark.parametrize("value", [msgspec.msgpack.Ext(5, b"x"), b"x", {1: 2}, {None: 1}, float("nan")])
def test_unknown_payloads_hold_plain_data_only(value: object) -> None:
    """What MessagePack can say and JSON cannot would break every reader of the outgoing topics."""
    assert isinstance(decode(raw("msgpack", type="new", payload={"a": value}), "msgpack"), DecodeError)


@pytest.mark.parametrize(
    "payload",
    [
        {"external_ids": {str(n): "x" for n in range(33)}},
        {"team_a": {"players": {str(n): "x" for n in range(65)}}},
        {"team_a": {"name": "x" * 129}},
    ],
)
def test_what_states_hold_is_bounded_where_it_comes_in(payload: dict[str, Any]) -> None:
    told = decode(raw("json", type="series_announced", payload=payload))
    assert isinstance(told, DecodeError)
    assert told.field.startswith("$.payload")


@pytest.mark.parametrize(
    ("raw", "encoding", "reason"),
    [
        (b"foo", "json", "no JSON: it ends within a value (byte 3)"),
        (b'{"event_id": nil}', "json", "no JSON: invalid character (byte 14)"),
        (b"\x81", "msgpack", "no MessagePack: it ends within a value (byte 1)"),
    ],
)
def test_bytes_that_are_of_another_kind_are_named(raw: bytes, encoding: Encoding, reason: str) -> None:
    assert decode(raw, encoding) == DecodeError(field="$", reason=reason)
