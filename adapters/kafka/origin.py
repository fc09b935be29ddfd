"""Where a recovery directory belongs: the cluster id and the topic ids of the log that its offsets count in.

A broker that comes back empty, or a topic that was deleted and grown anew, takes offsets that mean other messages:
resuming there skips events without an error. So the origin is kept beside the recovery state and compared at start
(`recovery_directory`) and while running (`OriginGuard` in the stream asks `origin_of`).
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
    """The recovery state counts in another log than the one the broker has now."""


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
    """Ask the broker who it is. Raises BrokerAwayError; StoppedError soon after `stopping` is set.

    The embedded broker tells no topic ids; it has a topic named after its start instead.
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
    """Nothing of `root`. It is set aside first: a kill amid the removal must leave no state that does not say whose
    it is."""
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
    """`root`, made if needed, holding recovery state of this very log or none.

    State of another log, and state whose origin cannot be read, is `carried` over on the embedded broker, where the log
    is gone too: nothing that counts in that log may be in it then. On a real Kafka that raises ForeignRecoveryError
    and touches nothing: an operator chooses (docs/runbooks/kafka.md).
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
    """Whether `root` says that it belongs to this log; one that says nothing is new. Raises ForeignRecoveryError."""
    before = _read(root / _FILE)
    if before is None or before == now:
        return before is not None
    raise ForeignRecoveryError(
        f"{root} holds offsets of another log: {difference(before, now)}. Resuming would skip events; "
        "docs/runbooks/kafka.md tells how to choose"
    )


def _publish(root: Path, origin: Origin) -> None:
    """Say in `root` where it belongs, whole or not at all, whatever kills the process."""
    root.mkdir(parents=True, exist_ok=True)
    with replacing(root / _FILE, unfinished=f".{_FILE}.new") as file:
        file.write(msgspec.json.format(msgspec.json.encode(origin)))


def difference(before: Origin, now: Origin) -> str:
    """What changed, for a person; empty when nothing did."""
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
