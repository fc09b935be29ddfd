"""The way from the API into the log of raw events: for what clients announce, which is an event like any other.

Belongs here: the port, and Kafka behind it, connected at the first announcement. Does not belong here: what is
announced (`announcements`), game servers' events, which come through the intake.
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


class Announcer:
    """Has no log: every announcement is refused."""

    async def announce(self, event: AnyEvent) -> None:
        """Return once the log has the event. Raises a 503 problem, after which it may be there or not."""
        raise away("no broker is configured")

    async def close(self) -> None:
        """Nothing more is announced."""


class KafkaAnnouncer(Announcer):
    """Announces on the topic of raw events."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._producer: AcknowledgedProducer | None = None
        self._opening = asyncio.Lock()
        self._stopping = threading.Event()

    async def announce(self, event: AnyEvent) -> None:
        try:
            producer = await self._opened()
            await producer.acknowledged([raw_record(event, event.ts_event)], timeout_s=WITHIN_S)
        except BrokerError as error:
            LOGGER.warning("an announcement was not taken: %s", error)
            raise away("the log does not take events now") from error

    async def close(self) -> None:
        self._stopping.set()
        if self._producer is not None:
            with contextlib.suppress(BrokerError):
                await asyncio.to_thread(self._producer.close)

    async def _opened(self) -> AcknowledgedProducer:
        async with self._opening:
            if self._producer is None:
                self._producer = await asyncio.to_thread(
                    AcknowledgedProducer, self._connection, stopping=self._stopping
                )
        return self._producer


def away(reason: str) -> ProblemError:
    return ProblemError(problem(503, "broker-away", field="$", reason=reason, retry_after_s=1))
