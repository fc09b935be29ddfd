"""Which messages of a match still count, and a digest over their facts.

Belongs here: validity after retractions, the order and the bytes that a digest covers. Does not belong here: folding
(`models.fold`), the comparison of digests.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from game.codec import digest
from game.facts import AnyFact
from game.messages import Message, Processed, Retraction

_SORTED = msgspec.json.Encoder(order="sorted")


def valid(messages: Sequence[Message]) -> list[Message]:
    """The messages that no retraction covers, without the retractions themselves, in the given order (by seq)."""
    if not any(isinstance(m, Retraction) for m in messages):
        return list(messages)
    void = _merged((m.from_seq, m.to_seq) for m in messages if isinstance(m, Retraction))
    starts = [first for first, _ in void]

    def is_void(seq: int) -> bool:
        place = bisect_right(starts, seq) - 1
        return place >= 0 and seq <= void[place][1]

    return [m for m in messages if not isinstance(m, Retraction) and not is_void(m.seq)]


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same numbers as sorted spans that do not overlap."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1]:
            start, end = merged.pop()
            merged.append((start, max(end, last)))
        else:
            merged.append((first, last))
    return merged


def facts_digest(messages: Sequence[Message]) -> str:
    """SHA-256 over the facts still valid, ordered by map, round, event time and event id.
    Excludes seq and arrival times."""
    keyed: list[tuple[Any, ...]] = []
    for message in valid(messages):
        if isinstance(message, Processed) and message.facts:
            keyed += _keyed(message, message.facts)
    return digest(raw for *_, raw in sorted(keyed))


def _keyed(message: Processed, facts: Sequence[AnyFact]) -> list[tuple[Any, ...]]:
    place = (message.map_id or "", message.round_no if message.round_no is not None else -1, message.ts_event)
    context = f"{place[0]}/{place[1]}/{message.ts_event.isoformat()}/{message.event_id}/{message.match_tag}"
    return [
        (*place, message.event_id, n, f"{context}/{n}".encode() + _SORTED.encode(fact))
        for n, fact in enumerate(facts)
    ]
