"""Watches a running reader for silent loss: another log under the same name, offsets beyond the end, standstill.

Belongs here: a thread that queries the broker periodically; the reader checks `failure` and raises it. Does not belong
here: reading records.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from adapters.kafka.connection import LOGGER, BrokerError
from adapters.kafka.origin import ForeignRecoveryError, Origin, difference, origin_of
from adapters.kafka.reading import Place, bounds
from adapters.kafka.topics import BrokerAwayError

PERIOD_S = 5.0
STANDSTILL_CHECKS = 6


class OffsetRemovedError(BrokerError):
    """The next offset was removed by retention: this reader has lost messages."""


class PositionAheadError(BrokerError):
    """The next offset lies beyond the end: the topic was recreated, or the broker came back empty."""


class StandstillError(BrokerError):
    """There are unread messages, but none arrive."""


class Reading:
    """What a reader reports to the guard: its position, and whether it asked for more and got nothing since the last
    check."""

    def __init__(self, position: int) -> None:
        self.position = position
        self.is_hungry = False

    def look(self) -> tuple[int, bool]:
        """The position, and whether the reader was hungry since the last call."""
        is_hungry, self.is_hungry = self.is_hungry, False
        return self.position, is_hungry


class Standstill:
    """Counts consecutive checks in which a hungry reader below the end of the log did not move. Pure."""

    def __init__(self) -> None:
        self._seen: dict[Place, tuple[int, int]] = {}

    def checks(self, place: Place, position: int, *, is_waiting: bool) -> int:
        """The number of consecutive checks, including this one, that found the reader waiting at `position`."""
        before, count = self._seen.get(place, (-1, 0))
        count = count + 1 if is_waiting and before == position else int(is_waiting)
        self._seen[place] = (position, count)
        return count


class OriginGuard:
    """Compares, every `period_s`, the current log with the log at construction.

    Once set, `failure` keeps its exception. A broker that is away is not a failure. Raises BrokerAwayError at
    construction; soon after `stopping` is set, StoppedError.
    """

    def __init__(
        self,
        client: AdminClient,
        readings: Callable[[], Mapping[Place, Reading]],
        *,
        topics: Sequence[str],
        is_embedded: bool,
        period_s: float = PERIOD_S,
        stopping: threading.Event | None = None,
    ) -> None:
        self.failure: BrokerError | None = None
        self._readings = readings
        self._period_s = period_s
        self._standstill = Standstill()
        self._admin = client
        self._ask_origin = partial(origin_of, client, tuple(topics), is_embedded=is_embedded)
        self.origin: Origin = self._ask_origin(stopping=stopping)
        self._ended = threading.Event()
        threading.Thread(target=self._watch, name="kafka-guard", daemon=True).start()

    def close(self) -> None:
        self._ended.set()

    def _watch(self) -> None:
        while self.failure is None and not self._ended.wait(self._period_s):
            try:
                self._check()
            except BrokerAwayError:
                LOGGER.debug("guard: the broker is away")
            except KafkaException as error:
                LOGGER.warning("guard: %s", error)
            except BrokerError as error:
                LOGGER.critical("%s", error)
                self.failure = error

    def _check(self) -> None:
        _demand_same(self.origin, self._ask_origin())
        # Positions before ends: the reader moves on meanwhile and could be beyond an older end.
        seen = {place: reading.look() for place, reading in self._readings().items()}
        for place, (_, end) in bounds(self._admin, tuple(seen)).items():
            self._demand_moving(place, seen[place], end=end)

    def _demand_moving(self, place: Place, seen: tuple[int, bool], *, end: int) -> None:
        position, is_hungry = seen
        demand_within(place, position, end=end)
        waiting = self._standstill.checks(place, position, is_waiting=is_hungry and position < end)
        if waiting >= STANDSTILL_CHECKS:
            raise StandstillError(f"{place}: stands at {position} below the end {end}, and nothing arrives")


def demand_within(place: Place, position: int, *, end: int) -> None:
    """Raises PositionAheadError when `position` lies beyond `end`."""
    if position > end:
        raise PositionAheadError(
            f"{place[0]} [{place[1]}]: the next offset is {position}, but the log ends at {end}: "
            "the topic was grown anew, or the broker came back empty"
        )


def demand_kept(place: Place, position: int, *, start: int) -> None:
    """Raises OffsetRemovedError when retention has removed `position`."""
    if position < start:
        raise OffsetRemovedError(
            f"{place[0]} [{place[1]}]: offset {position} was removed by retention, the log begins at {start}: "
            f"{start - position} messages are lost to this reader; docs/runbooks/kafka.md tells how to go on"
        )


def _demand_same(before: Origin, now: Origin) -> None:
    if before != now:
        raise ForeignRecoveryError(f"the log is another one than at start: {difference(before, now)}")
