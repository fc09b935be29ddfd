"""Declares the topics and checks that they are there. Nothing is read or written."""

import time
from collections.abc import Mapping, Sequence

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._metadata import ClusterMetadata
from confluent_kafka.cimpl import NewTopic

from adapters.kafka.connection import LOGGER, BrokerError, Connection, client_options, log_error
from adapters.kafka.records import TOPICS

DEFAULT_PARTITIONS = 4


class MissingTopicsError(BrokerError):
    """The broker answers, but some topics are missing or have no leader."""


class BrokerAwayError(BrokerError):
    """The broker did not answer in time."""


def admin(connection: Connection) -> AdminClient:
    """A client for questions to the broker."""
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
    present = _led_topics(_metadata(client, deadline, connection=connection), TOPICS)
    missing = [topic for topic in TOPICS if topic not in present]
    if missing and not connection.embedded:
        _create(client, missing, partitions=partitions)
    return _wait(client, TOPICS, deadline=deadline, connection=connection)


def check_topics(
    connection: Connection, topics: Sequence[str] = TOPICS, *, timeout_s: float = 10.0
) -> Mapping[str, int]:
    """Topic -> partitions, once each has a leader. Raises BrokerAwayError, MissingTopicsError. Creates nothing."""
    return _wait(admin(connection), topics, deadline=time.monotonic() + timeout_s, connection=connection)


def _create(client: AdminClient, topics: Sequence[str], *, partitions: int) -> None:
    requests = [NewTopic(topic, num_partitions=partitions) for topic in topics]
    for topic, done in client.create_topics(requests).items():
        try:
            done.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise MissingTopicsError(f"cannot create {topic}: {error.args[0].str()}") from error


def _wait(
    client: AdminClient, topics: Sequence[str], *, deadline: float, connection: Connection
) -> Mapping[str, int]:
    while True:
        led = _led_topics(_metadata(client, deadline, connection=connection), topics)
        missing = [topic for topic in topics if topic not in led]
        if not missing:
            return led
        if time.monotonic() >= deadline:
            names = ", ".join(missing)
            raise MissingTopicsError(f"{connection.bootstrap_servers} has no (usable) topic {names}")
        time.sleep(0.05)


def _metadata(client: AdminClient, deadline: float, *, connection: Connection) -> ClusterMetadata:
    try:
        return client.list_topics(timeout=max(0.1, deadline - time.monotonic()))
    except KafkaException as error:
        raise BrokerAwayError(
            f"no broker at {connection.bootstrap_servers}: {error.args[0].str()}"
        ) from error


def _led_topics(metadata: ClusterMetadata, topics: Sequence[str]) -> dict[str, int]:
    found = {topic: metadata.topics[topic] for topic in topics if topic in metadata.topics}
    return {
        name: len(topic.partitions)
        for name, topic in found.items()
        if topic.error is None
        and topic.partitions
        and all(partition.error is None and partition.leader >= 0 for partition in topic.partitions.values())
    }
