"""Switches running matches to a new champion: decides which `model_switched` event is due and appends it from a thread.

Belongs here: checking for a new champion, appending to the log. Does not belong here: loading models (`models.lineup`),
promotion (`models.promotion`), what the event does to a match (`models.play`): it takes effect only when read back.

The event has the time of the match's last event, so that no other clock than the match's own enters its fold. Its id is
derived from match, model and promotion: if it is sent again, by this process or by the one after a crash, it is the
same event.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid5

from msgspec import Struct

from adapters.kafka.appending import raw_record
from adapters.kafka.connection import BacklogError, BrokerError, Connection
from adapters.kafka.producer import AcknowledgedProducer
from adapters.kafka.records import Outgoing
from adapters.metrics import Metrics
from game.events import ModelSwitched
from game.payloads import ModelSwitchedData
from models.bundle import Champion
from models.clock import Now
from models.lineup import Lineup
from streaming.roster import Roster, Standing

LOGGER = logging.getLogger("midround.stream")
NAMESPACE = UUID("0d3b7c52-7f0e-5a8b-9d51-6a4f2c9e1b70")
SOURCE = "champion"
LOOK_S, FLUSH_S = 0.5, 2.0
LIVE = timedelta(minutes=10)
"""A match whose last record is older is no longer running, or is being read from far behind: it is not switched."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=1)
"""The wait before an event that was not read back is sent again; doubled each time."""


class Sent(Struct, frozen=True, kw_only=True):
    """An event that was sent but not yet read back."""

    event_id: str
    again_at: datetime
    wait: timedelta


class Switcher:
    """Decides which events are due, each again only after a wait. For one thread."""

    def __init__(self) -> None:
        self._sent: dict[str, Sent] = {}

    def due(self, roster: Roster, champion: Champion, *, version: str, now: datetime) -> list[ModelSwitched]:
        """One event for each running match whose model is not the champion, unless it was sent recently."""
        behind = {k: s for k, s in roster.copy().items() if _is_behind(s, champion, now)}
        self._sent = {k: sent for k, sent in self._sent.items() if k in behind}
        events = [switch(match_id, s, champion, version=version) for match_id, s in behind.items()]
        return [event for event in events if self._is_due(event, now)]

    def sent(self, event: ModelSwitched, now: datetime) -> None:
        """Record that the broker has acknowledged `event`."""
        known = self._sent.get(event.match_id)
        is_again = known is not None and known.event_id == event.event_id
        wait = min(known.wait * 2, LONGEST_WAIT) if known is not None and is_again else FIRST_WAIT
        self._sent[event.match_id] = Sent(event_id=event.event_id, again_at=now + wait, wait=wait)

    def _is_due(self, event: ModelSwitched, now: datetime) -> bool:
        known = self._sent.get(event.match_id)
        return known is None or known.event_id != event.event_id or now >= known.again_at


def switch(match_id: str, standing: Standing, champion: Champion, *, version: str) -> ModelSwitched:
    """The event that switches a match to `champion`, whose model is called `version`."""
    assert standing.last_ts is not None
    return ModelSwitched(
        event_id=str(uuid5(NAMESPACE, f"{match_id}/{champion.hash}/{champion.since}")),
        match_id=match_id,
        ts_event=standing.last_ts,
        source=SOURCE,
        payload=ModelSwitchedData(model_version=version, model_hash=champion.hash),
    )


def _is_behind(standing: Standing, champion: Champion, now: datetime) -> bool:
    is_playing = not standing.is_over and standing.last_ts is not None and standing.model_hash is not None
    return is_playing and standing.model_hash != champion.hash and now - standing.appended_at <= LIVE


class Producer(Protocol):
    """A producer that appends to the log and reports whether the broker has acknowledged it."""

    def send(self, record: Outgoing) -> None: ...
    def flush_blocking(self, *, timeout_s: float = ...) -> None: ...
    def close(self) -> None: ...


class Lookout:
    """Checks for a new champion on a thread of its own and appends the switches, until it is closed.

    `producer` makes the producer; its argument is an event that is set when the lookout closes.
    """

    def __init__(
        self,
        lineup: Lineup,
        roster: Roster,
        *,
        producer: Callable[[threading.Event], Producer],
        measured: Metrics,
        now: Now,
        look_s: float = LOOK_S,
    ) -> None:
        self._lineup = lineup
        self._roster = roster
        self._open = producer
        self._producer: Producer | None = None
        self._measured = measured
        self._now = now
        self._look_s = look_s
        self._switcher = Switcher()
        self._told: tuple[str, ...] = ()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="champion", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stop the thread, then close the producer."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._producer is not None:
            self._producer.close()

    def look(self) -> None:
        """One check: load a new champion, then append the events that are due. The thread survives any error here."""
        self._lineup.look(self._now())
        self._complain(self._lineup.problems)
        now = self._now()
        champion = self._lineup.champion(now)
        predictor = None if champion is None else self._lineup.find(champion.hash)
        if champion is None or predictor is None:
            return
        due = self._switcher.due(self._roster, champion, version=predictor.model_version, now=now)
        if due:
            self._append(due)

    def _run(self) -> None:
        while not self._closing.wait(self._look_s):
            try:
                self.look()
            except Exception:
                self._measured.error("champion").inc()
                LOGGER.exception("the champion could not be looked at")

    def _complain(self, problems: tuple[str, ...]) -> None:
        """Count and log the problems once for as long as they stay the same."""
        if problems and problems != self._told:
            self._measured.error("champion").inc()
            LOGGER.error("the champion in use is kept: %s", "; ".join(problems))
        self._told = problems

    def _append(self, events: list[ModelSwitched]) -> None:
        """Send the events one by one, so that exactly the acknowledged ones count as sent. An event for which the
        producer has no room does not block the others."""
        missed: BrokerError | None = None
        for event in events:
            try:
                self._send(event)
            except BacklogError as error:
                missed = error
            except BrokerError as error:
                missed = error
                break
        if missed is not None:
            self._measured.error("champion").inc()
            LOGGER.warning("matches are not switched yet: %s", missed)

    def _send(self, event: ModelSwitched) -> None:
        self._producer = self._producer or self._open(self._closing)
        self._producer.send(raw_record(event, self._now()))
        self._producer.flush_blocking(timeout_s=FLUSH_S)
        self._switcher.sent(event, self._now())
        self._measured.ingestion_events.labels("model_switched").inc()
        LOGGER.info("switched to %s", event.payload.model_version, extra={"match_id": event.match_id})


def lookout(
    connection: Connection, lineup: Lineup, roster: Roster, *, measured: Metrics, now: Now
) -> Lookout:
    """The lookout for the broker of `connection`. Its producer is created at the first switch."""

    def producer(stopping: threading.Event) -> AcknowledgedProducer:
        return AcknowledgedProducer(connection, stopping=stopping)

    return Lookout(lineup, roster, producer=producer, measured=measured, now=now)
