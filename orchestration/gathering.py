"""Copies events from the log to the lake: what the store holds of the topic, each record once.

Belongs here: reading `cs2_events_raw` as it is. Does not belong here: files (`midround lake import`), the lake's own
rules (`adapters.lake.raw`).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from adapters.clickhouse.client import query_rows
from adapters.kafka.order import Position, in_log_order
from adapters.lake import raw
from models.code import code_version

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

MATCHES = """
SELECT match_id, count() AS records, max(published_at) AS last_at
FROM cs2_events_raw FINAL
GROUP BY match_id
ORDER BY last_at, match_id
"""
RECORDS = """
SELECT topic, partition, offset, headers, received_at, published_at, hex(raw) AS raw_hex
FROM cs2_events_raw FINAL
WHERE match_id = {match_id:String}
ORDER BY toUnixTimestamp64Milli(published_at), partition, offset
"""


class Logged(Struct, frozen=True, kw_only=True):
    """A match with records in the log."""

    match_id: str
    records: int
    last_at: datetime


def logged(client: "Client") -> list[Logged]:
    """Every match of the log, ordered by its last record's time."""
    return [Logged(**row) for row in query_rows(client, MATCHES)]


def gather(client: "Client", root: Path, match_id: str) -> raw.Added:
    """Adds the log's records of a match to the lake. Raises `adapters.lake.partitions.LakeError`."""
    return raw.add(root, match_id, records(client, match_id), code_version=code_version())


def records(client: "Client", match_id: str) -> Iterator[raw.RawEvent]:
    """The records of a match in the order of the log."""
    return map(_record, in_log_order(query_rows(client, RECORDS, {"match_id": match_id}), _position))


def _position(row: Mapping[str, Any]) -> Position:
    return Position(row["partition"], row["offset"], int(row["published_at"].timestamp() * 1000))


def _record(row: Mapping[str, Any]) -> raw.RawEvent:
    return raw.RawEvent(
        raw=bytes.fromhex(row["raw_hex"]),
        headers=row["headers"],
        received_at=row["received_at"],
        published_at=row["published_at"],
        topic=row["topic"],
        partition=row["partition"],
        offset=row["offset"],
    )
