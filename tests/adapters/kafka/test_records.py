"""The partition of a key is Kafka's, everywhere; sizes are never below what goes over the wire."""

import ctypes
from pathlib import Path

import confluent_kafka
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.kafka.records import TOPICS, Outgoing, Record, partition_of
from game.codec import LATEST_YEAR

KEYS = st.binary(max_size=80)
COUNTS = st.integers(1, 1024)


def librdkafka_partition(key: bytes, partitions: int) -> int:
    """What librdkafka's own `murmur2` partitioner says, which is Java's."""
    folder = Path(confluent_kafka.__file__).parent.parent / "confluent_kafka.libs"
    function = ctypes.CDLL(str(next(folder.glob("librdkafka-*.so*")))).rd_kafka_msg_partitioner_murmur2
    pointer = ctypes.c_void_p
    function.argtypes = [pointer, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int32, pointer, pointer]
    function.restype = ctypes.c_int32
    return int(function(None, key, len(key), partitions, None, None))


@given(KEYS, COUNTS)
def test_the_partition_is_librdkafkas(key: bytes, partitions: int) -> None:
    assert partition_of(key, partitions) == librdkafka_partition(key, partitions)


@given(KEYS, COUNTS)
def test_the_partition_is_one_of_them_and_always_the_same(key: bytes, partitions: int) -> None:
    found = partition_of(key, partitions)
    assert 0 <= found < partitions
    partition_of.cache_clear()
    assert partition_of(key, partitions) == found


def test_the_partition_is_javas() -> None:
    """Digests of Kafka's own UtilsTest (murmur2), as partitions of 2**31 - 1 after toPositive."""
    known = {
        b"21": -973932308,
        b"foobar": -790332482,
        b"a-little-bit-long-string": -985981536,
        b"abc": 479470107,
    }
    assert {key: partition_of(key, 2**31 - 1) for key in known} == {
        key: (digest & 0x7FFFFFFF) % (2**31 - 1) for key, digest in known.items()
    }


def test_matches_spread_over_the_partitions() -> None:
    counts = [0] * 8
    for number in range(4000):
        counts[partition_of(f"match-{number}".encode(), 8)] += 1
    assert min(counts) > 400


@pytest.mark.parametrize("partitions", [0, -1])
def test_no_partition_is_an_error(partitions: int) -> None:
    with pytest.raises(ValueError, match="at least one partition"):
        partition_of(b"k", partitions)


@given(KEYS, st.binary(max_size=200), st.dictionaries(st.text(max_size=5), st.binary(max_size=9), max_size=3))
def test_a_size_covers_everything_that_is_sent(key: bytes, value: bytes, headers: dict[str, bytes]) -> None:
    sent = len(key) + len(value) + sum(len(name) + len(held) for name, held in headers.items())
    assert Outgoing(topic=TOPICS[0], key=key, value=value, headers=headers).size_bytes > sent


@given(st.integers(-(2**63), 2**63))
def test_any_time_of_a_record_is_a_moment_within_the_years_of_matches(timestamp_ms: int) -> None:
    record = Record(
        topic="t", partition=0, offset=0, key=b"", value=b"", headers={}, timestamp_ms=timestamp_ms
    )
    assert 1970 <= record.appended_at.year <= LATEST_YEAR
    if 0 <= timestamp_ms <= 2**40:
        assert round(record.appended_at.timestamp() * 1000) == timestamp_ms
