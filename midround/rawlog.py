"""The raw log in the store: the records received of a match, in the order of the broker's log.

Belongs here: reading `cs2_events_raw`. Does not belong here: what is derived from it.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from adapters.kafka.order import Position, in_log_order
from adapters.kafka.records import Record
from game.codec import DecodeError
from game.events import AnyEvent
from streaming.steps import translated

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

RAW_ROWS = """
SELECT topic, partition, offset, headers, hex(raw) AS raw_hex, toUnixTimestamp64Milli(published_at) AS published_ms
FROM cs2_events_raw FINAL
WHERE match_id = {match_id:String}
ORDER BY published_ms, partition, offset
"""
MATCH_IDS = "SELECT DISTINCT match_id FROM cs2_events_raw ORDER BY match_id"


def match_ids(client: "Client") -> list[str]:
    """Return the id of every match with at least one raw record."""
    from adapters.clickhouse.client import query_rows

    return [row["match_id"] for row in query_rows(client, MATCH_IDS)]


def raw_records(client: "Client", match_id: str) -> Iterator[Record]:
    """Yield the raw records of a match, as the stream read them."""
    from adapters.clickhouse.client import query_rows

    for row in in_log_order(query_rows(client, RAW_ROWS, {"match_id": match_id}), _position):
        yield Record(
            topic=row["topic"],
            partition=row["partition"],
            offset=row["offset"],
            key=match_id.encode(),
            value=bytes.fromhex(row["raw_hex"]),
            headers={name: text.encode() for name, text in row["headers"].items()},
            timestamp_ms=row["published_ms"],
        )


def _position(row: Mapping[str, Any]) -> Position:
    return Position(row["partition"], row["offset"], row["published_ms"])


def raw_events(client: "Client", match_id: str) -> Iterator[AnyEvent | DecodeError]:
    """Yield the raw log of a match, translated as the stream does."""
    for record in raw_records(client, match_id):
        yield translated(record).result
