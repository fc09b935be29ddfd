"""What is said of a log that became another one."""

from pathlib import Path

import pytest

from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka.connection import connection
from adapters.kafka.origin import ForeignRecoveryError, Origin, difference, recovery_directory


def origin(cluster: str, **topic_ids: str) -> Origin:
    return Origin(cluster_id=cluster, topic_ids=topic_ids)


def test_one_log_has_no_difference() -> None:
    assert not difference(origin("c", raw="1"), origin("c", raw="1"))


def test_another_cluster_and_a_regrown_topic_are_named() -> None:
    assert difference(origin("c", raw="1"), origin("d", raw="1")) == "cluster c is now d"
    assert (
        difference(origin("c", raw="1", state="2"), origin("c", raw="9", state="2")) == "regrown topics: raw"
    )


def test_a_damaged_origin_is_not_guessed(tmp_path: Path) -> None:
    with EmbeddedBroker() as broker:
        link = connection(broker.bootstrap_servers, {}, embedded=True)
        folder = recovery_directory(link, tmp_path / "state", topics=["raw-game-events"])
        (folder / "origin.json").write_text("{")
        with pytest.raises(ForeignRecoveryError, match="cannot be read"):
            recovery_directory(link, folder, topics=["raw-game-events"])
