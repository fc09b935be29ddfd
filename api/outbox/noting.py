"""Puts events from the log into the outbox: reads records, derives notices, stores them together with the log position.

Belongs here: which webhooks get a notice, when the position is stored, restarts. Does not belong here: what a record
means (`telling`), SQL (`adapters.catalog.outbox`), sending (`sender`).

The broker does not wait for this reader: it commits no offsets. If it falls behind the broker's retention, it resumes
at the oldest message left and counts those lost.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import Protocol

import msgspec

from adapters.catalog.changes import CatalogAwayError
from adapters.catalog.outbox import Batch, New, Subscription
from adapters.kafka.connection import WEBHOOKS_GROUP, BrokerError, Connection
from adapters.kafka.origin import origin_of
from adapters.kafka.reading import Place
from adapters.kafka.records import PROCESSED, STATE, Gap, Record
from adapters.kafka.tail import Tail
from adapters.kafka.topics import admin
from adapters.kafka.unreadable import pass_over
from adapters.metrics import Metrics
from api.grants import is_granted
from api.outbox.telling import Notice, Teller
from game.codec import UNREADABLE

LOGGER = logging.getLogger("midround.outbox")
TOPICS = (STATE, PROCESSED)
BACK = 5_000
"""Messages per partition that are read back at the very first start on a real broker, which cover the running
matches."""
GATHERS_S, POLL_S, PAUSE_S, KEPT_EVERY_S = 0.1, 0.1, 0.5, 5.0


class Feed(Protocol):
    """The part of a tail that is used here."""

    def poll(self, timeout_s: float) -> list[Record]: ...

    def take_gaps(self) -> list[Gap]: ...

    def done(self, positions: Mapping[Place, int]) -> None: ...

    def lag(self) -> Mapping[Place, int]: ...


class Notes(Protocol):
    """The part of the outbox that is used here; see `adapters.catalog.outbox.Outbox` for each method."""

    def positions(self, origin: str) -> dict[Place, int]: ...

    def told(self) -> dict[str, str]: ...

    def subscriptions(self, now: datetime) -> list[Subscription]: ...

    def note(self, batch: Batch, *, now: datetime) -> None: ...


class Noter:
    """Reads one log, batch by batch. For one thread; `on_new` is called when there is something to send. `start` holds
    the positions to resume from."""

    def __init__(
        self,
        notes: Notes,
        origin: str,
        *,
        measured: Metrics,
        now: Callable[[], datetime],
        on_new: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._notes, self._origin, self._measured = notes, origin, measured
        self._now, self._on_new, self._clock = now, on_new, clock
        self.start = notes.positions(origin)  # must precede told(): it drops what is known of another log
        self._teller = Teller(notes.told())
        self._read: dict[Place, int] = {}
        self._kept_s = clock()

    def take(self, records: Sequence[Record]) -> Mapping[Place, int]:
        """Store the notices of these records. Returns the positions stored with them, empty if nothing was stored.

        Raises CatalogAwayError: then start over from what is stored.
        """
        notices = [notice for record in records for notice in self._told(record)]
        self._read |= {(record.topic, record.partition): record.offset + 1 for record in records}
        changed = self._teller.take_changed()
        is_due = self._read and self._clock() - self._kept_s >= KEPT_EVERY_S
        if not (notices or changed or is_due):
            return {}
        now = self._now()
        new = deliveries(notices, self._notes.subscriptions(now)) if notices else []
        batch = Batch(origin=self._origin, positions=self._read, deliveries=new, told=changed)
        self._notes.note(batch, now=now)
        kept, self._read, self._kept_s = self._read, {}, self._clock()
        if new:
            self._measured.ingestion_events.labels("webhook").inc(len(new))
            self._on_new()
        return kept

    def _told(self, record: Record) -> list[Notice]:
        try:
            return self._teller.take(record)
        except UNREADABLE as error:
            pass_over(record, error, measured=self._measured, logger=LOGGER)
            return []


def deliveries(notices: Iterable[Notice], subscriptions: Sequence[Subscription]) -> list[New]:
    """Return a delivery for each notice and each webhook that wants its type, may see its match and existed when it was
    published."""
    return [
        New(
            delivery_id=notice.delivery_id(to.webhook_id),
            webhook_id=to.webhook_id,
            type=notice.type,
            body=notice.body,
            match_id=notice.match_id,
            seq=notice.seq,
        )
        for notice in notices
        for to in subscriptions
        if notice.type in to.types and to.since <= notice.at and is_granted(notice.match_id, to.matches)
    ]


def follow(
    connection: Connection,
    notes: Notes,
    *,
    measured: Metrics,
    now: Callable[[], datetime],
    stopping: threading.Event,
    on_new: Callable[[], None],
    on_ready: Callable[[], None],
) -> None:
    """Store the notices of the log until `stopping` is set; after every failure, start over from what is stored."""
    while not stopping.is_set():
        try:
            origin = _origin(connection, stopping)
            noter = Noter(notes, origin, measured=measured, now=now, on_new=on_new)
            start = _start(connection, noter.start, stopping)
            with closing(
                Tail(
                    connection,
                    TOPICS,
                    start=start,
                    group=WEBHOOKS_GROUP,
                    gathers_s=GATHERS_S,
                    stopping=stopping,
                )
            ) as tail:
                on_ready()
                _note_all(tail, noter, measured=measured, stopping=stopping)
        except (BrokerError, CatalogAwayError) as error:
            measured.error("catalog_away" if isinstance(error, CatalogAwayError) else "broker_away").inc()
            LOGGER.info("nothing is noted at present: %s", error)
            stopping.wait(PAUSE_S)


def _note_all(feed: Feed, noter: Noter, *, measured: Metrics, stopping: threading.Event) -> None:
    while not stopping.is_set():
        feed.done(noter.take(feed.poll(POLL_S)))
        for gap in feed.take_gaps():
            measured.error("gap").inc(gap.resumed_at - gap.first_missing)
            LOGGER.error("the broker forgot messages before they were noted: %s", gap)
        for (topic, partition), lag in feed.lag().items():
            measured.consumer_lag.labels(topic, str(partition)).set(lag)


def _origin(connection: Connection, stopping: threading.Event) -> str:
    found = origin_of(admin(connection), TOPICS, is_embedded=connection.embedded, stopping=stopping)
    return msgspec.json.encode(found, order="sorted").decode()


def _start(
    connection: Connection, kept: Mapping[Place, int], stopping: threading.Event
) -> Mapping[Place, int]:
    """Return the positions to resume from; at the very first start on a real broker, up to `BACK` messages before the
    end."""
    if kept or connection.embedded:
        return kept
    with closing(Tail(connection, TOPICS, start="end", stopping=stopping)) as ends:
        return {place: max(0, end - BACK) for place, end in ends.positions().items()}
