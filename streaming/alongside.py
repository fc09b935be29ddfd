"""The loop of a process beside the stream: follows a topic from its end, appends to another, restarts after broker
errors.

Belongs here: opening, closing, restarting, reporting lost messages. Does not belong here: what is read and written
(`streaming.ticking`, `streaming.shadowing`).
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Final

from adapters.kafka.connection import BrokerError, Connection, DeliveryError
from adapters.kafka.producer import AcknowledgedProducer
from adapters.kafka.tail import Tail
from adapters.metrics import Metrics

LOGGER = logging.getLogger("midround.alongside")
LOST: Final = "lost_message"
PAUSE_S = 0.1
GIVEN_UP_AFTER_S = 0.5
SOUND_AFTER_S = 5.0
"""Seconds of work after which a failure counts as a new one, even if its message is the same."""


def follow(
    connection: Connection,
    topic: str,
    *,
    gathers_s: float,
    stopping: threading.Event,
    ready: threading.Event,
    measured: Metrics,
    work: Callable[[Tail, AcknowledgedProducer], None],
) -> None:
    """Run `work` with a tail and a producer until `stopping` is set; it returns soon after that. `ready` is set while
    it works. Each error is counted; a repeated error is logged again only if the work ran for a while in between."""
    told, lost = "", Lost(measured)
    while not stopping.is_set():
        sound_at_s = math.inf
        try:
            with (
                closing(Tail(connection, (topic,), gathers_s=gathers_s, stopping=stopping)) as tail,
                _producing(connection, stopping, lost) as producer,
            ):
                ready.set()
                sound_at_s = time.monotonic() + SOUND_AFTER_S
                work(tail, producer)
        except BrokerError as error:
            ready.clear()
            measured.error("broker_away").inc()
            if str(error) != told or time.monotonic() >= sound_at_s:
                LOGGER.warning("waiting for the broker: %s", error)
            told = str(error)
            stopping.wait(PAUSE_S)


class Lost:
    """Counts each message that was sent but not acknowledged. Logs each reason once, and again after a while without
    it. Called by one producer after the other, each from one thread."""

    def __init__(self, measured: Metrics) -> None:
        self._counted = measured.error(LOST)
        self._last_s: dict[str, float] = {}

    def __call__(self, error: DeliveryError) -> None:
        self._counted.inc()
        now_s = time.monotonic()
        if now_s - self._last_s.get(error.reason, -math.inf) >= SOUND_AFTER_S:
            LOGGER.warning("lost, and maybe more: %s", error)
        self._last_s[error.reason] = now_s


@contextmanager
def _producing(
    connection: Connection, stopping: threading.Event, lost: Lost
) -> Iterator[AcknowledgedProducer]:
    """A producer that is closed almost without waiting: late messages have no value."""
    producer = AcknowledgedProducer(connection, on_lost=lost, stopping=stopping)
    try:
        yield producer
    finally:
        producer.close(timeout_s=GIVEN_UP_AFTER_S)
