"""A group's committed offsets in a topic and the topic's end, queried repeatedly through clients that stay open.

Belongs here: the queries. Does not belong here: conclusions from the answers, a single query (`reading.consumer_lag`).
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
    """Offsets of one partition: the group needs nothing below `done`; `end` is the next offset to be written."""

    done: int
    end: int


class HeadwayOf:
    """The headway of one group in one topic. For one thread at a time; stops querying soon after `stopping` is set."""

    def __init__(self, connection: Connection, group: str, *, topic: str, stopping: threading.Event) -> None:
        self._topic, self._stopping = topic, stopping
        self._admin = admin(connection)
        # A consumer of the group: an admin client of librdkafka 2 ends the process if the coordinator has moved.
        self._group = consumer(connection, group)

    def ask(self) -> Mapping[int, Headway]:
        """The headway by partition; empty while the topic does not exist. Raises BrokerError, KafkaException."""
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
