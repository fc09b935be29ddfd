"""Pacing of producers on the embedded broker, which drops messages that do not fit. Off on a real Kafka.

Belongs here: how much a producer may have unread. Does not belong here: sending (`producer`), dropping (`retention`).

The broker keeps 5 MiB or 100,000 batches per partition, read or not. A producer counts the bytes that it wrote to a
partition and that the slowest durable reader has not committed yet, and reports no room above a share of the limit.
Readers are named by `Connection.readers`; a reader that never committed counts as having read nothing. Messages of
other producers are known by offset only, as of the last query, and are counted at this producer's mean size.

A partition that the stream publishes to, dead letters too, has one writer, and a new writer queries before it writes.
The shadow has a topic of its own, which no producer waits for. Only the topics in `SEVERAL_WRITE` have several writers:
the log of raw events receives the intake's events, ticks, model switches, announcements and amendments, and only the
intake's are many. There no producer sends more than `UNSEEN_BYTES_MAX` unseen by the others, including its messages in
flight, before it queries again. Of k producers, the last one to query counted everything that the others did not hide
then and stops at `UNREAD_BYTES_MAX`; each other one hides at most `UNSEEN_BYTES_MAX`. Together they leave unread at
most

    c UNREAD_BYTES_MAX + (k - 1) UNSEEN_BYTES_MAX

where c is the average size of others' messages relative to one's own: for c = 1, 3.75 MiB with two producers and 4.5
MiB with three.
"""

import math
import threading
from collections import deque
from collections.abc import Callable
from itertools import islice

from confluent_kafka import KafkaException, TopicPartition

from adapters.kafka.connection import LOGGER, Connection
from adapters.kafka.reading import consumer
from adapters.kafka.records import RAW

UNREAD_BYTES_MAX = 3 * 1024 * 1024
UNREAD_MESSAGES_MAX = 50_000
UNSEEN_BYTES_MAX = UNREAD_BYTES_MAX // 4
"""Larger than any message of the intake."""
SEVERAL_WRITE = frozenset({RAW})

_GUESSED_BYTES = 1024
_ANSWER_S = 2.0


class Ledger:
    """The unread messages of one partition, as far as one producer can tell. Pure bookkeeping, safe from several
    threads.

    It is not told of arrivals: a sent message counts until the readers are known to be past it.
    """

    def __init__(self, *, unseen_bytes_max: float = math.inf) -> None:
        self._lock = threading.Lock()
        self._unseen_bytes_max = unseen_bytes_max
        self._room_bytes = 0.0
        """The bytes that may be sent before the readers must be queried again."""
        self.is_known = False
        self.sent_ever = 0
        self._own: deque[int] = deque()
        """The size of each own message that may be unread, oldest first."""
        self._own_bytes = 0
        self._foreign = 0
        self._foreign_bytes = 0

    def sent(self, size_bytes: int) -> None:
        """Record that a message of `size_bytes` was sent."""
        with self._lock:
            self.sent_ever += 1
            self._own.append(size_bytes)
            self._own_bytes += size_bytes
            self._room_bytes -= size_bytes

    def advance(self, *, read_to: int, end: int, under_way: int, sent_before: int) -> None:
        """Record a query: the slowest durable reader needs nothing below `read_to`, and the partition ends at `end`.
        Beyond the end come at most `under_way` of the first `sent_before` own messages, and all later ones. Unread
        messages that are not among the newest own ones belong to other producers."""
        with self._lock:
            under_way += self.sent_ever - sent_before
            unread = max(0, end - read_to) + under_way
            while len(self._own) > unread:
                self._own_bytes -= self._own.popleft()
            own = len(self._own)
            self.is_known = True
            self._foreign = unread - own
            self._foreign_bytes = self._foreign * (self._own_bytes // own if own else _GUESSED_BYTES)
            unseen_bytes = sum(islice(reversed(self._own), under_way))
            left_unseen = self._unseen_bytes_max - unseen_bytes
            self._room_bytes = min(UNREAD_BYTES_MAX - self.unread_bytes, left_unseen)

    @property
    def unread_messages(self) -> int:
        return self._foreign + len(self._own)

    @property
    def unread_bytes(self) -> int:
        return self._foreign_bytes + self._own_bytes

    def has_room(self, size_bytes: int) -> bool:
        """Whether `size_bytes` more fit; a partition without unread messages takes any size."""
        fits = size_bytes <= self._room_bytes and self.unread_messages < UNREAD_MESSAGES_MAX
        return fits or (self.is_known and self.unread_messages == 0)


class Pacing:
    """The ledgers of one producer, and the offsets of their readers. Safe from several threads.

    `in_flight` returns how many messages of the producer may not have arrived yet.
    """

    def __init__(self, connection: Connection, *, in_flight: Callable[[], int]) -> None:
        self._in_flight = in_flight
        self._readers = connection.readers
        groups = {group for of_topic in connection.readers.values() for group in of_topic}
        # One client per group and no admin client: an admin client ends the process if the broker goes away.
        self._asked = {group: consumer(connection, group) for group in groups}
        self._ledgers: dict[tuple[str, int], Ledger] = {}

    def ledger(self, topic: str, partition: int) -> Ledger | None:
        """The ledger of this partition; None if producers wait for no readers of `topic`. Does not query; `refresh`
        does."""
        place = (topic, partition)
        found = self._ledgers.get(place)
        if found is None and topic in self._readers:
            unseen_bytes_max = UNSEEN_BYTES_MAX if topic in SEVERAL_WRITE else math.inf
            return self._ledgers.setdefault(place, Ledger(unseen_bytes_max=unseen_bytes_max))
        return found

    def refresh(self, topic: str, partition: int) -> None:
        """Query the readers' offsets; blocks for some tenths of a millisecond. Keeps the old values while the broker is
        away."""
        ledger = self.ledger(topic, partition)
        if ledger is None:
            return
        groups, place = self._readers[topic], TopicPartition(topic, partition)
        sent_before, in_flight = ledger.sent_ever, self._in_flight()
        try:
            read_to = min(self._committed(group, place) for group in groups)
            _, end = self._asked[groups[0]].get_watermark_offsets(place, timeout=_ANSWER_S)
        except KafkaException as error:
            LOGGER.warning("cannot ask for the readers of %s: %s", topic, error)
            return
        ledger.advance(read_to=read_to, end=end, under_way=in_flight, sent_before=sent_before)

    def reason(self, topic: str, ledger: Ledger) -> str:
        """A readable text of which readers are waited for."""
        unread = f"{ledger.unread_messages} messages, about {ledger.unread_bytes} bytes"
        return f"{unread} are under way or not read yet by the slowest of {', '.join(self._readers[topic])}"

    def _committed(self, group: str, place: TopicPartition) -> int:
        """The next offset that the group wants; 0 if it never committed."""
        (found,) = self._asked[group].committed([place], timeout=_ANSWER_S)
        return max(0, found.offset)
