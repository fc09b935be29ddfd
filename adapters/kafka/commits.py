"""Counts and logs asynchronous commits that the broker did not accept.

Belongs here: observing their results. Does not belong here: committing, and retrying (`streaming.shared_reader`).
"""

from collections.abc import Callable, Sequence

from confluent_kafka import KafkaError, TopicPartition

from adapters.kafka.connection import LOGGER


class Commits:
    """The `on_commit` callback of a consumer, called as it is polled. `on_failed` is called for each commit that
    failed, even if only for one partition; a failure is logged once for as long as the reason stays the same. For one
    thread."""

    def __init__(self, on_failed: Callable[[], object] | None = None) -> None:
        self._on_failed = on_failed
        self._told = ""

    def __call__(self, error: KafkaError | None, places: Sequence[TopicPartition]) -> None:
        failure = error or next((place.error for place in places if place.error is not None), None)
        reason = "" if failure is None else failure.name()
        if failure is not None and self._on_failed is not None:
            self._on_failed()
        if failure is not None and reason != self._told:
            LOGGER.warning("offsets are not committed: %s: %s", reason, failure.str())
        self._told = reason
