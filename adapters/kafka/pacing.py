"""Pacing of producers on the embedded broker, which forgets what does not fit. Off on a real Kafka.

The broker keeps 5 MiB or 100,000 batches a partition, read or not. A producer counts what it has put into a
partition that the slowest durable reader has not committed yet, and finds no room above a share of that.
Readers are named by `Connection.readers`; one that never committed counts as having read nothing. What other
producers wrote is known by offset only and counted at this producer's mean size: hence the wide margin.
"""

import threading
from collections import deque
from collections.abc import Mapping

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from adapters.kafka.connection import LOGGER, Connection
from adapters.kafka.reading import bounds
from adapters.kafka.topics import admin

UNREAD_BYTES_MAX = 3 * 1024 * 1024
UNREAD_MESSAGES_MAX = 50_000

_GUESSED_BYTES = 1024
_ANSWER_S = 2.0


class Ledger:
    """What one partition holds unread, as far as one producer can tell. Pure bookkeeping."""

    def __init__(self) -> None:
        self.is_known = False
        self.pending_bytes = 0
        self.pending_messages = 0
        self._own: deque[tuple[int, int]] = deque()
        self._own_bytes = 0
        self._end = 0
        self.read_to = 0

    def sent(self, size_bytes: int) -> None:
        """A message of `size_bytes` is on its way."""
        self.pending_bytes += size_bytes
        self.pending_messages += 1

    def settled(self, size_bytes: int, offset: int | None) -> None:
        """A message on its way arrived at `offset`, or failed (None)."""
        self.pending_bytes -= size_bytes
        self.pending_messages -= 1
        if offset is not None:
            self._own.append((offset, size_bytes))
            self._own_bytes += size_bytes
            self._end = max(self._end, offset + 1)

    def advance(self, *, read_to: int, end: int) -> None:
        """The slowest durable reader needs nothing below `read_to`; the partition ends at `end`."""
        self.is_known = True
        self.read_to = read_to
        self._end = max(self._end, end)
        while self._own and self._own[0][0] < read_to:
            self._own_bytes -= self._own.popleft()[1]

    @property
    def unread_messages(self) -> int:
        return max(0, self._end - self.read_to) + self.pending_messages

    @property
    def unread_bytes(self) -> int:
        own = len(self._own)
        mean = self._own_bytes // own if own else _GUESSED_BYTES
        foreign = max(0, self._end - self.read_to - own)
        return self._own_bytes + self.pending_bytes + foreign * mean

    def has_room(self, size_bytes: int) -> bool:
        """Whether `size_bytes` more fit; into a partition without unread messages anything does."""
        if not self.is_known:
            return False
        fits = self.unread_bytes + size_bytes <= UNREAD_BYTES_MAX
        return self.unread_messages == 0 or (fits and self.unread_messages < UNREAD_MESSAGES_MAX)


class Pacing:
    """The ledgers of one producer, and where their readers are. Safe from several threads.

    Only for topics that are paced, says `is_paced`; the sender asks it once a message.
    """

    def __init__(self, connection: Connection) -> None:
        self._readers = connection.readers
        self._admin: AdminClient | None = admin(connection) if connection.readers else None
        self._ledgers: dict[tuple[str, int], Ledger] = {}
        self._lock = threading.Lock()

    def is_paced(self, topic: str) -> bool:
        """Whether anybody waits for readers of `topic`."""
        return topic in self._readers

    def has_room(self, topic: str, *, partition: int, size_bytes: int) -> bool:
        """Whether the message may be sent now. Asks nobody; `refresh` does."""
        with self._lock:
            return self._ledger(topic, partition).has_room(size_bytes)

    def sent(self, topic: str, *, partition: int, size_bytes: int) -> None:
        with self._lock:
            self._ledger(topic, partition).sent(size_bytes)

    def settled(self, topic: str, *, partition: int, size_bytes: int, offset: int | None) -> None:
        with self._lock:
            self._ledger(topic, partition).settled(size_bytes, offset)

    def refresh(self, topic: str, partition: int) -> None:
        """Ask the broker how far the readers are; blocks for some tenths of a millisecond. Keeps what it knew
        while the broker is away."""
        if self._admin is None or topic not in self._readers:
            return
        try:
            committed = self._committed(self._admin, TopicPartition(topic, partition))
            _, end = bounds(self._admin, [(topic, partition)])[topic, partition]
        except KafkaException as error:
            LOGGER.warning("cannot ask for the readers of %s: %s", topic, error)
            return
        with self._lock:
            self._ledger(topic, partition).advance(read_to=min(committed.values()), end=end)

    def reason(self, topic: str, partition: int) -> str:
        """Who is waited for, for a person."""
        with self._lock:
            ledger = self._ledger(topic, partition)
            unread = f"{ledger.unread_messages} messages, about {ledger.unread_bytes} bytes"
        return f"{unread} are not read yet by the slowest of {', '.join(self._readers.get(topic, ()))}"

    def _ledger(self, topic: str, partition: int) -> Ledger:
        place = (topic, partition)
        found = self._ledgers.get(place)
        if found is None:
            found = self._ledgers[place] = Ledger()
        return found

    def _committed(self, client: AdminClient, place: TopicPartition) -> Mapping[str, int]:
        asked = {
            group: client.list_consumer_group_offsets(
                [ConsumerGroupTopicPartitions(group, [place])], request_timeout=_ANSWER_S
            )[group]
            for group in self._readers[place.topic]
        }
        answers = {group: future.result().topic_partitions[0].offset for group, future in asked.items()}
        return {group: max(0, offset) for group, offset in answers.items()}
