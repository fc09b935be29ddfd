"""The store's retention of raw events: a day is deleted once the lake holds every record of it.

Belongs here: which days are over, what of them the lake lacks, deleting them. Does not belong here: the number of days
kept (the settings), retention of tables derived from the raw events (`adapters.clickhouse.migrations`).

The lake holds a record if it has the same bytes, under its place in the log or as an event of a file. Only records that
were compared are deleted: those of a match up to the last one seen, since records that reach the store later have a
higher offset or a later time.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from adapters.clickhouse.client import query_rows
from adapters.clickhouse.ddl import quoted
from adapters.clickhouse.tables import CS2_EVENTS_RAW
from adapters.lake import raw
from adapters.lake.partitions import LakeError, of_match
from adapters.lake.tables import RAW_EVENTS
from orchestration.gathering import gather

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

DAYS = """
SELECT toString(toDate(received_at)) AS day, arraySort(groupUniqArray(match_id)) AS match_ids
FROM cs2_events_raw WHERE received_at < {before:DateTime64(6, 'UTC')}
GROUP BY day ORDER BY day
"""
ROWS = """
SELECT topic, partition, offset, published_at, lower(hex(SHA256(raw))) AS sha FROM cs2_events_raw
WHERE match_id = {match_id:String} AND toDate(received_at) = {day:Date}
"""
CONDITIONS_AT_ONCE = 500
Record = tuple[str, int, int, datetime, str]
"""(topic, partition, offset, time of publication, SHA-256 of the bytes)."""


class Day(Struct, frozen=True, kw_only=True):
    """A day of the store, and by match the number of its records that the lake does not hold."""

    day: str
    records: int
    lacking: Mapping[str, int]
    seen: tuple[str, ...] = ()
    """The compared records, as SQL conditions."""


def kept_days(ttl_days: Mapping[str, int]) -> int:
    """The least number of days that the store keeps raw records, by the settings; 0: for ever."""
    return int(ttl_days.get(CS2_EVENTS_RAW.name, CS2_EVENTS_RAW.ttl_days or 0))


def over(now: datetime, days: int) -> datetime:
    """The start of the first day that is kept."""
    return (now.astimezone(UTC) - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)


def compared(client: "Client", root: Path, *, before: datetime) -> Iterator[Day]:
    """Compares every day of the store before that moment with the lake. Raises clickhouse-connect's errors."""
    for row in query_rows(client, DAYS, {"before": before}):
        yield _day(client, root, **row)


def forgotten(client: "Client", root: Path, *, before: datetime) -> Iterator[Day]:
    """As `compared`, but records that the lake lacks are gathered first, and days that it then holds completely are
    deleted from the store. A day with a non-empty `lacking` was kept."""
    for row in query_rows(client, DAYS, {"before": before}):
        day = _day(client, root, **row)
        if day.lacking:
            _gather(client, root, list(day.lacking))
            day = _day(client, root, **row)
        if not day.lacking:
            _forget(client, day)
        yield day


def _forget(client: "Client", day: Day) -> None:
    """Deletes in batches of conditions, so that ClickHouse accepts the statements for any number of matches."""
    for first in range(0, len(day.seen), CONDITIONS_AT_ONCE):
        seen = "\n OR ".join(day.seen[first : first + CONDITIONS_AT_ONCE])
        client.command(
            f"DELETE FROM cs2_events_raw WHERE toDate(received_at) = {quoted(day.day)} AND ({seen})",
            settings={"max_query_size": 0},
        )


def _gather(client: "Client", root: Path, match_ids: Sequence[str]) -> None:
    for match_id in match_ids:
        try:
            gather(client, root, match_id)
        except LakeError:
            continue  # the day is kept, and its matches are named


def _day(client: "Client", root: Path, *, day: str, match_ids: Sequence[str]) -> Day:
    lacking, seen, records = dict[str, int](), list[str](), 0
    for match_id in match_ids:
        rows = query_rows(client, ROWS, {"match_id": match_id, "day": day})
        found = {_record(row) for row in rows}
        records += len(found)
        absent = _absent(root, match_id, found)
        if absent:
            lacking[match_id] = absent
        seen += _conditions(match_id, found)
    return Day(day=day, records=records, lacking=lacking, seen=tuple(seen))


def _absent(root: Path, match_id: str, records: set[Record]) -> int:
    """The number of records that the lake does not hold; all of them if it cannot be read."""
    partition = of_match(root, RAW_EVENTS.name, match_id)
    if partition is None:
        return len(records)
    try:
        held = raw.raw_events(root, partition)
    except LakeError:
        return len(records)
    places = {(*each.place, _sha(each.raw)) for each in held if each.place is not None}
    of_files = {_sha(each.raw) for each in held if each.place is None}
    return sum(record not in places and record[-1] not in of_files for record in records)


def _sha(content: bytes) -> str:
    return sha256(content).hexdigest()


def _record(row: Mapping[str, Any]) -> Record:
    return (row["topic"], row["partition"], row["offset"], row["published_at"], row["sha"])


def _conditions(match_id: str, records: set[Record]) -> Iterator[str]:
    """Conditions that match the records but none that reaches the store later: one per topic and partition."""
    last: dict[tuple[str, int], tuple[int, datetime]] = {}
    for topic, partition, offset, published_at, _ in records:
        most = last.get((topic, partition), (offset, published_at))
        last[topic, partition] = (max(most[0], offset), max(most[1], published_at))
    for (topic, partition), (offset, published_at) in sorted(last.items()):
        at = published_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        yield (
            f"(match_id = {quoted(match_id)} AND topic = {quoted(topic)} AND partition = {partition}"
            f" AND offset <= {offset} AND published_at <= toDateTime64({quoted(at)}, 6, 'UTC'))"
        )
