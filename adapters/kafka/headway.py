"""How far a group has come in a topic, and where that ends: asked again and again, through clients that stay open.

Belongs here: asking. Does not belong here: what follows from the answers, asking once (`reading.consumer_lag`).
"""

import threading
from collections.abc import Mapping

import msgspec
from confluent_kafka import TopicPartition

from adapters.kafka.connection import Connection
from adapters.kafka.reading import bounds, committed, consumer
from adapters.kafka.topics import admin, metadata

_ANSWER_S = 2.0


class Headway(msgspec.Struct, frozen=True, kw_only=True):
    """Offsets of one partition: the group needs nothing below `done`, and nothing is written yet from `end` on."""

    done: int
    end: int


class HeadwayOf:
    """Of one group in one topic. For one thread at a time; asks soon after `stopping` is set no more."""

    def __init__(self, connection: Connection, group: str, *, topic: str, stopping: threading.Event) -> None:
        self._topic, self._stopping = topic, stopping
        self._admin = admin(connection)
        # A client of the group's: an admin client of librdkafka 2 ends the process where the coordinator has moved.
        self._group = consumer(connection, group)

    def ask(self) -> Mapping[int, Headway]:
        """By partition; empty while there is no such topic. Raises BrokerError, KafkaException."""
        known = metadata(self._admin, _ANSWER_S, stopping=self._stopping).topics.get(self._topic)
        places = [(self._topic, number) for number in (known.partitions if known is not None else ())]
        if not places:
            return {}
        asked = [TopicPartition(*place) for place in places]
        done = {
            each.partition: each.offset for each in committed(self._group, asked, stopping=self._stopping)
        }
        marks = bounds(self._admin, places, stopping=self._stopping)
        return {
            number: Headway(done=max(done[number], low), end=high)
            for (_, number), (low, high) in marks.items()
        }

    def close(self) -> None:
        self._group.close()
