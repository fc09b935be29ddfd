"""What passed through this process within the last minutes: latencies by stage, messages by topic. Bounded memory.

Belongs here: keeping them, quantiles, rates. Does not belong here: when something passed (`board`), the metrics of the
whole life of a process (`adapters.metrics`).
"""

import math
import time
from collections import Counter, deque
from collections.abc import Callable

import msgspec

KEPT_S, SLOT_S = 600, 10
"""How far back is known, and in which steps; both in seconds."""
_STEP = math.log(1.02)
"""Latencies are counted in classes this far apart, so that a quantile is told to one in a hundred."""
LEAST_MS = 0.01


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Quantiles in milliseconds: at most so many for half, 95 and 99 of a hundred messages. Null without messages."""

    messages: int
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None


class Recent:
    """For one event loop. `since_s`: from when on messages count (now, unless told): of older ones, which a start reads
    again, nothing would say how long they took."""

    def __init__(self, now_s: Callable[[], float] = time.time, *, since_s: float | None = None) -> None:
        self._now_s = now_s
        self.since_s = now_s() if since_s is None else since_s
        self._latencies: deque[tuple[int, dict[str, Counter[int]]]] = deque()
        self._messages: deque[tuple[int, Counter[str]]] = deque()

    def observe(self, stage: str, passed_ms: float) -> None:
        """One message took so long in this stage."""
        slot = int(self._now_s()) // SLOT_S
        if not self._latencies or self._latencies[-1][0] != slot:
            self._latencies.append((slot, {}))
            while self._latencies[0][0] < slot - KEPT_S // SLOT_S:
                self._latencies.popleft()
        self._latencies[-1][1].setdefault(stage, Counter())[_class_of(passed_ms)] += 1

    def count(self, topic: str) -> None:
        """One message of this topic was taken."""
        second = int(self._now_s())
        if not self._messages or self._messages[-1][0] != second:
            self._messages.append((second, Counter()))
            while self._messages[0][0] < second - KEPT_S:
                self._messages.popleft()
        self._messages[-1][1][topic] += 1

    def figures(self, stage: str, window_s: int) -> Figures:
        """Of this stage within the window, which is rounded up to a slot."""
        first = int(self._now_s() - window_s) // SLOT_S
        found: Counter[int] = Counter()
        for slot, stages in self._latencies:
            if slot >= first:
                found.update(stages.get(stage, {}))
        return _figures(found)

    def rate(self, topic: str, window_s: int) -> float:
        """Messages of this topic a second, over the whole seconds of the window that have passed."""
        now_s = int(self._now_s())
        first = max(now_s - window_s, int(self.since_s))
        taken = sum(counts[topic] for second, counts in self._messages if first <= second < now_s)
        return taken / max(1, now_s - first)


def _class_of(passed_ms: float) -> int:
    return round(math.log(max(passed_ms, LEAST_MS)) / _STEP)


def _figures(counts: Counter[int]) -> Figures:
    messages = counts.total()
    if not messages:
        return Figures(messages=0)
    return Figures(
        messages=messages,
        p50_ms=_quantile(counts, 0.50 * messages),
        p95_ms=_quantile(counts, 0.95 * messages),
        p99_ms=_quantile(counts, 0.99 * messages),
    )


def _quantile(counts: Counter[int], rank: float) -> float:
    """The least class that `rank` messages do not exceed, as milliseconds."""
    below = 0
    for each in sorted(counts):
        below += counts[each]
        if below >= rank:
            break
    return round(math.exp(each * _STEP), 2)
