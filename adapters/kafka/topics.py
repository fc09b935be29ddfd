"""Declares the topics and checks that they exist.

Belongs here: topic metadata. Does not belong here: reading or writing records.
"""

import threading
import time
from collections.abc import Mapping, Sequence

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._metadata import ClusterMetadata
from confluent_kafka.cimpl import NewTopic

from adapters.kafka.connection import LOGGER, BrokerError, Connection, client_options, log_error
from adapters.kafka.records import TOPICS
from adapters.kafka.waiting import slices

DEFAULT_PARTITIONS = 4


class MissingTopicsError(BrokerError):
    """The broker answers, but some topics are missing or have no leader."""


class BrokerAwayError(BrokerError):
    """The broker did not answer in time."""


def admin(connection: Connection) -> AdminClient:
    """An admin client."""
    return AdminClient(client_options(connection), error_cb=log_error, logger=LOGGER)


def ensure_topics(
    connection: Connection, partitions: int = DEFAULT_PARTITIONS, *, timeout_s: float = 30.0
) -> Mapping[str, int]:
    """Create the missing topics on a real Kafka and wait until every partition has a leader.

    The embedded broker declares its topics itself: there this is `check_topics`. Returns topic ->
    partitions; a topic that exists keeps its count. Raises BrokerAwayError, MissingTopicsError.
    """
    client = admin(connection)
    deadline = time.monotonic() + timeout_s
    present = _led_topics(metadata(client, timeout_s), TOPICS)
    missing = [topic for topic in TOPICS if topic not in present]
    if missing and not connection.embedded:
        _create(client, missing, partitions=partitions)
    return _wait(client, TOPICS, deadline=deadline, stopping=None)


def check_topics(
    connection: Connection,
    topics: Sequence[str] = TOPICS,
    *,
    timeout_s: float = 10.0,
    stopping: threading.Event | None = None,
) -> Mapping[str, int]:
    """Topic -> partitions, once each has a leader. Creates nothing. Gives up soon after `stopping` is set.

    Raises BrokerAwayError, MissingTopicsError.
    """
    return _wait(admin(connection), topics, deadline=time.monotonic() + timeout_s, stopping=stopping)


def _create(client: AdminClient, topics: Sequence[str], *, partitions: int) -> None:
    requests = [NewTopic(topic, num_partitions=partitions) for topic in topics]
    for topic, done in client.create_topics(requests).items():
        try:
            done.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise MissingTopicsError(f"cannot create {topic}: {error.args[0].str()}") from error


def _wait(
    client: AdminClient, topics: Sequence[str], *, deadline: float, stopping: threading.Event | None
) -> Mapping[str, int]:
    missing = list(topics)
    for _ in slices(deadline - time.monotonic(), stopping):
        led = _led_topics(metadata(client, deadline - time.monotonic(), stopping=stopping), topics)
        missing = [topic for topic in topics if topic not in led]
        if not missing:
            return led
    raise MissingTopicsError(f"the broker has no (usable) topic {', '.join(missing)}")


def metadata(
    client: AdminClient | Producer, timeout_s: float, *, stopping: threading.Event | None = None
) -> ClusterMetadata:
    """The cluster's metadata. Raises BrokerAwayError if there is no answer, or soon after `stopping` is set."""
    reason = ""
    for slice_s in slices(timeout_s, stopping):
        try:
            return client.list_topics(timeout=slice_s)
        except KafkaException as error:
            reason = error.args[0].str()
    raise BrokerAwayError(f"no answer from the broker: {reason}")


def _led_topics(metadata: ClusterMetadata, topics: Sequence[str]) -> dict[str, int]:
    found = {topic: metadata.topics[topic] for topic in topics if topic in metadata.topics}
    return {
        name: len(topic.partitions)
        for name, topic in found.items()
        if topic.error is None
        and topic.partitions
        and all(partition.error is None and partition.leader >= 0 for partition in topic.partitions.values())
    }
