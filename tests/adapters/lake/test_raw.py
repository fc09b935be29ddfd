"""Raw events in the lake: added once, kept as they came, the same by both ways."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.lake import files, raw, upkeep
from adapters.lake.partitions import MANIFEST, LakeError, Partition, maps_of, of_match, parsed, partitions
from adapters.lake.raw import RawEvent
from adapters.lake.tables import FACTS
from adapters.lake.views import open_lake
from game.codec import encode
from game.events import AnyEvent
from midround import inputs

EVENTS: list[AnyEvent] = list(islice(inputs.simulated(seed=3, best_of=1, position_hz=0).events(), 300))
MATCH_ID = EVENTS[0].match_id
AT = datetime(2026, 1, 18, 12, tzinfo=UTC)


def of_file(events: list[AnyEvent]) -> list[RawEvent]:
    return [RawEvent(raw=encode(event), file="a.ndjson") for event in events]


def of_log(events: list[AnyEvent], *, first: int = 0, published_at: datetime = AT) -> list[RawEvent]:
    return [
        RawEvent(
            raw=encode(event),
            headers={"format": "native+json"},
            received_at=AT,
            published_at=published_at,
            topic="raw-game-events",
            partition=1,
            offset=first + number,
        )
        for number, event in enumerate(events)
    ]


def add(root: Path, events: list[RawEvent]) -> raw.Added:
    return raw.add(root, MATCH_ID, events, code_version="test")


def test_what_was_added_comes_out_as_it_came(tmp_path: Path) -> None:
    given = of_log(EVENTS)
    added = add(tmp_path, given)
    assert (added.rows, added.total) == (300, 300)
    assert raw.raw_events(tmp_path, added.partition) == given


def test_one_event_is_found_by_its_id_as_it_came_first(tmp_path: Path) -> None:
    again = replace(EVENTS[7], ts_event=AT)
    partition = add(tmp_path, of_log([*EVENTS, again])).partition
    assert raw.event_told(tmp_path, partition, EVENTS[7].event_id) == EVENTS[7]
    assert raw.event_told(tmp_path, partition, "none") is None


def test_importing_twice_changes_nothing(tmp_path: Path) -> None:
    first = add(tmp_path, of_file(EVENTS))
    files = sorted(tmp_path.rglob("*.parquet"))
    second = add(tmp_path, of_file(EVENTS))
    assert (second.rows, second.total, second.content) == (0, 300, first.content)
    assert sorted(tmp_path.rglob("*.parquet")) == files


@pytest.mark.parametrize("is_file_first", [True, False])
def test_both_ways_have_one_result(tmp_path: Path, is_file_first: bool) -> None:
    ways = [of_file(EVENTS), of_log(EVENTS)]
    first, second = ways if is_file_first else reversed(ways)
    one, other = add(tmp_path, first), add(tmp_path, second)
    assert (other.rows, other.content) == (0, one.content)
    alone = raw.add(tmp_path / "alone", MATCH_ID, of_log(EVENTS), code_version="test")
    assert alone.content == one.content


def test_a_match_grows_by_what_is_new_and_names_the_ranges_of_the_log(tmp_path: Path) -> None:
    add(tmp_path, of_log(EVENTS[:100]))
    added = add(tmp_path, of_log(EVENTS))
    assert (added.rows, added.total) == (200, 300)
    parts = raw.manifest_of(tmp_path, added.partition).parts
    assert [part.offsets for part in parts] == [
        {"raw-game-events/1": (0, 99)},
        {"raw-game-events/1": (100, 299)},
    ]


def test_a_place_in_a_log_that_began_anew_is_another(tmp_path: Path) -> None:
    add(tmp_path, of_log(EVENTS[:100]))
    anew = of_log(EVENTS[100:200], published_at=AT + timedelta(days=1))
    assert [add(tmp_path, anew).rows for _ in range(2)] == [100, 0]


def test_a_repetition_in_the_log_is_kept_and_counts_once_in_the_content(tmp_path: Path) -> None:
    once = add(tmp_path / "once", of_log(EVENTS))
    twice = add(tmp_path / "twice", [*of_log(EVENTS), *of_log(EVENTS[-1:], first=300)])
    assert twice.total == 301
    assert twice.content == once.content


def test_bytes_that_are_no_event_are_kept(tmp_path: Path) -> None:
    broken = RawEvent(raw=b"\xff not json", file="a.ndjson")
    added = add(tmp_path, [broken])
    assert added.partition.date == raw.UNDATED
    assert raw.raw_events(tmp_path, added.partition) == [broken]


def test_a_part_that_is_gone_from_the_middle_is_told(tmp_path: Path) -> None:
    add(tmp_path, of_log(EVENTS[:100]))
    added = add(tmp_path, of_log(EVENTS))
    manifest = raw.manifest_of(tmp_path, added.partition)
    folder = added.partition.folder(tmp_path, "raw_events")
    (folder / manifest.parts[0].file).unlink()
    with pytest.raises(LakeError, match=manifest.parts[0].file):
        raw.raw_events(tmp_path, added.partition)
    assert [finding.reason for finding in upkeep.verify(tmp_path).findings] == ["is missing"]


def test_compacting_changes_no_content(tmp_path: Path) -> None:
    for end in (100, 200, 300):
        added = add(tmp_path, of_log(EVENTS[:end]))
    before = raw.raw_events(tmp_path, added.partition)
    done = upkeep.compact(tmp_path)
    assert (done.files_before, done.files_after) == (3, 1)
    manifest = raw.manifest_of(tmp_path, added.partition)
    assert raw.raw_events(tmp_path, added.partition) == before
    assert manifest.content == added.content
    assert manifest.parts[0].offsets == {"raw-game-events/1": (0, 299)}
    assert upkeep.verify(tmp_path).findings == ()
    assert add(tmp_path, of_log(EVENTS)).rows == 0


LONG = "матч-" + "финал" * 8


@pytest.mark.parametrize(
    "match_id", ["a/b", "..", ".", "a:b", "a%2Fb", "a[1]*", "é x", "", "\0", "m" * 128, LONG, "試" * 128]
)
def test_any_id_makes_a_folder_of_its_own(tmp_path: Path, match_id: str) -> None:
    added = raw.add(tmp_path, match_id, of_file(EVENTS), code_version="test")
    expected = Partition(date=added.partition.date, match_id=match_id)
    assert partitions(tmp_path, "raw_events") == [expected]
    assert parsed(expected.key) == of_match(tmp_path, "raw_events", match_id) == expected
    assert raw.add(tmp_path, match_id, of_file(EVENTS), code_version="test").rows == 0


@pytest.mark.parametrize("ids", [("", "\0"), (LONG, f"{LONG}!"), ("試" * 128, "試" * 127)])
def test_ids_that_look_alike_are_kept_apart(tmp_path: Path, ids: tuple[str, str]) -> None:
    for match_id in ids:
        assert raw.add(tmp_path, match_id, of_file(EVENTS), code_version="test").total == len(EVENTS)
    assert {each.match_id for each in partitions(tmp_path, "raw_events")} == set(ids)
    told = (
        open_lake(tmp_path).execute("SELECT match_id, count(*) FROM raw_events GROUP BY match_id").fetchall()
    )
    assert dict(told) == dict.fromkeys(ids, len(EVENTS))


def test_the_words_of_odd_ids_are_those_that_a_lake_has(tmp_path: Path) -> None:
    """Another word for an id would leave what was written under the old one unread, and take it in again."""
    added = [
        raw.add(tmp_path, match_id, of_file(EVENTS), code_version="test") for match_id in ("", "a/b", "..")
    ]
    folders = [each.partition.folder(tmp_path, "raw_events").name for each in added]
    assert folders == ["match=%00", "match=a%2Fb", "match=%2E%2E"]


def test_a_map_of_any_id_is_found_among_those_of_its_match(tmp_path: Path) -> None:
    match = Partition(date="2026-05-17", match_id=LONG)
    maps = sorted(replace(match, map_id=map_id) for map_id in ("", "\0", "m1", LONG, "試" * 128))
    columns: dict[str, list[object]] = {column.name: [] for column in FACTS.columns}
    for each in maps:
        files.replaced(tmp_path, FACTS, each, columns=columns, content="c", code_version="test", made_from={})
    assert maps_of(tmp_path, FACTS.name, match) == partitions(tmp_path, FACTS.name) == maps
    assert {each.reason for each in upkeep.verify(tmp_path).findings} == {upkeep.GONE}


def test_a_cut_name_whose_manifest_is_damaged_is_told(tmp_path: Path) -> None:
    added = raw.add(tmp_path, LONG, of_file(EVENTS), code_version="test")
    (added.partition.folder(tmp_path, "raw_events") / MANIFEST).write_bytes(b"{")
    assert of_match(tmp_path, "raw_events", LONG) == added.partition
    with pytest.raises(LakeError, match=f"{MANIFEST}: does not say what it is of"):
        partitions(tmp_path, "raw_events")


def test_the_events_of_a_match_are_what_its_bytes_say(tmp_path: Path) -> None:
    given = [*of_log(EVENTS), RawEvent(raw=b"\xff not json", file="a.ndjson")]
    added = add(tmp_path, given)
    told = list(raw.events(tmp_path, added.partition))
    assert told == [event.event for event in given]
    assert told[:-1] == EVENTS
