"""The intake's interface to the broker, and its implementation for Kafka, which connects once the broker is available.

Belongs here: acknowledgement, and problems while it is impossible. Does not belong here: requests.
"""

import asyncio
import contextlib
import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence

from adapters.kafka.connection import BacklogError, BrokerError, Connection, DeliveryError, OversizedError
from adapters.kafka.producer import AcknowledgedProducer
from adapters.kafka.records import RAW, Outgoing
from adapters.kafka.topics import check_topics
from api.problems import Problem, problem

LOGGER = logging.getLogger("midround.intake")
RETRY_S = 0.2
CHECK_EVERY_S = 1.0
CHECK_TIMEOUT_S = 2.0


class Broker(ABC):
    """Takes records and returns when they are persisted."""

    @abstractmethod
    async def acknowledged(self, records: Sequence[Outgoing], *, timeout_s: float) -> None:
        """Return once all of `records` are acknowledged, in order. Raises BrokerError; some may have been persisted
        then."""

    @abstractmethod
    async def trouble(self) -> str | None:
        """Return why records cannot be taken now, or None."""

    @property
    @abstractmethod
    def in_flight(self) -> int:
        """Records sent but not acknowledged yet."""


class KafkaBroker(Broker):
    """Kafka through an acknowledging producer. `connect` retries until it has one; until then records are refused."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._producer: AcknowledgedProducer | None = None
        self._stopping = threading.Event()
        self._trouble: str | None = "not connected yet"
        self._checked_at = float("-inf")
        self._checking = asyncio.Lock()

    @property
    def in_flight(self) -> int:
        return 0 if self._producer is None else self._producer.in_flight

    async def connect(self) -> None:
        while self._producer is None:
            try:
                self._producer = await asyncio.to_thread(
                    AcknowledgedProducer, self._connection, stopping=self._stopping
                )
            except BrokerError as error:
                self._trouble = str(error)
                LOGGER.warning("waiting for the broker: %s", error, extra={"awaits": "broker"})
                await asyncio.sleep(RETRY_S)

    async def acknowledged(self, records: Sequence[Outgoing], *, timeout_s: float) -> None:
        if self._producer is None:
            raise BrokerError(self._trouble)
        await self._producer.acknowledged(records, timeout_s=timeout_s)

    async def trouble(self) -> str | None:
        """Query the broker's topics, at most once per `CHECK_EVERY_S`."""
        async with self._checking:
            if self._producer is not None and time.monotonic() - self._checked_at > CHECK_EVERY_S:
                self._trouble = await asyncio.to_thread(self._ask)
                self._checked_at = time.monotonic()
        return self._trouble

    async def close(self) -> None:
        self._stopping.set()
        if self._producer is not None:
            with contextlib.suppress(BrokerError):
                await asyncio.to_thread(self._producer.close)

    def _ask(self) -> str | None:
        try:
            check_topics(self._connection, (RAW,), timeout_s=CHECK_TIMEOUT_S, stopping=self._stopping)
        except BrokerError as error:
            return str(error)
        return None


def refusal(error: BrokerError, *, retry_after_s: int) -> Problem:
    """Return the problem for a client whose records the broker did not take."""
    match error:
        case OversizedError():
            return problem(413, "too-large", field="$", reason=error.reason)
        case BacklogError():
            return problem(429, "backlog", field="$", reason=error.reason, retry_after_s=retry_after_s)
        case DeliveryError():
            return problem(503, "broker-away", field="$", reason=error.reason, retry_after_s=retry_after_s)
        case _:
            return problem(503, "broker-away", field="$", reason=str(error), retry_after_s=retry_after_s)
