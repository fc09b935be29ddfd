"""The identity of the log that recovery state belongs to: the cluster id and the topic ids.

Belongs here: asking for it, storing and comparing it. Does not belong here: the recovery state itself
(`streaming.recovery`).

If a broker comes back empty, or a topic was deleted and recreated, old offsets refer to other messages, and resuming
there skips events without an error. So the origin is stored beside the recovery state and compared at start
(`recovery_directory`) and while running (`OriginGuard` in the stream calls `origin_of`).
"""

import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from adapters.kafka.connection import LOGGER, BrokerError, Connection
from adapters.kafka.topics import BrokerAwayError, admin, metadata
from adapters.kafka.waiting import answered
from adapters.whole import replacing
from game.codec import UNREADABLE

EMBEDDED_MARK = "embedded-broker-"

_FILE = "origin.json"
_ANSWER_S = 10.0


class ForeignRecoveryError(BrokerError):
    """The recovery state belongs to another log than the broker's current one."""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Identity of the topics of one broker."""

    cluster_id: str
    topic_ids: Mapping[str, str]


def origin_of(
    client: AdminClient,
    topics: Sequence[str],
    *,
    is_embedded: bool,
    stopping: threading.Event | None = None,
) -> Origin:
    """Ask the broker for its identity. Raises BrokerAwayError; StoppedError soon after `stopping` is set.

    The embedded broker has no topic ids; instead it has a topic named after its start.
    """
    told = metadata(client, _ANSWER_S, stopping=stopping)
    cluster_id = str(told.cluster_id)
    if is_embedded:
        marks = sorted(name for name in told.topics if name.startswith(EMBEDDED_MARK))
        return Origin(cluster_id=cluster_id, topic_ids=dict.fromkeys(topics, "".join(marks)))
    try:
        found = client.describe_topics(TopicCollection(list(topics)), request_timeout=_ANSWER_S)
        ids = {topic: str(answered(described, stopping).topic_id) for topic, described in found.items()}
    except KafkaException as error:
        raise BrokerAwayError(f"the broker does not say who it is: {error.args[0].str()}") from error
    return Origin(cluster_id=cluster_id, topic_ids=ids)


def dropped(root: Path) -> None:
    """Delete `root`. It is renamed first, so that a kill during the removal leaves no state without its origin."""
    aside = root.with_name(f".{root.name}.dropped")
    shutil.rmtree(aside, ignore_errors=True)
    root.rename(aside)
    shutil.rmtree(aside)


def recovery_directory(
    connection: Connection,
    root: Path,
    *,
    topics: Sequence[str],
    stopping: threading.Event | None = None,
    carried: Callable[[Path], None] = dropped,
) -> Path:
    """`root`, created if needed, with recovery state of this log or none.

    On the embedded broker, state of another log, or with an unreadable origin, is passed to `carried`, because that log
    no longer exists; `carried` must leave nothing that refers to its offsets. On a real Kafka, such state raises
    ForeignRecoveryError and is not touched: an operator must choose (docs/runbooks/kafka.md).
    """
    now = origin_of(admin(connection), topics, is_embedded=connection.embedded, stopping=stopping)
    try:
        is_known = _is_known(root, now)
    except ForeignRecoveryError as error:
        if not connection.embedded:
            raise
        LOGGER.warning("the embedded broker that %s belongs to is gone: %s", root, error)
        carried(root)
        is_known = False
    if not is_known:
        _publish(root, now)
    return root


def _is_known(root: Path, now: Origin) -> bool:
    """Whether `root` belongs to this log; without an origin file it is new. Raises ForeignRecoveryError."""
    before = _read(root / _FILE)
    if before is None or before == now:
        return before is not None
    raise ForeignRecoveryError(
        f"{root} holds offsets of another log: {difference(before, now)}. Resuming would skip events; "
        "docs/runbooks/kafka.md tells how to choose"
    )


def _publish(root: Path, origin: Origin) -> None:
    """Write the origin to `root` atomically."""
    root.mkdir(parents=True, exist_ok=True)
    with replacing(root / _FILE, unfinished=f".{_FILE}.new") as file:
        file.write(msgspec.json.format(msgspec.json.encode(origin)))


def difference(before: Origin, now: Origin) -> str:
    """A readable text of what changed; empty if nothing did."""
    if before.cluster_id != now.cluster_id:
        return f"cluster {before.cluster_id} is now {now.cluster_id}"
    known = before.topic_ids.items()
    regrown = sorted(topic for topic, topic_id in known if now.topic_ids.get(topic) != topic_id)
    return f"regrown topics: {', '.join(regrown)}" if regrown else ""


def _read(path: Path) -> Origin | None:
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Origin)
    except UNREADABLE as error:
        raise ForeignRecoveryError(f"{path} cannot be read: {error}") from error
