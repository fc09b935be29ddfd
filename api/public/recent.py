"""Messages of the last minutes in this process: latencies by stage, counts by topic, in bounded memory.

Belongs here: keeping them, quantiles, rates. Does not belong here: when a message passed a stage (`board`), metrics
over the whole life of a process (`adapters.metrics`).
"""

import math
import time
from collections import Counter, deque
from collections.abc import Callable

import msgspec

KEPT_S, SLOT_S = 600, 10
"""Length of the history and of its slots, in seconds."""
_STEP = math.log(1.02)
"""Width of the latency classes on a log scale, so that a quantile is accurate to about one percent."""
LEAST_MS = 0.01


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Latency quantiles in milliseconds: median, 95th and 99th percentile. Null without messages."""

    messages: int
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None


class Recent:
    """Latencies and counts of recent messages. Use it on one event loop only. `since_s`: only messages published
    from then on should count (default: now); for older ones, which are read again at startup, latency would be
    meaningless."""

    def __init__(self, now_s: Callable[[], float] = time.time, *, since_s: float | None = None) -> None:
        self._now_s = now_s
        self.since_s = now_s() if since_s is None else since_s
        self._latencies: deque[tuple[int, dict[str, Counter[int]]]] = deque()
        self._messages: deque[tuple[int, Counter[str]]] = deque()

    def observe(self, stage: str, passed_ms: float) -> None:
        """Record the latency of one message in this stage."""
        slot = int(self._now_s()) // SLOT_S
        if not self._latencies or self._latencies[-1][0] != slot:
            self._latencies.append((slot, {}))
            while self._latencies[0][0] < slot - KEPT_S // SLOT_S:
                self._latencies.popleft()
        self._latencies[-1][1].setdefault(stage, Counter())[_class_of(passed_ms)] += 1

    def count(self, topic: str) -> None:
        """Count one message of this topic."""
        second = int(self._now_s())
        if not self._messages or self._messages[-1][0] != second:
            self._messages.append((second, Counter()))
            while self._messages[0][0] < second - KEPT_S:
                self._messages.popleft()
        self._messages[-1][1][topic] += 1

    def figures(self, stage: str, window_s: int) -> Figures:
        """Return the quantiles of this stage within the window, which is rounded up to a slot."""
        first = int(self._now_s() - window_s) // SLOT_S
        found: Counter[int] = Counter()
        for slot, stages in self._latencies:
            if slot >= first:
                found.update(stages.get(stage, {}))
        return _figures(found)

    def rate(self, topic: str, window_s: int) -> float:
        """Return messages per second of this topic, over the whole seconds of the window that have passed."""
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
    """Return the lowest class that at least `rank` messages do not exceed, in milliseconds."""
    below = 0
    for each in sorted(counts):
        below += counts[each]
        if below >= rank:
            break
    return round(math.exp(each * _STEP), 2)
