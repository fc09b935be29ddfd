"""Records of one match as a store kept them, back in the order of the log that they came from.

Belongs here: that order. Does not belong here: reading them.

Within a log the offset is the order: the times are the senders', and of two senders (a source, the stream that
switches a model) the later may come first. An embedded broker that starts again begins another log at offset 0, and
with it every sender starts again: records of one log are told from those of the next by a pause.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

ANOTHER_LOG_MS = 500
"""No broker falls and is there again in less."""
T = TypeVar("T")


class Position(NamedTuple):
    """Where a record stands, and when its sender sent it."""

    partition: int
    offset: int
    published_ms: int


def in_log_order(records: Iterable[T], position: Callable[[T], Position]) -> list[T]:
    """Records in the order of their times, put into the order of their log's offsets."""
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
