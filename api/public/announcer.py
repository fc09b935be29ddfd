"""Writes announcements of clients to the log of raw events, as events like any other.

Belongs here: the interface, and its Kafka implementation, which connects at the first announcement. Does not belong
here: what is announced (`announcements`), events of game servers, which arrive through the intake.
"""

import asyncio
import contextlib
import logging
import threading

from adapters.kafka.appending import raw_record
from adapters.kafka.connection import BrokerError, Connection
from adapters.kafka.producer import AcknowledgedProducer
from api.problems import ProblemError, problem
from game.events import AnyEvent

LOGGER = logging.getLogger("midround.public")
WITHIN_S = 5.0
"""Timeout in seconds of an announcement, including opening the producer."""


class Announcer:
    """The announcer without a log: it refuses every announcement."""

    async def announce(self, event: AnyEvent) -> None:
        """Return once the log has acknowledged the event. Raises a 503 problem; the event may or may not have been
        written then."""
        raise away("no broker is configured")

    async def close(self) -> None:
        """Close the connection to the log."""


class KafkaAnnouncer(Announcer):
    """Announces on the topic of raw events."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._opening: asyncio.Task[AcknowledgedProducer] | None = None
        self._stopping = threading.Event()

    async def announce(self, event: AnyEvent) -> None:
        try:
            async with asyncio.timeout(WITHIN_S):
                producer = await asyncio.shield(self._opened())
                await producer.acknowledged([raw_record(event, event.ts_event)], timeout_s=WITHIN_S)
        except (BrokerError, TimeoutError) as error:
            LOGGER.warning("an announcement was not taken: %s", str(error) or f"not within {WITHIN_S:g} s")
            raise away("the log does not take events now") from error

    async def close(self) -> None:
        self._stopping.set()
        if self._opening is not None:
            with contextlib.suppress(BrokerError):
                await asyncio.to_thread((await self._opening).close)

    def _opened(self) -> "asyncio.Task[AcknowledgedProducer]":
        """Return the task that opens the producer, shared by all waiting calls. It may outlast them; a call after its
        failure starts a new attempt."""
        if self._opening is None or (self._opening.done() and self._opening.exception() is not None):
            opening = asyncio.to_thread(AcknowledgedProducer, self._connection, stopping=self._stopping)
            self._opening = asyncio.create_task(opening)
        return self._opening


def away(reason: str) -> ProblemError:
    return ProblemError(problem(503, "broker-away", field="$", reason=reason, retry_after_s=1))
