"""What the sensor sees of the live path: what was touched lately, on the right day, and what has grown since."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from clickhouse_connect.driver.client import Client

from adapters.lake import raw
from adapters.lake.partitions import Partition, parsed
from adapters.lake.raw import RawEvent, manifest_of
from game.codec import encode
from orchestration import gathering
from orchestration.amending import AS_PUBLISHED, GOES_ON, SILENT
from orchestration.on_air import (
    EVER,
    LOOK_BACK,
    WHOLE_EVERY,
    Look,
    Touched,
    behind,
    decided,
    look_of,
    touched,
)
from orchestration.partitions import MAPS
from orchestration.resources import LakeResource, StoreResource
from orchestration.sensors import QUIET, Seen, decided_maps, looked
from tests.orchestration.made_lake import answered, carded, compared
from tests.orchestration.stored import DECIDED, log, said, told

pytestmark = pytest.mark.slow

NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)
LATE = datetime(2026, 1, 20, 23, 59, 50, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_a_decided_map_has_the_day_that_the_lake_gives_its_match(client: Client, tmp_path: Path) -> None:
    """The match is announced before midnight; its maps are told after, one of their events being older than all."""
    events = [said("m", LATE, number=0), said("m", LATE + MINUTE, number=1, map_id="a")]
    log(client, events, received_at=NOON)
    told(client, "m", LATE, map_id=None, seq=1)
    told(client, "m", LATE - 1_440 * MINUTE, map_id="a", seq=2)
    told(client, "m", LATE + MINUTE, map_id="a", seq=3, facts=DECIDED)
    told(client, "m", LATE + 2 * MINUTE, map_id="b", seq=4)
    expected = [Partition(date="2026-01-20", match_id="m", map_id="a")]
    assert decided(client, tmp_path, ["m"]) == expected
    gathering.gather(client, tmp_path, "m")
    assert decided(client, tmp_path, ["m"]) == expected
    assert (tmp_path / "raw_events" / "date=2026-01-20" / "match=m").is_dir()
    assert decided(client, tmp_path, ["another"]) == decided(client, tmp_path, []) == []


def test_a_decision_that_was_withdrawn_is_none(client: Client, tmp_path: Path) -> None:
    log(client, [said("m", NOON, number=0)], received_at=NOON)
    told(client, "m", NOON, map_id="a", seq=1, facts=DECIDED)
    told(client, "m", NOON, map_id="a", seq=1, facts=DECIDED, is_retracted=True, version=9)
    assert decided(client, tmp_path, ["m"]) == []


def test_only_what_was_received_since_is_looked_at(client: Client) -> None:
    log(client, [said("old", NOON, number=0)], received_at=NOON - 30 * MINUTE)
    log(client, [said("new", NOON, number=0)], received_at=NOON)
    assert touched(client, NOON - LOOK_BACK) == [Touched(match_id="new", last_at=NOON)]
    assert [each.match_id for each in touched(client, EVER)] == ["new", "old"]


def test_a_look_goes_on_where_the_last_one_ended_and_now_and_then_sees_all() -> None:
    first = Look()
    assert first.since(NOON) == EVER
    second = first.after([Touched(match_id="m", last_at=NOON)], NOON + MINUTE)
    assert second.since(NOON + 2 * MINUTE) == NOON - LOOK_BACK
    third = second.after([Touched(match_id="m", last_at=NOON - MINUTE)], NOON + 2 * MINUTE)
    assert third == second
    assert third.since(NOON + MINUTE + WHOLE_EVERY) == EVER
    assert look_of(third.cursor()) == third
    assert look_of(None) == look_of("of another form") == Look()


def test_a_record_from_a_clock_that_is_ahead_moves_no_look_into_the_future() -> None:
    """Else nothing that others receive meanwhile would be looked at."""
    seen_at = NOON + MINUTE
    look = Look(whole_at=NOON).after([Touched(match_id="m", last_at=NOON + 6 * HOUR)], seen_at)
    assert look.since(NOON + 2 * MINUTE) == seen_at - LOOK_BACK
    ahead = Look(newest=NOON + 6 * HOUR, whole_at=NOON)
    assert ahead.since(seen_at) == seen_at - LOOK_BACK
    assert ahead.after([], seen_at).newest == seen_at


def seen(client: Client, root: Path, known: set[str], *, after: timedelta) -> Seen:
    return looked(client, root, Look(), known=known, now=NOON + after)[1]


def test_a_map_whose_match_grew_is_seen_once_it_is_quiet(client: Client, tmp_path: Path) -> None:
    log(client, [said("m", NOON, number=0)], received_at=NOON)
    told(client, "m", NOON, map_id="a", seq=1, facts=DECIDED)
    key = "2026-01-20:m:a"
    assert seen(client, tmp_path, set(), after=MINUTE).fresh == (key,)
    gathering.gather(client, tmp_path, "m")
    assert seen(client, tmp_path, {key}, after=QUIET) == Seen()
    log(client, [said("m", NOON, number=1)], received_at=NOON + MINUTE, first=1)
    assert behind(client, tmp_path, ["m"]) == ["m"]
    assert seen(client, tmp_path, {key}, after=MINUTE + QUIET / 2) == Seen()
    grown = {key: f"{(NOON + MINUTE).isoformat()}+0"}
    assert seen(client, tmp_path, {key}, after=MINUTE + QUIET) == Seen(again=grown)
    gathering.gather(client, tmp_path, "m")
    assert seen(client, tmp_path, {key}, after=MINUTE + QUIET) == Seen()


def test_a_match_that_is_not_gathered_is_asked_for_again_ever_more_seldom(
    client: Client, tmp_path: Path
) -> None:
    """As where the store was away when the run started."""
    log(client, [said("m", NOON, number=0)], received_at=NOON)
    key = "2026-01-20:m:a"
    hours = (0, 1, 2, 3, 4, 7, 8, 24, 90 * 24)
    asked = [seen(client, tmp_path, {key}, after=QUIET + hour * HOUR).again[key] for hour in hours]
    assert asked == [f"{NOON.isoformat()}+{n}" for n in (0, 1, 2, 2, 3, 3, 4, 5, 12)]


def test_a_map_that_nobody_saw_decided_is_seen_once_its_match_is_silent(
    client: Client, tmp_path: Path
) -> None:
    """As where an event near the end was lost: the stream waits for it for ever."""
    log(client, [said("m", NOON, number=0)], received_at=NOON)
    told(client, "m", NOON, map_id=None, seq=1)
    told(client, "m", NOON, map_id="a", seq=2)
    told(client, "m", NOON, map_id="taken back", seq=3, is_retracted=True)
    assert seen(client, tmp_path, set(), after=SILENT - MINUTE) == Seen()
    assert seen(client, tmp_path, set(), after=SILENT).fresh == ("2026-01-20:m:a",)


def test_a_chain_that_did_not_come_to_its_end_is_asked_for_again_ever_more_seldom(
    client: Client, tmp_path: Path
) -> None:
    """As where the disk was full while the map was derived: what failed passes, at no known time."""
    log(client, [said("m", NOON, number=0)], received_at=NOON)
    told(client, "m", NOON, map_id="a", seq=1, facts=DECIDED)
    at = Partition(date="2026-01-20", match_id="m", map_id="a")
    content = gathering.gather(client, tmp_path, "m").content
    assert seen(client, tmp_path, {at.key}, after=SILENT - MINUTE) == Seen()
    hours = (SILENT / HOUR, 1, 3, 23, 24, 30 * 24)
    asked = [seen(client, tmp_path, {at.key}, after=hour * HOUR).again[at.key] for hour in hours]
    assert asked == [f"{content}/unmade+{n}" for n in (0, 1, 2, 5, 5, 10)]
    carded(tmp_path, at, made_from="older")
    again = seen(client, tmp_path, {at.key}, after=SILENT)
    assert again == Seen(again={at.key: f"{content}/unmade+0"})
    carded(tmp_path, at, made_from=content, facts="facts")
    assert seen(client, tmp_path, {at.key}, after=SILENT).again[at.key] not in again.again.values()
    compared(tmp_path, at, stream_digest="facts")
    answered(tmp_path, at, AS_PUBLISHED, about=content)
    assert seen(client, tmp_path, {at.key}, after=SILENT) == Seen()
    (at.folder(tmp_path, "quality") / "manifest.json").write_text("no manifest")
    assert seen(client, tmp_path, {at.key}, after=SILENT) == Seen()


def test_a_map_that_the_stream_took_back_is_asked_for_no_more_than_once(
    client: Client, tmp_path: Path
) -> None:
    """Its match has it no longer: a run can only say so."""
    log(client, [said("m", NOON, number=0)], received_at=NOON)
    told(client, "m", NOON, map_id="a", seq=1, is_retracted=True)
    key = "2026-01-20:m:a"
    content = gathering.gather(client, tmp_path, "m").content
    asked = {
        seen(client, tmp_path, {key}, after=hour * HOUR).again[key] for hour in (SILENT / HOUR, 3, 90 * 24)
    }
    assert asked == {f"{content}/unmade+0"}


def test_a_match_whose_amendment_had_to_wait_is_asked_for_again_on_its_day(
    client: Client, tmp_path: Path
) -> None:
    """As one that was broken off between two maps, or that the stream had not told yet."""
    log(client, [said("m", NOON, number=0)], received_at=NOON)
    at = Partition(date="2026-01-20", match_id="m", map_id="a")
    content = gathering.gather(client, tmp_path, "m").content
    carded(tmp_path, at, made_from=content)
    answered(tmp_path, at, GOES_ON, about=content)
    assert seen(client, tmp_path, {at.key}, after=SILENT - MINUTE) == Seen()
    hours = (SILENT / HOUR, 1, 3, 23)
    asked = [seen(client, tmp_path, {at.key}, after=hour * HOUR).again[at.key] for hour in hours]
    assert asked == [f"{content}+{n}" for n in (0, 1, 2, 5)]
    assert seen(client, tmp_path, {at.key}, after=DAY) == Seen()


def test_a_match_that_cannot_be_read_keeps_no_other_from_its_run(
    client: Client, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for match_id in ("damaged", "grown"):
        log(client, [said(match_id, NOON, number=0)], received_at=NOON)
        gathering.gather(client, tmp_path, match_id)
        log(client, [said(match_id, NOON, number=1)], received_at=NOON, first=1)
    manifest = tmp_path / "raw_events" / "date=2026-01-20" / "match=damaged" / "manifest.json"
    manifest.write_text("no manifest")
    known = {"2026-01-20:damaged:a", "2026-01-20:grown:a", "by hand", "2026-01-20:grown"}
    assert list(seen(client, tmp_path, known, after=QUIET).again) == ["2026-01-20:grown:a"]
    assert str(manifest) in caplog.text


def test_what_comes_after_the_store_forgot_the_rest_is_lacking_until_it_is_gathered(
    client: Client, tmp_path: Path
) -> None:
    log(client, [said("m", NOON, number=number) for number in range(5)], received_at=NOON)
    gathering.gather(client, tmp_path, "m")
    client.command("TRUNCATE TABLE cs2_events_raw")
    assert behind(client, tmp_path, ["m"]) == []
    log(client, [said("m", NOON, number=5)], received_at=NOON + 90 * DAY, first=5)
    assert behind(client, tmp_path, ["m"]) == ["m"]
    gathering.gather(client, tmp_path, "m")
    assert behind(client, tmp_path, ["m"]) == []


def test_as_many_records_as_the_lake_has_may_be_others(client: Client, tmp_path: Path) -> None:
    log(client, [said("m", NOON, number=number) for number in range(5)], received_at=NOON)
    gathering.gather(client, tmp_path, "m")
    assert behind(client, tmp_path, ["m"]) == []
    client.command("TRUNCATE TABLE cs2_events_raw")
    log(client, [said("m", NOON, number=5 + n) for n in range(5)], received_at=NOON + 90 * DAY, first=5)
    assert behind(client, tmp_path, ["m"]) == ["m"]
    gathering.gather(client, tmp_path, "m")
    assert behind(client, tmp_path, ["m"]) == []


def test_what_came_by_file_and_again_by_the_log_lacks_nothing(client: Client, tmp_path: Path) -> None:
    events = [said("m", NOON, number=number) for number in range(5)]
    given = [RawEvent(raw=encode(event), file="a.ndjson") for event in events]
    raw.add(tmp_path, "m", given, code_version="test")
    for first in (3, 0):
        log(client, events[first:], received_at=NOON, first=first)
        assert behind(client, tmp_path, ["m"]) == []


def test_the_sensor_asks_for_new_maps_and_for_those_that_grew(
    client: Client, store_url: str, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    resources = {
        "lake": LakeResource(path=str(tmp_path)),
        "store": StoreResource(url=store_url, options={}, ttl_days={}),
    }
    log(client, [said("m", NOON, number=0)], received_at=NOON)
    told(client, "m", NOON, map_id="a", seq=1, facts=DECIDED)
    first = decided_maps(dg.build_sensor_context(instance=instance, resources=resources))
    assert isinstance(first, dg.SensorResult)
    (fresh,) = first.run_requests or ()
    assert fresh.partition_key == "2026-01-20:m:a"
    assert fresh.run_key is None, "one whose partition was deleted would not run again"
    (request,) = first.dynamic_partitions_requests or ()
    instance.add_dynamic_partitions(MAPS.name or "", list(request.partition_keys))
    gathering.gather(client, tmp_path, "m")
    carded(
        tmp_path, parsed("2026-01-20:m:a"), made_from=manifest_of(tmp_path, parsed("2026-01-20:m:a")).content
    )
    context = dg.build_sensor_context(instance=instance, resources=resources, cursor=first.cursor)
    assert isinstance(decided_maps(context), dg.SkipReason)
    log(client, [said("m", NOON, number=1)], received_at=NOON + MINUTE, first=1)
    context = dg.build_sensor_context(instance=instance, resources=resources, cursor=context.cursor)
    grown = decided_maps(context)
    assert isinstance(grown, dg.SensorResult)
    (again,) = grown.run_requests or ()
    assert (again.run_key or "").startswith(f"2026-01-20:m:a@{(NOON + MINUTE).isoformat()}+")
    assert look_of(grown.cursor).newest == NOON + MINUTE
