"""Restores the log order of one match's records as read from a store.

Belongs here: that order. Does not belong here: reading the records.

Within a log the offset gives the order. Times do not: they come from the senders, and with two senders (a source, and
the stream that switches a model) the later record may have the earlier time. A restarted embedded broker begins another
log at offset 0, and every sender restarts with it, so the records of two logs are told apart by a pause.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

ANOTHER_LOG_MS = 500
"""No broker stops and is back in less time than this."""
T = TypeVar("T")


class Position(NamedTuple):
    """The position of a record, and when its sender sent it."""

    partition: int
    offset: int
    published_ms: int


def in_log_order(records: Iterable[T], position: Callable[[T], Position]) -> list[T]:
    """Put records sorted by time into the order of their log's offsets."""
    logs: list[list[tuple[int, T]]] = []
    last: Position | None = None
    for record in records:
        place = position(record)
        if last is None or _is_another_log(last, place):
            logs.append([])
            last = place
        logs[-1].append((place.offset, record))
        last = place._replace(offset=max(last.offset, place.offset))
    return [record for log in logs for _, record in sorted(log, key=lambda pair: pair[0])]


def _is_another_log(furthest: Position, place: Position) -> bool:
    is_back = place.offset < furthest.offset and place.published_ms - furthest.published_ms >= ANOTHER_LOG_MS
    return place.partition != furthest.partition or is_back
