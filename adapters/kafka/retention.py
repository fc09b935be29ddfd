"""Drops messages from the embedded broker before it must: those that all readers have read, except the last `KEPT`.

Belongs here: which readers are waited for, and how much stays. Does not belong here: pacing of producers
(`adapters.kafka.pacing`), the broker itself (`adapters.embedded_broker`).

At every fetch of every reader, librdkafka's mock cluster searches for the offset from the beginning of the partition,
batch by batch: messages already read cost more processor time than everything else the broker does.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from confluent_kafka import Consumer, KafkaException, TopicPartition

from adapters.kafka.connection import FOLLOWERS, LOGGER, Connection
from adapters.kafka.reading import Place, consumer

PERIOD_S = 0.25
KEPT = 250
"""The messages of a partition that stay although all readers have read them: for readers that restart a little before
their last position, and for those that only watch."""
_ANSWER_S = 2.0


class Forget(Protocol):
    """Drops the messages of a partition below offset `before`."""

    def __call__(self, topic: str, partition: int, *, before: int) -> None: ...


class Retention:
    """Retention of the topics in `Connection.readers`. For one thread.

    A durable reader that never committed counts as having read nothing. A group of `FOLLOWERS` is waited for from its
    first commit on, even while it is away: messages that arrive meanwhile stay as long as the broker can keep them.
    """

    def __init__(self, connection: Connection, forget: Forget, *, partitions: int) -> None:
        self._readers = connection.readers
        self._places = [(topic, index) for topic in connection.readers for index in range(partitions)]
        durable = {group for groups in connection.readers.values() for group in groups}
        # One client per group and no admin client: an admin client ends the process if the coordinator goes away.
        self._asked = {group: consumer(connection, group) for group in durable | set(FOLLOWERS)}
        self._forget = forget
        self._forgotten: dict[Place, int] = {}

    def step(self) -> None:
        """Drop what can be dropped; blocks for some milliseconds. Drops nothing if the broker does not answer."""
        try:
            committed = {group: self._committed(client) for group, client in self._asked.items()}
        except KafkaException as error:
            LOGGER.warning("cannot ask who has read what: %s", error)
            return
        for place in self._places:
            before = read_by_all(place, committed, durable=self._readers[place[0]]) - KEPT
            if before > self._forgotten.get(place, 0):
                self._forget(*place, before=before)
                self._forgotten[place] = before

    def close(self) -> None:
        for client in self._asked.values():
            client.close()

    def _committed(self, client: Consumer) -> Mapping[Place, int]:
        found = client.committed([TopicPartition(*place) for place in self._places], timeout=_ANSWER_S)
        return {(at.topic, at.partition): at.offset for at in found if at.offset >= 0}


def read_by_all(place: Place, committed: Mapping[str, Mapping[Place, int]], *, durable: Iterable[str]) -> int:
    """The offset below which no reader needs anything; `committed` is by group."""
    waited_for = [committed[group].get(place, 0) for group in durable]
    followed = [committed[group][place] for group in FOLLOWERS if place in committed[group]]
    return min(waited_for + followed, default=0)
