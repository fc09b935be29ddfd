"""The embedded front through the ordinary client: what a ClickHouse server promises, as far as we rely on it."""

import gzip
import threading
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError, ProgrammingError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.clickhouse.client import connect, ping, query_rows
from tests.ports import free_port

pytestmark = pytest.mark.slow

MOMENT = datetime(2026, 5, 17, 12, 0, 0, 15625, tzinfo=UTC)


def http(url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    request = urllib.request.Request(url, data=body, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def base(url: str) -> str:
    return url.rsplit("/", 1)[0]


def test_ping_and_plain_get_say_ok(url: str) -> None:
    assert ping(url, timeout_s=60)
    assert http(base(url) + "/ping") == (200, b"Ok.\n")
    assert http(base(url) + "/") == (200, b"Ok.\n")
    assert not ping(f"http://127.0.0.1:{free_port()}/midround", timeout_s=0.2)


def test_types_and_nulls_come_back_as_they_went(client: Client) -> None:
    client.command(
        "CREATE TABLE t (u UInt64, f Float64, s String, n Nullable(UInt16), l LowCardinality(Nullable(String)), "
        "b Bool, d DateTime64(6, 'UTC'), a Array(String), m Map(String, Float64)) ENGINE = MergeTree ORDER BY u"
    )
    rows = [
        (2**64 - 1, 0.1, "ä\t\\'\n", None, None, True, MOMENT, ["x", ""], {"k": 1.5}),
        (0, -1e300, "", 65535, "low", False, MOMENT + timedelta(microseconds=1), [], {}),
    ]
    client.insert("t", rows)
    assert client.query("SELECT * FROM t ORDER BY u DESC").result_rows == rows


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    text=st.text(max_size=50),
    number=st.integers(0, 2**64 - 1),
    texts=st.lists(st.text(max_size=10), max_size=4),
)
def test_bound_values_are_values_and_never_sql(
    client: Client, text: str, number: int, texts: list[str]
) -> None:
    text, texts = text.replace("\x00", ""), [each.replace("\x00", "") for each in texts]
    sql = "SELECT {text:String} AS text, {number:UInt64} AS number, {texts:Array(String)} AS texts"
    bound = {"text": text, "number": number, "texts": texts}
    assert query_rows(client, sql, bound) == [bound]


def test_long_bound_values_arrive_as_a_form(client: Client) -> None:
    ids = [f"event-{n}" for n in range(20_000)]
    assert query_rows(client, "SELECT length({ids:Array(String)}) AS n", {"ids": ids}) == [{"n": 20_000}]


@pytest.mark.parametrize("compress", ["lz4", "zstd", "gzip", "False"])
def test_big_inserts_in_every_compression(client: Client, url: str, compress: str) -> None:
    client.command("CREATE TABLE big (n UInt64, s String) ENGINE = MergeTree ORDER BY n")
    writer = connect(url, {"compress": compress})
    rows = [(n, f"row {n} " * 20) for n in range(50_000)]
    written = writer.insert("big", rows)
    writer.close()
    assert written.written_rows == 50_000
    found = query_rows(client, "SELECT count() AS rows, sum(n) AS total, sum(length(s)) AS size FROM big")
    assert found == [{"rows": 50_000, "total": sum(range(50_000)), "size": sum(len(s) for _, s in rows)}]


def test_arrow_inserts_and_arrow_answers(client: Client) -> None:
    import pyarrow as pa

    client.command("CREATE TABLE arrow (n UInt64, s Nullable(String)) ENGINE = MergeTree ORDER BY n")
    table = pa.table({"n": pa.array([1, 2], pa.uint64()), "s": ["x", None]})
    client.insert_arrow("arrow", table)
    assert (
        client.query_arrow("SELECT * FROM arrow ORDER BY n", use_strings=True).to_pylist()
        == table.to_pylist()
    )


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT * FROM no_such_table", 60),
        ("SELECT * FROM no_such_database.t", 81),
        ("SELECT no_such_column", 47),
        ("SELECT (", 62),
        ("SELECT throwIf(1)", 395),
        ("INSERT INTO no_such_table VALUES (1)", 60),
    ],
)
def test_errors_carry_code_and_message(client: Client, sql: str, code: int) -> None:
    with pytest.raises(DatabaseError, match=rf"Code: {code}\. DB::Exception: ") as raised:
        client.command(sql)
    assert raised.value.code == code


def test_a_bad_insert_raises_and_the_connection_lives_on(client: Client) -> None:
    client.command("CREATE TABLE bad (n UInt64) ENGINE = MergeTree ORDER BY n")
    for block in (b"garbage that is no Native block" * 10, b"\x01"):
        with pytest.raises(DatabaseError, match="Code: "):
            client.raw_insert("bad", ["n"], block, fmt="Native")
    client.insert("bad", [(1,)], column_names=["n"])
    assert client.command("SELECT count() FROM bad") == 1


def test_memory_is_bounded_per_query(client: Client) -> None:
    hungry = "SELECT length(groupArray(number)) FROM numbers(20000000)"
    with pytest.raises(DatabaseError) as raised:
        client.query(hungry, settings={"max_memory_usage": 10_000_000})
    assert raised.value.code == 241
    assert client.query(hungry).result_rows == [(20_000_000,)]  # the setting went with its query


def test_settings_and_databases_do_not_leak(client: Client, url: str) -> None:
    other = connect(url, {"ch_max_block_size": "77"})
    asked = "SELECT getSetting('max_block_size') AS size, currentDatabase() AS name"
    client.command("SET max_block_size = 33")
    client.command("USE default")
    name = url.rsplit("/", 1)[1]
    for _ in range(16):
        assert query_rows(client, asked) != [{"size": 33, "name": name}]
        assert query_rows(client, asked)[0]["name"] == name
        assert query_rows(other, asked) == [{"size": 77, "name": name}]
    other.close()


def test_an_unknown_setting_or_option_is_an_error(client: Client, url: str) -> None:
    with pytest.raises(ProgrammingError, match="no_such_option"):
        connect(url, {"no_such_option": "1"})
    status, body = http(f"{base(url)}/?no_such_setting=1", b"SELECT 1")
    assert (status, b"UNKNOWN_SETTING" in body) == (400, True)


def test_threads_share_one_client(client: Client) -> None:
    client.command("CREATE TABLE shared (thread UInt16, n UInt64) ENGINE = MergeTree ORDER BY n")
    failures: list[BaseException] = []

    def work(thread: int) -> None:
        try:
            for n in range(5):
                client.insert("shared", [(thread, n)], column_names=["thread", "n"])
                bound = {"thread": thread}
                mine = query_rows(
                    client, "SELECT count() AS n FROM shared WHERE thread = {thread:UInt16}", bound
                )
                assert mine == [{"n": n + 1}]
        except BaseException as error:  # noqa: BLE001 - a thread's failure is raised by the test below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert client.command("SELECT count() FROM shared") == 60


def test_nothing_listening_is_an_operational_error() -> None:
    with pytest.raises(OperationalError):
        connect(f"http://127.0.0.1:{free_port()}/midround", {"connect_timeout": "1"})


def test_broken_requests_are_answered_and_harm_nothing(client: Client, url: str) -> None:
    assert http(base(url) + "/?query=", b"")[0] == 400
    assert http(base(url) + "/", b"not zstd", {"content-encoding": "zstd"})[0] == 400
    assert http(base(url) + "/", b"SELECT 1", {"content-encoding": "br"})[0] == 415
    assert http(base(url) + "/", b"--x\r\n", {"content-type": "multipart/form-data; boundary=y"})[0] == 400
    assert http(base(url) + "/", gzip.compress(b"SELECT 1"), {"content-encoding": "gzip"}) == (200, b"1\n")
    assert client.command("SELECT 1") == 1


def test_the_summary_counts_rows(client: Client) -> None:
    client.command("CREATE TABLE counted (n UInt64) ENGINE = MergeTree ORDER BY n")
    assert client.insert("counted", [(1,), (2,)], column_names=["n"]).written_rows == 2
    assert client.query("SELECT * FROM counted").row_count == 2
