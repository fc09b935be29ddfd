"""Requests as bytes: every encoding, frames one after the other, inserts with data, and nothing that is too big."""

import gzip
import zlib

import lz4.frame
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from adapters.clickhouse import wire
from adapters.clickhouse.wire import BadRequest, EngineError, parse

ENCODERS = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstd.compress, "lz4": lz4.frame.compress}


@pytest.mark.parametrize("encoding", sorted(ENCODERS))
@given(blocks=st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=4))
def test_frames_of_every_encoding_are_joined(encoding: str, blocks: list[bytes]) -> None:
    body = b"".join(ENCODERS[encoding](block) for block in blocks)
    assert wire.decompress(body, encoding) == b"".join(blocks)


@pytest.mark.parametrize("encoding", sorted(ENCODERS))
@given(cut=st.integers(1, 30))
def test_a_truncated_body_is_refused(encoding: str, cut: int) -> None:
    body = ENCODERS[encoding](bytes(range(256)) * 4)
    with pytest.raises(BadRequest, match=f"broken {encoding}"):
        wire.decompress(body[:-cut], encoding)


@pytest.mark.parametrize("encoding", sorted(ENCODERS))
def test_a_bomb_is_refused_before_it_unfolds(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_BODY_BYTES", 10_000)
    with pytest.raises(BadRequest, match="larger than 10000") as raised:
        wire.decompress(ENCODERS[encoding](bytes(10_000_000)), encoding)
    assert raised.value.status == 413


@given(data=st.binary(max_size=200), in_url=st.booleans())
def test_insert_data_is_split_from_its_statement(data: bytes, in_url: bool) -> None:
    head = "INSERT INTO `t` (`a`, `b`) FORMAT Native"
    if in_url:
        statement = parse(b"query=" + head.replace(" ", "+").encode(), {}, data)
    else:
        statement = parse(b"", {}, head.encode() + b"\n" + data)
    assert statement.sql == "INSERT INTO `t` (`a`, `b`) "
    assert (statement.data_format, statement.data) == ("Native", data)


@pytest.mark.parametrize(
    "sql",
    ["INSERT INTO t VALUES (1, 'a FORMAT b')", "INSERT INTO t SELECT 1", "SELECT 'INSERT INTO t FORMAT CSV'"],
)
def test_statements_without_data_stay_whole(sql: str) -> None:
    statement = parse(b"", {}, sql.encode())
    assert (statement.sql, statement.data) == (sql, None)


def test_parameters_settings_and_transport_are_told_apart() -> None:
    statement = parse(
        b"param_x=%27a&max_threads=1&database=d&wait_end_of_query=1&query_id=q", {}, b"SELECT {x:String}"
    )
    assert (statement.parameters, statement.settings) == ({"x": "'a"}, {"max_threads": "1"})
    assert (statement.database, statement.query_id) == ("d", "q")


@pytest.mark.parametrize(
    ("sql", "answered"),
    [
        ("SELECT 1", "TabSeparated"),
        ("SELECT 1\n FORMAT Native", "Native"),
        ("select 1 format JSON settings max_threads = 1;", "JSON"),
        ("SELECT 'FORMAT CSV' AS format", "TabSeparated"),
    ],
)
def test_the_format_of_the_answer(sql: str, answered: str) -> None:
    assert parse(b"", {}, sql.encode()).result_format == answered


@pytest.mark.parametrize(
    ("message", "code", "status"),
    [
        ("Code: 60. DB::Exception: no table. (UNKNOWN_TABLE)", 60, 404),
        ("Streaming insert finish failed: Code: 33. DB::Exception: cut", 33, 500),
        ("Code: 62. DB::Exception: Syntax error", 62, 400),
        ("something else", 1002, 500),
    ],
)
def test_an_engines_message_becomes_a_servers_answer(message: str, code: int, status: int) -> None:
    error = EngineError(message)
    assert (error.code, error.status) == (code, status)
    assert error.body.startswith("Code: ") or code == 1002


@given(
    query=st.binary(max_size=60), body=st.binary(max_size=60), kind=st.sampled_from(["", "gzip", "zstd", "x"])
)
def test_no_request_breaks_the_parser(query: bytes, body: bytes, kind: str) -> None:
    headers = {"content-encoding": kind, "content-type": "multipart/form-data; boundary=b"}
    for given_headers in (headers, {"content-encoding": kind}):
        refused: BadRequest | None = None
        try:
            statement = parse(query, given_headers, body)
        except BadRequest as error:
            refused = error
        assert refused.status in {400, 413, 415} if refused else statement.sql.strip()
