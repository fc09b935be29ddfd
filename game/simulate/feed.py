"""Puts events into envelopes: event ids, counters, times.

Belongs here: the envelope fields that every event gets. Does not belong here: payloads.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from game import events as e

NAMESPACE = UUID("6f1d3b0a-55c5-5d6e-9f0e-7b8a9e5f6a11")
SOURCE = "simulator"


def match_id_of(seed: int) -> str:
    return str(uuid5(NAMESPACE, f"{seed}"))


class Feed:
    """Events of one match in order. Times are whole milliseconds from the match's start and never go back."""

    def __init__(self, seed: int, starts_at: datetime) -> None:
        self.seed = seed
        self.starts_at = starts_at
        self.match_id = match_id_of(seed)
        self.session = str(uuid5(NAMESPACE, f"{seed}/session"))
        self.map_id: str | None = None
        self.round_no: int | None = None
        self.now_ms = 0
        self._count = 0
        self._pending: list[e.AnyEvent] = []

    @property
    def is_silent(self) -> bool:
        """Whether events are discarded, so that data needed only for them need not be computed."""
        return False

    def emit(self, kind: Any, payload: Any, at_ms: int | None = None) -> None:
        """Add an event of class `kind`. If `at_ms` is before the last event, the last event's time is used."""
        if at_ms is not None and at_ms > self.now_ms:
            self.now_ms = at_ms
        self._count += 1
        event: e.AnyEvent = kind(
            event_id=str(uuid5(NAMESPACE, f"{self.seed}/{self._count}")),
            match_id=self.match_id,
            map_id=self.map_id,
            round_no=self.round_no,
            ts_event=self.starts_at + timedelta(milliseconds=self.now_ms),
            source=SOURCE,
            session=self.session,
            seq_no=self._count,
            payload=payload,
        )
        self._pending.append(event)

    def wait(self, duration_ms: int) -> None:
        """Advance the time."""
        self.now_ms += duration_ms

    def begin_map(self, number: int) -> None:
        """Assign the following events to map `number` of the series."""
        self.map_id = str(uuid5(NAMESPACE, f"{self.seed}/map/{number}"))
        self.round_no = None

    def drain(self) -> Iterator[e.AnyEvent]:
        """Yield the events since the last call."""
        pending, self._pending = self._pending, []
        yield from pending


class Silence(Feed):
    """A feed that discards all events, for rollouts."""

    def __init__(self) -> None:
        self.now_ms = 0

    @property
    def is_silent(self) -> bool:
        return True

    def emit(self, kind: Any, payload: Any, at_ms: int | None = None) -> None:
        """Do nothing."""
