"""The store as the loader uses it: withdrawing, reading back, waiting and refusing."""

from collections.abc import Iterator
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from adapters.clickhouse.client import query_rows
from adapters.clickhouse.store import ClickHouseStore, RowsRefusedError, StoreAwayError, Withdrawn
from adapters.clickhouse.tables import GAME_EVENTS
from tests.adapters.clickhouse.samples import sample
from tests.ports import free_port

pytestmark = pytest.mark.slow

VALID = "SELECT seq FROM game_events FINAL WHERE NOT is_retracted ORDER BY seq"


@pytest.fixture
def shelf(url: str) -> Iterator[ClickHouseStore]:
    opened = ClickHouseStore(url)
    yield opened
    opened.close()


def event(seq: int, **values: Any) -> dict[str, Any]:
    place = {
        "match_id": "m",
        "map_id": "map",
        "round_no": 3,
        "seq": seq,
        "version": seq,
        "is_retracted": False,
    }
    return {**sample(GAME_EVENTS, number=seq % 100), "facts": "[]", **place, **values}


def test_the_database_and_its_tables_are_made_at_the_first_use(
    shelf: ClickHouseStore, client: Client
) -> None:
    shelf.prepare()
    assert {row["name"] for row in query_rows(client, "SHOW TABLES")} >= {"game_events", "cs2_events_raw"}


def test_withdrawn_rows_stay_withdrawn_whatever_comes_again(shelf: ClickHouseStore, client: Client) -> None:
    rows = [event(seq) for seq in range(1, 7)]
    withdrawn = Withdrawn(match_id="m", from_seq=3, to_seq=5, cause_seq=6)
    shelf.insert("game_events", rows[:5])
    shelf.withdraw("game_events", withdrawn)
    shelf.insert("game_events", rows[5:])
    for _ in range(2):
        assert [row["seq"] for row in query_rows(client, VALID)] == [1, 2, 6]
        shelf.insert("game_events", rows)  # the loader was killed before its commit: all of it comes again
        shelf.withdraw("game_events", withdrawn)
    kept = query_rows(client, "SELECT count() AS n FROM game_events FINAL WHERE is_retracted")
    assert kept == [{"n": 3}]


def test_another_match_is_not_touched(shelf: ClickHouseStore, client: Client) -> None:
    shelf.insert("game_events", [event(1), event(1, match_id="other")])
    shelf.withdraw("game_events", Withdrawn(match_id="m", from_seq=0, to_seq=9, cause_seq=9))
    assert query_rows(client, "SELECT match_id FROM game_events FINAL WHERE NOT is_retracted") == [
        {"match_id": "other"}
    ]


def test_a_rounds_facts_are_read_back_by_seq_and_valid_only(shelf: ClickHouseStore) -> None:
    shelf.insert("game_events", [event(seq, facts=f'["{seq}"]') for seq in (5, 2, 4)])
    shelf.insert("game_events", [event(3, round_no=4), event(7, map_id=None)])
    shelf.withdraw("game_events", Withdrawn(match_id="m", from_seq=4, to_seq=4, cause_seq=8))
    found = shelf.round_facts("m", map_id="map", round_no=3)
    assert [(each.seq, each.facts) for each in found] == [(2, '["2"]'), (5, '["5"]')]


def test_what_can_never_be_written_is_refused(shelf: ClickHouseStore) -> None:
    with pytest.raises(RowsRefusedError, match="map"):
        shelf.insert("swings", [{"match_id": "m"}])
    with pytest.raises(RowsRefusedError, match="Code: "):
        shelf.insert("game_events", [event(1, is_post_round="a text where a boolean stands")])


def test_a_batch_over_a_hundred_months_is_taken(shelf: ClickHouseStore, client: Client) -> None:
    months = [(year, month) for year in range(2020, 2032) for month in range(1, 13)]
    moments = [sample(GAME_EVENTS)["ts_event"].replace(year=year, month=month) for year, month in months]
    shelf.insert("game_events", [event(seq, ts_event=moment) for seq, moment in enumerate(moments)])
    assert query_rows(client, "SELECT count() AS n FROM game_events FINAL") == [{"n": 144}]


def test_a_retraction_over_a_hundred_months_is_taken(shelf: ClickHouseStore, client: Client) -> None:
    moments = [
        sample(GAME_EVENTS)["ts_event"].replace(year=2020 + n // 12, month=1 + n % 12) for n in range(120)
    ]
    shelf.insert("game_events", [event(seq, ts_event=moment) for seq, moment in enumerate(moments)])
    shelf.withdraw("game_events", Withdrawn(match_id="m", from_seq=1, to_seq=200, cause_seq=200))
    assert [row["seq"] for row in query_rows(client, VALID)] == [0]


def test_a_question_that_can_never_be_asked_is_refused(shelf: ClickHouseStore) -> None:
    with pytest.raises(RowsRefusedError, match="Code: "):
        shelf.withdraw("game_events", Withdrawn(match_id="m", from_seq=-1, to_seq=9, cause_seq=9))
    with pytest.raises(RowsRefusedError, match="Code: "):
        shelf.round_facts("m", map_id="map", round_no=-1)


def test_an_absent_store_is_worth_waiting_for() -> None:
    away = ClickHouseStore(f"http://127.0.0.1:{free_port()}/midround", options={"connect_timeout": "1"})
    with pytest.raises(StoreAwayError):
        away.prepare()
    with pytest.raises(StoreAwayError):
        away.insert("game_events", [event(1)])
    away.close()


def test_a_store_that_comes_back_empty_gets_its_tables(
    shelf: ClickHouseStore, client: Client, url: str
) -> None:
    shelf.insert("game_events", [event(1)])
    client.command(f"DROP DATABASE `{url.rsplit('/', 1)[1]}`")
    with pytest.raises(StoreAwayError):
        shelf.insert("game_events", [event(2)])
    shelf.insert("game_events", [event(2)])
    assert [row["seq"] for row in query_rows(client, VALID)] == [2]
