"""Names of the topics, records as read and written, and the partition of a key.

Belongs here: plain data types. Does not belong here: clients, events.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from game.codec import LATEST_YEAR

RAW = "raw-game-events"
PROCESSED = "processed-game-events"
DEAD_LETTERS = "raw-game-events-dlq"
STATE = "match-state"
PREDICTIONS = "predictions"
SHADOW = "shadow-predictions"
TOPICS = (RAW, PROCESSED, DEAD_LETTERS, STATE, PREDICTIONS, SHADOW)

NO_HEADERS: Mapping[str, bytes] = {}


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One message as the broker holds it."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: Mapping[str, bytes]
    timestamp_ms: int

    @property
    def appended_at(self) -> datetime:
        """When the record was appended, by its Kafka timestamp. A producer may send any number, so it is clamped to
        plausible years."""
        return datetime.fromtimestamp(min(max(self.timestamp_ms, 0), _LATEST_MS) / 1000, UTC)


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """One message to be written; messages with the same key keep their order."""

    topic: str
    key: bytes
    value: bytes
    headers: Mapping[str, bytes] = NO_HEADERS

    @property
    def size_bytes(self) -> int:
        """Bytes on the wire, including the overhead of a batch with a single record."""
        bare = len(self.key) + len(self.value) + _FRAME_BYTES
        if not self.headers:
            return bare
        return bare + sum(len(name) + len(value) + 4 for name, value in self.headers.items())


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """Where the broker put a message."""

    topic: str
    partition: int
    offset: int


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Offsets `first_missing` to `resumed_at - 1`, which the broker dropped before they were read."""

    topic: str
    partition: int
    first_missing: int
    resumed_at: int


_LATEST_MS = int(datetime(LATEST_YEAR, 12, 31, tzinfo=UTC).timestamp() * 1000)
_FRAME_BYTES = 96
_SEED = 0x9747B28C
_MIX = 0x5BD1E995
_WORD = 0xFFFFFFFF


@lru_cache(maxsize=8192)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition of `key` among `partitions`: Kafka's default partitioner (murmur2), the same in Java and in
    librdkafka.

    Raises ValueError if `partitions` is below 1.
    """
    if partitions < 1:
        raise ValueError(f"a topic has at least one partition, not {partitions}")
    return (_murmur2(key) & 0x7FFFFFFF) % partitions


def _murmur2(data: bytes) -> int:
    """MurmurHash2, 32 bits, with Kafka's seed (org.apache.kafka.common.utils.Utils.murmur2)."""
    whole = len(data) & ~3
    digest = (_SEED ^ len(data)) & _WORD
    for start in range(0, whole, 4):
        word = int.from_bytes(data[start : start + 4], "little") * _MIX & _WORD
        word = (word ^ (word >> 24)) * _MIX & _WORD
        digest = (digest * _MIX & _WORD) ^ word
    if tail := data[whole:]:
        digest = (digest ^ int.from_bytes(tail, "little")) * _MIX & _WORD
    digest = (digest ^ (digest >> 13)) * _MIX & _WORD
    return digest ^ (digest >> 15)
