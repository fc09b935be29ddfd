"""Declared once: DDL, the committed schema, documentation and inserts follow from the tables."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from clickhouse_connect.driver.client import Client

from adapters.clickhouse import ddl, inserts, migrations
from adapters.clickhouse.client import query_rows
from adapters.clickhouse.marts import ALL_TABLES, MARTS
from adapters.clickhouse.migrations import SchemaConflict, migrate, plan
from adapters.clickhouse.tables import GAME_EVENTS, MOMENT, TABLES, TTL_DAYS_MAX, Column, Table, table
from tests.adapters.clickhouse.samples import sample

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]


def test_the_committed_schema_is_the_declared_one() -> None:
    assert (ROOT / "infra/clickhouse/schema.sql").read_text() == ddl.schema_sql()


def test_the_committed_documentation_is_the_declared_one() -> None:
    assert (ROOT / "docs/tables.md").read_text() == ddl.tables_markdown()


@pytest.mark.parametrize("declared", ALL_TABLES, ids=lambda each: each.name)
def test_a_declaration_is_consistent(declared: Table) -> None:
    names = declared.column_names
    assert len(set(names)) == len(names)
    by_name = {column.name: column for column in declared.columns}
    assert all(not by_name[name].is_nullable for name in declared.order_by)
    assert declared.version == "" or by_name[declared.version].type == "UInt64"
    assert (declared.ttl_days is None) == (declared.ttl_column == "")
    assert declared.ttl_column in {"", "received_at"}
    assert all(column.about for column in declared.columns)


@pytest.mark.parametrize("declared", TABLES, ids=lambda each: each.name)
def test_rows_go_in_and_come_out(client: Client, declared: Table) -> None:
    migrate(client)
    rows = [sample(declared, is_null=False), sample(declared, is_null=True, number=2)]
    inserts.insert(client, declared, rows)
    # Bytes that are no UTF-8 are asked for as bytes: the client would turn them to hexadecimal.
    formats: dict[str, str | dict[str, str]] = {
        column.name: "bytes" for column in declared.columns if column.is_binary
    }
    order = ", ".join(declared.order_by)
    result = client.query(f"SELECT * FROM {declared.name} FINAL ORDER BY {order}", column_formats=formats)
    assert [dict(zip(result.column_names, row, strict=True)) for row in result.result_rows] == rows


@pytest.mark.parametrize("declared", TABLES, ids=lambda each: each.name)
def test_the_same_batch_twice_is_one(client: Client, declared: Table) -> None:
    migrate(client)
    rows = [sample(declared, number=number) for number in range(1, 6)]
    for _ in range(2):
        inserts.insert(client, declared, rows)
    assert query_rows(client, f"SELECT count() AS n FROM {declared.name} FINAL") == [{"n": 5}]


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://store:8123/mine", [("http://store:8123/default", "`mine`")]),
        ("https://ann:pw@store/mine?secure=1", [("https://ann:pw@store/default?secure=1", "`mine`")]),
        ("http://store:8123/li%76e/more", [("http://store:8123/default", "`live`")]),
        ("http://store:8123//live", []),
        ("http://store:8123", []),
        ("http://store:8123/", []),
    ],
)
def test_the_database_that_the_url_names_is_created_and_no_other(
    url: str, asked: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[tuple[str, str]] = []

    class Server:
        def __init__(self, at: str, options: object) -> None:
            self.at = at

        def command(self, sql: str) -> None:
            found.append((self.at, sql.split()[5]))

        def close(self) -> None:
            pass

    monkeypatch.setattr(migrations, "connect", Server)
    migrations.create_database(url)
    assert found == asked


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("round_no", 70_000, r"\.round_no is 70000, not between 0 and 65535"),
        ("round_no", "3", ""),
        ("seq_no", -1, r"\.seq_no is -1, not between 0 and 18446744073709551615"),
        ("seq", 2**64, r"\.seq is 18446744073709551616, not between"),
        ("ts_event", datetime(2026, 5, 17, 12, tzinfo=UTC).replace(tzinfo=None), ""),
        ("ts_event", "2026-05-17T12:00:00Z", ""),
        ("payload", "\ud800", ""),
        ("notes", object(), ""),
    ],
)
def test_a_value_that_its_column_cannot_hold_is_refused(column: str, value: object, why: str) -> None:
    with pytest.raises(inserts.RowError, match=f"game_events{why}"):
        inserts.encode(GAME_EVENTS, [{**sample(GAME_EVENTS), column: value}])


def test_a_row_that_does_not_fit_names_table_and_column() -> None:
    row = sample(GAME_EVENTS)
    with pytest.raises(inserts.RowError, match=r"game_events\.match_id is null"):
        inserts.encode(GAME_EVENTS, [{**row, "match_id": None}])
    with pytest.raises(inserts.RowError, match="game_events: no value for column 'seq'"):
        inserts.encode(GAME_EVENTS, [{name: value for name, value in row.items() if name != "seq"}])


def test_migrating_again_changes_nothing_and_is_noted_once(client: Client) -> None:
    done = migrate(client)
    assert len(done) == len(TABLES)
    assert migrate(client) == []
    assert query_rows(client, "SELECT count() AS n FROM schema_migrations") == [{"n": len(TABLES)}]


def test_the_tables_of_the_marts_come_with_their_publication_only(client: Client) -> None:
    migrate(client)
    assert len(migrate(client, tables=MARTS)) == len(MARTS)
    assert migrate(client) == migrate(client, tables=MARTS) == []


def test_a_missing_column_is_added_in_its_place(client: Client) -> None:
    older = msgspec.structs.replace(
        GAME_EVENTS, columns=tuple(column for column in GAME_EVENTS.columns if column.name != "notes")
    )
    client.command(ddl.create_sql(older, ttl_days=None))
    inserts.insert(client, older, [sample(older)])
    migrate(client)
    found = query_rows(
        client,
        "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND "
        "table = 'game_events' ORDER BY position",
    )
    assert [(row["name"], row["type"]) for row in found] == [
        (c.name, c.full_type) for c in GAME_EVENTS.columns
    ]
    assert query_rows(client, "SELECT notes FROM game_events") == [{"notes": []}]


def test_another_type_is_a_conflict_before_anything_is_changed(client: Client) -> None:
    wrong = Column(name="seq", type="String", about="a text")
    columns = tuple(wrong if column.name == "seq" else column for column in table("swings").columns)
    client.command(ddl.create_sql(msgspec.structs.replace(table("swings"), columns=columns), ttl_days=None))
    with pytest.raises(
        SchemaConflict, match=r"swings\.seq is String in the store and UInt64 in this program"
    ):
        migrate(client)
    tables = query_rows(
        client, "SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name"
    )
    assert [row["name"] for row in tables] == ["schema_migrations", "swings"]


def test_retention_is_a_setting(client: Client) -> None:
    migrate(client)
    settings = {"dead_letters": 7, "cs2_predictions": 0}
    assert len(migrate(client, ttl_days=settings)) == 2
    engines = query_rows(
        client, "SELECT name, engine_full FROM system.tables WHERE database = currentDatabase()"
    )
    by_name = {row["name"]: row["engine_full"] for row in engines}
    assert "TTL toDateTime(received_at) + toIntervalDay(7)" in by_name["dead_letters"]
    assert "TTL" not in by_name["cs2_predictions"]
    assert "TTL toDateTime(received_at) + toIntervalDay(90)" in by_name["match_states"]
    assert migrate(client, ttl_days=settings) == []


def test_raw_events_never_go_by_themselves(client: Client) -> None:
    """They may be the only copy. A store of an earlier version, which removed them, stops doing so."""
    raw = table("cs2_events_raw")
    client.command(ddl.create_sql(raw, ttl_days=90))
    assert migrate(client, ttl_days={raw.name: 7}, tables=[raw]) == [ddl.modify_ttl_sql(raw, ttl_days=None)]
    inserts.insert(client, raw, [{**sample(raw), "received_at": datetime(2020, 1, 1, tzinfo=UTC)}])
    client.command(f"OPTIMIZE TABLE {raw.name} FINAL")
    assert query_rows(client, f"SELECT count() AS n FROM {raw.name}") == [{"n": 1}]


def test_the_longest_retention_keeps_a_row_of_today(client: Client) -> None:
    migrate(client, ttl_days={"match_states": TTL_DAYS_MAX})
    row = {**sample(table("match_states")), "received_at": datetime.now(UTC)}
    inserts.insert(client, table("match_states"), [row])
    client.command("OPTIMIZE TABLE match_states FINAL")
    assert query_rows(client, "SELECT count() AS n FROM match_states") == [{"n": 1}]


def test_the_plan_for_an_empty_store_creates_every_table() -> None:
    assert [name for name, _ in plan({}, {}, {})] == [each.name for each in TABLES]


def test_times_keep_their_microseconds() -> None:
    assert {column.type for each in TABLES for column in each.columns if column.name.endswith("_at")} == {
        MOMENT
    }
