"""The store forgets a day of raw records only when the lake holds every one of them, to the byte."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from clickhouse_connect.driver.client import Client

from adapters.clickhouse.client import query_rows
from adapters.clickhouse.inserts import insert
from adapters.clickhouse.tables import CS2_EVENTS_RAW
from adapters.lake import raw
from adapters.lake.raw import RawEvent
from game.codec import encode
from orchestration import retention, upkeep
from orchestration.gathering import gather, records
from orchestration.resources import LakeResource, StoreResource
from orchestration.retention import compared, forgotten, kept_days, over
from tests.adapters.clickhouse.samples import sample
from tests.orchestration.stored import log, said

pytestmark = pytest.mark.slow

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
BEFORE = NOON + 5 * DAY
NOBODY = "http://127.0.0.1:9/midround"


def left(client: Client) -> dict[str, int]:
    rows = query_rows(client, "SELECT match_id, count() AS n FROM cs2_events_raw FINAL GROUP BY match_id")
    return {row["match_id"]: row["n"] for row in rows}


def put(client: Client, match_id: str, *, at: datetime = NOON, events: int = 3, first: int = 0) -> None:
    told = [said(match_id, at, number=number) for number in range(first, first + events)]
    log(client, told, received_at=at, first=first)


def test_a_day_that_the_lake_holds_is_forgotten_and_a_later_one_stays(client: Client, tmp_path: Path) -> None:
    put(client, "old")
    put(client, "young", at=BEFORE + DAY)
    gather(client, tmp_path, "old")
    (day,) = forgotten(client, tmp_path, before=BEFORE)
    assert (day.day, day.records, day.lacking) == ("2026-03-20", 3, {})
    assert left(client) == {"young": 3}
    assert list(forgotten(client, tmp_path, before=BEFORE)) == []


def test_what_the_lake_lacks_is_gathered_and_then_forgotten(client: Client, tmp_path: Path) -> None:
    """A match that was never decided has no partition, and would else be kept for ever."""
    put(client, "warm-up")
    assert [each.lacking for each in compared(client, tmp_path, before=BEFORE)] == [{"warm-up": 3}]
    assert [each.lacking for each in forgotten(client, tmp_path, before=BEFORE)] == [{}]
    assert left(client) == {}
    (partition,) = (tmp_path / "raw_events").glob("date=*/match=*/manifest.json")
    assert b'"rows": 3' in partition.read_bytes()


def test_a_day_of_which_one_record_cannot_be_held_stays_whole(client: Client, tmp_path: Path) -> None:
    put(client, "whole")
    put(client, "damaged")
    gather(client, tmp_path, "whole")
    gather(client, tmp_path, "damaged")
    (file,) = (tmp_path / "raw_events").glob("date=*/match=damaged/*.parquet")
    file.write_bytes(file.read_bytes()[:100])
    assert [each.lacking for each in forgotten(client, tmp_path, before=BEFORE)] == [{"damaged": 3}]
    assert left(client) == {"whole": 3, "damaged": 3}


def test_the_same_place_with_other_bytes_is_not_held(client: Client, tmp_path: Path) -> None:
    put(client, "m")
    [first, *others] = records(client, "m")
    wrong = RawEvent(
        **{name: getattr(first, name) for name in RawEvent.__struct_fields__ if name != "raw"}, raw=b"{}"
    )
    raw.add(tmp_path, "m", [wrong, *others], code_version="test")
    assert [each.lacking for each in forgotten(client, tmp_path, before=BEFORE)] == [{"m": 1}]
    assert left(client) == {"m": 3}


def test_an_event_that_came_by_file_is_held(client: Client, tmp_path: Path) -> None:
    put(client, "m", events=1)
    given = [RawEvent(raw=encode(said("m", NOON, number=0)), file="a.ndjson")]
    raw.add(tmp_path, "m", given, code_version="test")
    assert [each.lacking for each in forgotten(client, tmp_path, before=BEFORE)] == [{}]
    assert left(client) == {}


def test_what_reaches_the_store_between_looking_and_forgetting_stays(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loader that was behind for months: of the same match and day, but of a higher offset."""
    put(client, "m")
    gather(client, tmp_path, "m")
    look = retention._day

    def looked(client: Client, root: Path, *, day: str, match_ids: Sequence[str]) -> retention.Day:
        found = look(client, root, day=day, match_ids=match_ids)
        put(client, "m", first=3, events=2)
        return found

    monkeypatch.setattr(retention, "_day", looked)
    list(forgotten(client, tmp_path, before=BEFORE))
    assert left(client) == {"m": 2}


def test_records_that_are_no_event_and_odd_names_are_held_too(client: Client, tmp_path: Path) -> None:
    name = "o'dd \\ name"
    row = {**sample(CS2_EVENTS_RAW), "match_id": name, "received_at": NOON, "published_at": NOON}
    insert(client, CS2_EVENTS_RAW, [{**row, "partition": 0, "offset": 7, "raw": b"\xff\x00"}])
    assert [each.lacking for each in forgotten(client, tmp_path, before=BEFORE)] == [{}]
    assert left(client) == {}


def test_a_day_of_more_matches_than_one_statement_takes_is_forgotten(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {**sample(CS2_EVENTS_RAW), "received_at": NOON, "published_at": NOON}
    ids = [f"{n:04d} {'试' * 120}" for n in range(1_000)]
    insert(client, CS2_EVENTS_RAW, [{**row, "match_id": each} for each in ids])
    place = (row["topic"], row["partition"], row["offset"], NOON, "")

    def held(client: Client, root: Path, *, day: str, match_ids: Sequence[str]) -> retention.Day:
        seen = tuple(cond for each in match_ids for cond in retention._conditions(each, {place}))
        return retention.Day(day=day, records=len(seen), lacking={}, seen=seen)

    monkeypatch.setattr(retention, "_day", held)
    assert [each.records for each in forgotten(client, tmp_path, before=BEFORE)] == [1_000]
    assert left(client) == {}


@pytest.mark.parametrize(
    ("ttl_days", "days"), [({}, 90), ({"cs2_events_raw": 5}, 5), ({"cs2_events_raw": 0}, 0)]
)
def test_retention_is_the_settings_or_the_table_s(ttl_days: dict[str, int], days: int) -> None:
    assert kept_days(ttl_days) == days


def test_days_are_whole() -> None:
    assert over(NOON, 2) == datetime(2026, 3, 18, tzinfo=UTC)


@pytest.mark.parametrize(("ttl_days", "kept"), [(0, 3), (30, 0)])
def test_the_job_forgets_by_the_settings(
    client: Client, store_url: str, tmp_path: Path, ttl_days: int, kept: int
) -> None:
    put(client, "m")
    resources = {
        "lake": LakeResource(path=str(tmp_path)),
        "store": StoreResource(url=store_url, options={}, ttl_days={"cs2_events_raw": ttl_days}),
    }
    assert upkeep.forget_raw_events.execute_in_process(resources=resources).success
    assert sum(left(client).values()) == kept


def test_a_refused_day_fails_the_job_and_is_named(client: Client, store_url: str, tmp_path: Path) -> None:
    put(client, "m")
    (tmp_path / "raw_events").write_bytes(b"no folder")
    resources = {
        "lake": LakeResource(path=str(tmp_path)),
        "store": StoreResource(url=store_url, options={}, ttl_days={"cs2_events_raw": 30}),
    }
    with pytest.raises(dg.Failure, match="2026-03-20: m"):
        upkeep.forget_raw_events.execute_in_process(resources=resources)
    assert left(client) == {"m": 3}


def test_the_check_names_what_expires_and_is_not_in_the_lake(
    client: Client, store_url: str, tmp_path: Path
) -> None:
    lake = LakeResource(path=str(tmp_path))
    store = StoreResource(url=store_url, options={}, ttl_days={"cs2_events_raw": 30})
    put(client, "m")
    failed = upkeep.only_copy(lake, store)
    assert isinstance(failed, dg.AssetCheckResult)
    assert not failed.passed
    assert "2026-03-20" in str(failed.metadata["which"].value)
    gather(client, tmp_path, "m")
    passed = upkeep.only_copy(lake, store)
    assert isinstance(passed, dg.AssetCheckResult)
    assert passed.passed


def test_the_check_passes_where_nothing_expires(tmp_path: Path) -> None:
    lake = LakeResource(path=str(tmp_path))
    away = upkeep.only_copy(lake, StoreResource(url=NOBODY, options={}, ttl_days={"cs2_events_raw": 0}))
    assert isinstance(away, dg.AssetCheckResult)
    assert away.passed
