"""Pacing of producers on the embedded broker, which forgets what does not fit. Off on a real Kafka.

The broker keeps 5 MiB or 100,000 batches a partition, read or not. A producer counts what it has put into a partition
that the slowest durable reader has not committed yet, and finds no room above a share of that. Readers are named by
`Connection.readers`; one that never committed counts as having read nothing. What other producers wrote is known by
offset only, as of the last look at the broker, and counted at this producer's mean size.

What the stream publishes, dead letters too, has one writer a partition, and one that begins anew looks before it
writes; the shadow has a topic of its own, which nobody waits for. Only `SEVERAL_WRITE` have more: into the log of raw
events go the intake's, ticks, switches of the model, announcements and amendments, of which the intake's alone are
many. There nobody sends more than `UNSEEN_BYTES_MAX` unseen by the others, what is under way included, before he looks
again. Of k producers the one that looked last counted all that the others did not hide then, and goes no further than
`UNREAD_BYTES_MAX`; each other one hides at most `UNSEEN_BYTES_MAX`. Together they leave unread at most

    c UNREAD_BYTES_MAX + (k - 1) UNSEEN_BYTES_MAX

where others' messages are on average c times as large as one's own: for c = 1 3.75 MiB of two and 4.5 MiB of three.
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
"""More than any message of the intake has."""
SEVERAL_WRITE = frozenset({RAW})

_GUESSED_BYTES = 1024
_ANSWER_S = 2.0


class Ledger:
    """What one partition holds unread, as far as one producer can tell. Pure bookkeeping, safe from several threads.

    Nobody tells it what has arrived: what was sent counts until the readers are known to be past it.
    """

    def __init__(self, *, unseen_bytes_max: float = math.inf) -> None:
        self._lock = threading.Lock()
        self._unseen_bytes_max = unseen_bytes_max
        self._room_bytes = 0.0
        """What may be sent before the readers are asked for again."""
        self.is_known = False
        self.sent_ever = 0
        self._own: deque[int] = deque()
        """Bytes of each own message that may be unread, the oldest first."""
        self._own_bytes = 0
        self._foreign = 0
        self._foreign_bytes = 0

    def sent(self, size_bytes: int) -> None:
        """A message of `size_bytes` is on its way."""
        with self._lock:
            self.sent_ever += 1
            self._own.append(size_bytes)
            self._own_bytes += size_bytes
            self._room_bytes -= size_bytes

    def advance(self, *, read_to: int, end: int, under_way: int, sent_before: int) -> None:
        """The slowest durable reader needs nothing below `read_to`; the partition ends at `end`. Behind that come at
        most `under_way` of the first `sent_before` own messages, and all later ones. What is none of the newest own is
        of others."""
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
        """Whether `size_bytes` more fit; into a partition without unread messages anything does."""
        fits = size_bytes <= self._room_bytes and self.unread_messages < UNREAD_MESSAGES_MAX
        return fits or (self.is_known and self.unread_messages == 0)


class Pacing:
    """The ledgers of one producer, and where their readers are. Safe from several threads.

    `in_flight` says how many messages of the producer may not have arrived yet.
    """

    def __init__(self, connection: Connection, *, in_flight: Callable[[], int]) -> None:
        self._in_flight = in_flight
        self._readers = connection.readers
        groups = {group for of_topic in connection.readers.values() for group in of_topic}
        # A client for each group, and no admin client: that one ends the process where the broker goes away.
        self._asked = {group: consumer(connection, group) for group in groups}
        self._ledgers: dict[tuple[str, int], Ledger] = {}

    def ledger(self, topic: str, partition: int) -> Ledger | None:
        """Of this partition; None where nobody waits for readers of `topic`. Asks nobody; `refresh` does."""
        place = (topic, partition)
        found = self._ledgers.get(place)
        if found is None and topic in self._readers:
            unseen_bytes_max = UNSEEN_BYTES_MAX if topic in SEVERAL_WRITE else math.inf
            return self._ledgers.setdefault(place, Ledger(unseen_bytes_max=unseen_bytes_max))
        return found

    def refresh(self, topic: str, partition: int) -> None:
        """Ask the broker how far the readers are; blocks for some tenths of a millisecond. Keeps what it knew
        while the broker is away."""
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
        """Who is waited for, for a person."""
        unread = f"{ledger.unread_messages} messages, about {ledger.unread_bytes} bytes"
        return f"{unread} are under way or not read yet by the slowest of {', '.join(self._readers[topic])}"

    def _committed(self, group: str, place: TopicPartition) -> int:
        """The next offset that the group wants; 0 where it never committed."""
        (found,) = self._asked[group].committed([place], timeout=_ANSWER_S)
        return max(0, found.offset)
