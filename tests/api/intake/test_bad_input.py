"""Bad input at the intake: each kind gets a clear error that names field and reason, and harms nothing else."""

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncGenerator

import httpx
import msgspec
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from api.intake.bounds import MEBI, Limits
from api.intake.splitting import LINES_MAX, MEDIA_TYPES
from game.sources import native
from tests.api.intake.doubles import JSON, Door, as_json, envelope

SMALL = Limits(body_bytes_max=64 * 1024, item_bytes_max=8192)
EVENT = as_json(envelope(event_id="fixed"))


def refused(answer: httpx.Response, status: int) -> tuple[str, str]:
    """(field, reason) of a refusal with this status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["reason"]
    return problem["field"], problem["reason"]


@pytest.fixture
def door() -> Door:
    return Door(SMALL)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"round_no": "one"}, "$.round_no"),
        ({"round_no": 1.5}, "$.round_no"),
        ({"round_no": 10**30}, "$.round_no"),
        ({"seq_no": -1}, "$.seq_no"),
        ({"seq_no": 2**80}, "$.seq_no"),
        ({"event_id": 7}, "$.event_id"),
        ({"event_id": "x" * 129}, "$.event_id"),
        ({"match_id": None}, "$.match_id"),
        ({"payload": []}, "$.payload"),
        ({"payload": {"victim_player_id": 3}}, "$.payload.victim_player_id"),
        ({"payload": {}}, "$.payload"),
        ({"type": 5}, "$.type"),
        ({"ts_event": "soon"}, "$.ts_event"),
        ({"ts_event": "2026-01-18T12:00:00"}, "$.ts_event"),
        ({"ts_event": "0001-01-01T00:00:00Z"}, "$.ts_event"),
        ({"ts_event": "9999-12-31T23:59:59Z"}, "$.ts_event"),
        ({"ts_event": 1e300}, "$.ts_event"),
        ({"schema_version": 99}, "$.schema_version"),
        ({"source": ""}, "$.source"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_field_is_named(door: Door, change: dict[str, object], field: str) -> None:
    for body, headers in (
        (as_json(envelope(**change)), JSON),
        (packed(envelope(**change)), {"content-type": "application/msgpack"}),
    ):
        if body is not None:
            assert refused(door.post(body, headers), 400)[0] == field
    assert door.broker.kept == []


def packed(value: object) -> bytes | None:
    """MessagePack, or None for numbers that it cannot hold."""
    try:
        return msgspec.msgpack.encode(value)
    except OverflowError:
        return None


@pytest.mark.parametrize("literal", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999"])
@pytest.mark.parametrize("kind", [b"kill", b"dance"])
def test_numbers_that_are_none(door: Door, literal: bytes, kind: bytes) -> None:
    for member in (b'"seq_no":1', b'"weapon":"ak47"'):
        name = member.partition(b":")[0]
        body = EVENT.replace(member, name + b":" + literal).replace(b'"kill"', b'"' + kind + b'"')
        assert refused(door.post(body), 400)[1]
    assert door.broker.kept == []


def test_not_a_number_in_messagepack(door: Door) -> None:
    body = msgspec.msgpack.encode(envelope(type="dance", payload={"speed": float("nan")}))
    assert refused(door.post(body, {"content-type": "application/msgpack"}), 400)[0] == "$.payload"


@pytest.mark.parametrize("cut", [1, 2, 50, len(EVENT) - 1])
def test_truncated_json(door: Door, cut: int) -> None:
    for body in (EVENT[:cut], b"[" + EVENT + b"," + EVENT[:cut], b"[" + EVENT):
        assert refused(door.post(body), 400)[1]
    assert door.broker.kept == []


def test_a_truncated_line_harms_no_other(door: Door) -> None:
    answer = door.post(EVENT + b"\n" + EVENT[:40] + b"\n", {"content-type": "application/x-ndjson"})
    assert answer.status_code == 202
    assert [each["index"] for each in answer.json()["rejected"]] == [1]


@pytest.mark.parametrize("body", [b"", b"  \n ", b"[]", b"null", b"7", b'"kill"', b"[[]]", b"{}", b"[1,2]"])
def test_what_is_no_event(door: Door, body: bytes) -> None:
    assert refused(door.post(body), 400)[1]
    assert door.broker.kept == []


@pytest.mark.parametrize("bad", [b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80", b"\\ud800", b"\\udfff\\ud800"])
@pytest.mark.parametrize("member", [b'"demo"', b'"ak47"', b'"fixed"', b'"p2"'])
def test_invalid_utf_8(door: Door, bad: bytes, member: bytes) -> None:
    assert refused(door.post(EVENT.replace(member, b'"' + bad + b'"')), 400)[1]
    assert door.broker.kept == []


def test_an_invalid_line_in_utf_8_harms_no_other(door: Door) -> None:
    body = b"[" + EVENT.replace(b"ak47", b"\xff") + b"," + EVENT + b"]"
    answer = door.post(body)
    assert (answer.status_code, answer.json()["accepted"], len(answer.json()["rejected"])) == (202, 1, 1)


def test_an_unknown_type_is_taken_as_it_came(door: Door) -> None:
    body = as_json(envelope(type="dance", payload={"moves": [1, {"deep": None}]}))
    assert door.post(body).status_code == 202
    assert [record.value for record in door.broker.kept] == [body]


def test_an_event_after_the_end_is_the_streams_to_judge(door: Door) -> None:
    over = envelope(type="series_ended", payload={"winner_team": "A"})
    assert door.post(as_json([over, envelope(seq_no=2)])).json()["accepted"] == 2


@pytest.mark.parametrize("kind", ["kill", "dance"])
@pytest.mark.parametrize("opening", [b'{"a":', b"["])
def test_deep_nesting(kind: str, opening: bytes) -> None:
    closing = b"}" if opening.startswith(b"{") else b"]"
    deep = opening * 3000 + b"1" + closing * 3000
    wide = Door(Limits())
    for body in (EVENT.replace(b'"ak47"', deep).replace(b'"kill"', f'"{kind}"'.encode()), deep):
        assert refused(wide.post(body), 400)[1]
    assert wide.broker.kept == []


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "chunked"])
def test_ten_megabytes(announced: bool) -> None:
    door = Door()
    body = b"[" + EVENT + b" " * (10 * MEBI) + b"]"
    if announced:
        assert "bytes" in refused(door.post(body), 413)[1]
        return

    async def chunks() -> AsyncGenerator[bytes, None]:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    refused(door.ask("POST", "/events", content=chunks(), headers=JSON), 413)


@pytest.mark.parametrize("length", ["-1", "1e9", "9" * 40, "x"])
def test_absurd_lengths(door: Door, length: str) -> None:
    answer = door.post(EVENT, JSON | {"content-length": length})
    assert answer.status_code in {202, 413}


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_bomb_costs_no_more_than_its_bound(encoding: str) -> None:
    door = Door()
    zeros = b"0" * (300 * MEBI)
    bomb = gzip.compress(zeros, 9) if encoding == "gzip" else zstd.compress(zeros, 19)
    del zeros
    tracemalloc.start()
    try:
        answer = door.post(bomb, JSON | {"content-encoding": encoding})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    refused(answer, 413)
    assert peak < 40 * MEBI


@pytest.mark.parametrize(
    ("encoding", "empty"),
    [("gzip", gzip.compress(b"", mtime=0)), ("zstd", zstd.compress(b""))],
    ids=["gzip", "zstd"],
)
def test_a_chain_of_empty_parts_is_refused(encoding: str, empty: bytes) -> None:
    body = empty * (MEBI // len(empty))
    assert "parts" in refused(Door().post(body, JSON | {"content-encoding": encoding}), 400)[1]


def test_a_window_that_is_too_large(door: Door) -> None:
    options: dict[int, int] = {
        zstd.CompressionParameter.window_log: 27,
        zstd.CompressionParameter.content_size_flag: 0,
    }
    packer = zstd.ZstdCompressor(options=options)
    body = packer.compress(EVENT) + packer.flush()
    assert refused(door.post(body, JSON | {"content-encoding": "zstd"}), 400)[1]
    assert door.broker.kept == []


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_corrupt_and_truncated_packing(door: Door, encoding: str) -> None:
    body = gzip.compress(EVENT) if encoding == "gzip" else zstd.compress(EVENT)
    for broken in (body[:-3], EVENT, body[:10] + b"\x00\xff" + body[12:]):
        assert refused(door.post(broken, JSON | {"content-encoding": encoding}), 400)[1]
    assert door.broker.kept == []


def test_other_encodings_and_types(door: Door) -> None:
    answer = door.post(EVENT, JSON | {"content-encoding": "br"})
    assert refused(answer, 415)[0] == "content-encoding"
    assert answer.headers["accept-encoding"] == "gzip, zstd, identity"
    for kind in ("text/plain", "application/json; charset=latin-1", "application/x-www-form-urlencoded", ""):
        assert refused(door.post(EVENT, {"content-type": kind}), 415)[0] == "content-type"
    assert door.post(EVENT, {"content-type": "Application/JSON; charset=UTF-8"}).status_code == 202


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"[" + b"1," * (native.MAX_COMMAS + 1) + b"1]", "application/json"),
        (as_json([{}] * (native.MAX_ITEMS + 1)), "application/json"),
        (b"{}\n" * (native.MAX_ITEMS + 1), "application/x-ndjson"),
        (b"\n" * (LINES_MAX + 1), "application/x-ndjson"),
        (b"\xdd\xff\xff\xff\xff", "application/msgpack"),
    ],
    ids=["commas", "items", "lines", "empty lines", "announced"],
)
def test_too_many_items(body: bytes, kind: str) -> None:
    tracemalloc.start()
    try:
        answer = Door().post(body, {"content-type": kind})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "more than" in refused(answer, 400)[1]
    assert peak < 64 * MEBI


def test_one_event_that_is_too_large_harms_no_other(door: Door) -> None:
    large = envelope(type="dance", payload={"text": "x" * 9000})
    answer = door.post(as_json([large, envelope()]))
    assert answer.json()["accepted"] == 1
    assert "8192 bytes" in answer.json()["rejected"][0]["reason"]


def test_requests_under_way_are_bounded_together() -> None:
    door = Door(Limits(in_flight_bytes_max=2 * len(EVENT)))

    async def scene() -> list[int]:
        door.broker.gate = asyncio.Event()
        requests = [
            asyncio.create_task(
                door.request("POST", "/events", content=as_json(envelope(event_id=f"f{n:04}")), headers=JSON)
            )
            for n in range(3)
        ]
        while not requests[2].done():
            await asyncio.sleep(0)
        door.broker.gate.set()
        answers = await asyncio.gather(*requests)
        assert refused(answers[2], 429)[0] == "$"
        assert answers[2].headers["retry-after"] == "1"
        return [answer.status_code for answer in answers]

    assert asyncio.run(scene()) == [202, 202, 429]
    assert door.post(EVENT).status_code == 202


def test_a_body_that_does_not_come() -> None:
    async def never() -> AsyncGenerator[bytes, None]:
        await asyncio.sleep(3600)
        yield b""

    door = Door(Limits(body_timeout_s=0.01))
    assert "0.01 s" in refused(door.ask("POST", "/events", content=never(), headers=JSON), 408)[1]


shapes = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(sorted(envelope())) | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=15,
)
bodies = st.one_of(
    st.binary(max_size=300),
    shapes.map(msgspec.msgpack.encode),
    shapes.map(msgspec.json.encode),
    st.builds(
        lambda at, noise: EVENT[:at] + noise + EVENT[at:], st.integers(0, len(EVENT)), st.binary(max_size=5)
    ),
    st.builds(
        lambda key, value: as_json(envelope(**{key: value})), st.sampled_from(sorted(envelope())), shapes
    ),
)


@pytest.mark.slow
@settings(max_examples=300)
@given(
    body=bodies,
    kind=st.sampled_from(sorted(MEDIA_TYPES)),
    encoding=st.sampled_from(["", "gzip", "zstd", "packed"]),
)
def test_no_input_ends_in_an_error_of_ours(body: bytes, kind: str, encoding: str) -> None:
    door = Door(SMALL)
    sent = zlib.compress(body, wbits=31) if encoding == "packed" else body
    named = {"packed": "gzip"}.get(encoding, encoding)
    answer = door.post(sent, {"content-type": kind, "content-encoding": named})
    assert answer.status_code in {202, 400, 413}
    if answer.status_code != 202:
        refused(answer, answer.status_code)
    assert all(record.key and record.value for record in door.broker.kept)
