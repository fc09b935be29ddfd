"""Functions that every reader of the broker needs: records from librdkafka's messages, watermarks, commits, lag.

Belongs here: stateless queries. Does not belong here: reading loops (`tail`, `streaming.shared_reader`).
"""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import ListOffsetsResultInfo, OffsetSpec

from adapters.kafka.commits import Commits
from adapters.kafka.connection import LOGGER, Connection, consumer_options, log_error
from adapters.kafka.records import Record
from adapters.kafka.topics import admin, check_topics
from adapters.kafka.waiting import StoppedError, answered, slices

Place = tuple[str, int]
LOST = frozenset({KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE})
"""Errors that mean that the next offset to read no longer exists."""

_ANSWER_S = 10.0
_NAP_S = 0.05
_LEADER_MOVES = {
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.OFFSET_NOT_AVAILABLE,
}
_COORDINATOR_MOVES = {
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError._WAIT_COORD,
    KafkaError._TIMED_OUT,
}


def consumer(
    connection: Connection, group: str, *, gathers_s: float = 0.0, commits: Commits | None = None
) -> Consumer:
    """A consumer with manual assignment that commits only when told to. `commits` is called with the result of each
    asynchronous commit."""
    options = consumer_options(connection, group, gathers_s=gathers_s)
    heard = {} if commits is None else {"on_commit": commits}
    return Consumer(options, error_cb=log_error, logger=LOGGER, **heard)


def record_of(message: Message) -> Record:
    """The record of a message without an error."""
    partition, offset = message.partition(), message.offset()
    return Record(
        topic=message.topic() or "",
        partition=-1 if partition is None else partition,
        offset=-1 if offset is None else offset,
        key=_bytes(message.key()),
        value=_bytes(message.value()),
        headers=_headers(message),
        timestamp_ms=message.timestamp()[1],
    )


def bounds(
    client: AdminClient, places: Iterable[Place], *, stopping: threading.Event | None = None
) -> Mapping[Place, tuple[int, int]]:
    """By place: the low watermark (first offset still available) and the high watermark (next offset to be written).

    Raises KafkaException; StoppedError soon after `stopping` is set.

    Asked through a separate client: behind a consumer's long poll each answer would take half a second.
    """
    asked = [TopicPartition(*place) for place in places]
    starts = _offsets(client, asked, spec=OffsetSpec.earliest(), stopping=stopping)  # type: ignore[no-untyped-call]
    ends = _offsets(client, asked, spec=OffsetSpec.latest(), stopping=stopping)  # type: ignore[no-untyped-call]
    return {place: (start, ends[place]) for place, start in starts.items()}


def cached_lag(client: Consumer, position: int, *, place: Place) -> int | None:
    """Messages from `position` to the end as of the last fetch; None before the first fetch."""
    try:
        _, high = client.get_watermark_offsets(TopicPartition(*place), cached=True)
    except KafkaException:
        return None
    return max(0, high - position) if high >= 0 else None


def consumer_lag(connection: Connection, group: str, *, topics: Sequence[str]) -> Mapping[Place, int]:
    """The consumer lag of `group` by topic and partition; in a partition without a commit, all messages count.

    Raises BrokerAwayError, MissingTopicsError, KafkaException.
    """
    done = committed_offsets(connection, group, topics=topics)
    client = admin(connection)
    marks = bounds(client, _places(check_topics(connection, topics)))
    return {place: high - max(done.get(place, 0), low) for place, (low, high) in marks.items()}


def committed_offsets(
    connection: Connection, group: str, *, topics: Sequence[str], stopping: threading.Event | None = None
) -> Mapping[Place, int]:
    """The committed offsets of `group` by topic and partition; partitions without a commit are left out.

    Raises BrokerAwayError, MissingTopicsError, KafkaException; StoppedError soon after `stopping` is set.

    Uses a consumer: an admin client of librdkafka 2 ends the process if the coordinator has moved.
    """
    counts = check_topics(connection, topics, stopping=stopping)
    asked = [TopicPartition(*place) for place in _places(counts)]
    with closing(consumer(connection, group)) as client:
        found = committed(client, asked, stopping=stopping)
    return {(place.topic, place.partition): place.offset for place in found if place.offset >= 0}


def commit(client: Consumer, positions: Iterable[tuple[Place, int]]) -> None:
    """Commit the next offset of each place synchronously. Raises KafkaException, also if only some places failed:
    librdkafka reports those in its answer only."""
    for done in client.commit(offsets=placed(positions), asynchronous=False) or ():
        if done.error is not None:
            raise KafkaException(done.error)


def committed(
    client: Consumer, asked: list[TopicPartition], *, stopping: threading.Event | None
) -> list[TopicPartition]:
    """The committed offsets. Retries while the group's coordinator is being found, moves, or is still loading."""
    failure = KafkaException(KafkaError(KafkaError._TIMED_OUT, "nobody answered for the group"))
    for timeout_s in slices(_ANSWER_S, stopping):
        try:
            return list(client.committed(asked, timeout=timeout_s))
        except KafkaException as error:
            if error.args[0].code() not in _COORDINATOR_MOVES:
                raise
            failure = error
    if stopping is not None and stopping.is_set():
        raise StoppedError("told to stop before the broker answered") from failure
    raise failure


def _places(counts: Mapping[str, int]) -> list[Place]:
    return [(topic, partition) for topic, count in counts.items() for partition in range(count)]


def _offsets(
    client: AdminClient, places: list[TopicPartition], *, spec: OffsetSpec, stopping: threading.Event | None
) -> dict[Place, int]:
    """Query offsets. Retries while leaders move: a leader is named before it knows that it leads, also after a
    start."""
    deadline_s = time.monotonic() + _ANSWER_S
    while True:
        try:
            return _told_offsets(client, places, spec=spec, stopping=stopping)
        except KafkaException as error:
            if error.args[0].code() not in _LEADER_MOVES or time.monotonic() > deadline_s:
                raise
        time.sleep(_NAP_S)


def _told_offsets(
    client: AdminClient, places: list[TopicPartition], *, spec: OffsetSpec, stopping: threading.Event | None
) -> dict[Place, int]:
    if not places:
        return {}
    answers = client.list_offsets(dict.fromkeys(places, spec), request_timeout=_ANSWER_S)
    told = {place: answered(answer, stopping) for place, answer in answers.items()}
    return {(place.topic, place.partition): _told(answer) for place, answer in told.items()}


def _told(answer: ListOffsetsResultInfo) -> int:
    """The offset. A broker that goes away while answering leaves librdkafka's -1001 there, without an error."""
    if answer.offset < 0:
        raise KafkaException(KafkaError(KafkaError.OFFSET_NOT_AVAILABLE, "no offset in the answer"))
    return int(answer.offset)


def _headers(message: Message) -> Mapping[str, bytes]:
    pairs: list[tuple[str, bytes | None]] = list(message.headers() or ())  # type: ignore[arg-type]
    return {name: _bytes(value) for name, value in pairs}


def _bytes(value: bytes | str | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""


def placed(places: Iterable[tuple[Place, int]]) -> list[TopicPartition]:
    """The places and offsets as librdkafka's `TopicPartition`s."""
    return [TopicPartition(topic, partition, offset) for (topic, partition), offset in places]
