"""The native source: bodies fall into the bytes of their items; every byte string is an event or an error."""

import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from game.codec import DecodeError, Encoding, encode
from game.events import Event, Kill, Unknown
from game.sources.native import MAX_ITEMS, split, translate
from tests.game.scripted import scripted_map

ENVELOPE: dict[str, Any] = {
    "event_id": "00000000-0000-0000-0000-000000000001",
    "match_id": "11111111-1111-1111-1111-111111111111",
    "ts_event": "2026-01-18T12:00:00.123Z",
    "type": "kill",
    "source": "demo",
    "seq_no": 1,
    "payload": {"victim_player_id": "p2"},
}
JSON = {"format": b"native+json"}
MSGPACK = {"format": b"native+msgpack"}

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)


def changed(**values: Any) -> bytes:
    return json.dumps(ENVELOPE | values).encode()


def payload(**values: Any) -> bytes:
    return changed(payload=ENVELOPE["payload"] | values)


@given(st.lists(st.dictionaries(st.text(max_size=4), json_values, max_size=4), max_size=6), st.integers(0, 3))
def test_items_of_an_array_keep_their_bytes(items: list[dict[str, Any]], indent: int) -> None:
    parts = [json.dumps(item, indent=indent or None).encode() for item in items]
    assert split(b" [ " + b" ,\n".join(parts) + b" ] ") == parts


@given(st.lists(st.dictionaries(st.text(max_size=4), json_values, max_size=4), min_size=2, max_size=6))
def test_lines_are_items_and_blank_ones_are_not(items: list[dict[str, Any]]) -> None:
    parts = [json.dumps(item).encode() for item in items]
    assert split(b"\r\n\n".join(parts) + b"\n") == parts


@given(st.lists(st.dictionaries(st.text(max_size=4), json_values, max_size=4), max_size=6))
def test_items_of_a_messagepack_array_keep_their_bytes(items: list[dict[str, Any]]) -> None:
    finite = [item for item in items if "e" not in item]
    try:
        parts = [msgspec.msgpack.encode(item) for item in finite]
    except OverflowError:
        return
    assert split(msgspec.msgpack.encode([msgspec.Raw(part) for part in parts]), "msgpack") == parts


def test_one_envelope_over_several_lines_is_one_item() -> None:
    body = json.dumps(ENVELOPE, indent=2).encode()
    assert split(body) == [body]
    packed = msgspec.msgpack.encode(ENVELOPE)
    assert split(packed, "msgpack") == [packed]


def test_a_broken_line_is_an_item_like_the_others() -> None:
    good = changed()
    items = split(good + b'\n{"event_id": \n' + good)
    assert items == [good, b'{"event_id":', good]


@pytest.mark.parametrize(
    ("body", "encoding", "reason"),
    [
        (b"", "json", "empty body"),
        (b" \n", "json", "empty body"),
        (b"", "msgpack", "empty body"),
        (b"foo", "json", "no JSON: it ends within a value (byte 3)"),
        (b'{"a": 1}x', "json", "no JSON: trailing characters (byte 9)"),
        (b'[{"a": 1}', "json", "no JSON: it ends within a value (byte 9)"),
        (b'{"a": 1', "json", "no JSON: it ends within a value (byte 7)"),
        (b"[" * 100_000, "json", "recursion"),
        (b"\x93\x01", "msgpack", "no MessagePack: it ends within a value (byte 2)"),
        (b"\xc1", "msgpack", "no MessagePack: invalid opcode"),
        (b"\xdd\xff\xff\xff\xff", "msgpack", "more than"),
        (b"[" + b"0," * 1_100_000 + b"0]", "json", "more than"),
        (b"[" + b"0," * MAX_ITEMS + b"0]", "json", "more than"),
        (b"0\n" * (MAX_ITEMS + 1), "json", "more than"),
    ],
)
def test_a_body_that_cannot_be_read_says_why(body: bytes, encoding: Encoding, reason: str) -> None:
    found = split(body, encoding)
    assert isinstance(found, DecodeError)
    assert reason in found.reason


@given(st.binary(max_size=300), st.sampled_from(["json", "msgpack"]))
def test_no_body_breaks_the_splitting(body: bytes, encoding: Encoding) -> None:
    found = split(body, encoding)
    assert isinstance(found, DecodeError) or all(isinstance(item, bytes) for item in found)


@given(st.binary(max_size=300), st.sampled_from([JSON, MSGPACK, {}]))
def test_no_bytes_break_the_translation(raw: bytes, headers: dict[str, bytes]) -> None:
    assert isinstance(translate(raw, headers), Event | DecodeError)


@given(st.dictionaries(st.sampled_from([*ENVELOPE, "map_id", "round_no", "session"]), json_values))
def test_no_values_break_the_translation(values: dict[str, Any]) -> None:
    raw = json.dumps(ENVELOPE | values).encode()
    assert isinstance(translate(raw, JSON), Event | DecodeError)


def test_both_encodings_say_the_same() -> None:
    for event in scripted_map(["A"] * 13, 4):
        assert translate(encode(event), JSON) == event
        assert translate(encode(event, "msgpack"), MSGPACK) == event
        assert translate(encode(event), {}) == event


def test_an_unknown_format_is_named() -> None:
    found = translate(changed(), {"format": b"matchzy"})
    assert found == DecodeError(field="format", reason="unknown format 'matchzy'")


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (changed(ts_event="yesterday"), "$.ts_event"),
        (changed(ts_event="1999-01-01T00:00:00Z"), "$.ts_event"),
        (changed(ts_event="9999-12-31T23:59:59Z"), "$.ts_event"),
        (changed(ts_event="2026-01-18T12:00:00"), "$.ts_event"),
        (changed(seq_no=-1), "$.seq_no"),
        (changed(seq_no=2**63), "$.seq_no"),
        (changed(seq_no=1e300), "$.seq_no"),
        (changed(round_no="one"), "$.round_no"),
        (changed(event_id=""), "$.event_id"),
        (changed(event_id="x" * 200), "$.event_id"),
        (changed(payload=[]), "$.payload"),
        (payload(victim_player_id=7), "$.payload.victim_player_id"),
        (payload(victim_position={"x": 1e308, "y": 0, "z": 0}), "$.payload.victim_position.x"),
        (payload(is_headshot="yes"), "$.payload.is_headshot"),
        (changed()[:-5], "$"),
        (changed().replace(b"p2", b"\xff\xfe"), "$"),
        (payload(penetrated_objects=0).replace(b": 0}", b": NaN}"), "$"),
        (b"", "$"),
        (b"[]", "$"),
        (b"null", "$"),
    ],
)
def test_a_refusal_names_the_field(raw: bytes, field: str) -> None:
    found = translate(raw, JSON)
    assert isinstance(found, DecodeError)
    assert found.field == field
    assert found.reason


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("kind", ["weapon_fire", "never_heard_of"])
def test_messagepack_floats_must_be_finite(value: float, kind: str) -> None:
    raw = msgspec.msgpack.encode(ENVELOPE | {"type": kind, "payload": {"player_id": "p", "yaw_deg": value}})
    found = translate(raw, MSGPACK)
    assert isinstance(found, DecodeError)
    assert found.field.startswith("$.payload")


def test_a_type_of_tomorrow_is_kept_as_it_came() -> None:
    found = translate(changed(type="moon_landing", payload={"crew": [1, {"name": "x"}]}), JSON)
    assert isinstance(found, Unknown)
    assert (found.original_type, found.payload) == ("moon_landing", {"crew": [1, {"name": "x"}]})


def test_the_sparse_envelope_is_accepted() -> None:
    found = translate(changed(), JSON)
    assert isinstance(found, Kill)
    assert found.payload.killer_player_id is None
