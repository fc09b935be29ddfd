"""Counts and logs a message that its reader cannot decode, so that the reader can continue.

Belongs here: reporting it in the same way for every reader. Does not belong here: what makes it unreadable
(`game.codec.UNREADABLE`), keeping it as a dead letter (`streaming.rows`).
"""

import logging
from typing import Final

from adapters.kafka.records import Record
from adapters.metrics import Metrics

KIND: Final = "unreadable_message"


def pass_over(record: Record, why: object, *, measured: Metrics, logger: logging.Logger) -> None:
    """Count and log the record; `why` is the error, or its text."""
    measured.error(KIND).inc()
    place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
    logger.error("unreadable message: %s", why, extra=place)
