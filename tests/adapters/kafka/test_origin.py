"""What is said of a log that became another one."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka.connection import Connection, connection
from adapters.kafka.origin import ForeignRecoveryError, Origin, difference, recovery_directory

TOPICS = ["raw-game-events"]


def origin(cluster: str, **topic_ids: str) -> Origin:
    return Origin(cluster_id=cluster, topic_ids=topic_ids)


def test_one_log_has_no_difference() -> None:
    assert not difference(origin("c", raw="1"), origin("c", raw="1"))


def test_another_cluster_and_a_regrown_topic_are_named() -> None:
    assert difference(origin("c", raw="1"), origin("d", raw="1")) == "cluster c is now d"
    assert (
        difference(origin("c", raw="1", state="2"), origin("c", raw="9", state="2")) == "regrown topics: raw"
    )


@pytest.fixture
def embedded() -> Iterator[Connection]:
    with EmbeddedBroker() as broker:
        yield connection(broker.bootstrap_servers, {}, embedded=True)


@pytest.mark.parametrize(
    "content", [b"", b'{"topics":"\xff"}', b'{"more":' + b"[" * 10_000 + b"]" * 10_000 + b"}"]
)
def test_a_damaged_origin_is_not_guessed(tmp_path: Path, embedded: Connection, content: bytes) -> None:
    real = connection(embedded.bootstrap_servers, {}, embedded=False)
    (tmp_path / "origin.json").write_bytes(content)
    (tmp_path / "state").write_text("kept")
    with pytest.raises(ForeignRecoveryError, match="cannot be read"):
        recovery_directory(real, tmp_path, topics=())
    assert (tmp_path / "state").exists()


def test_a_damaged_origin_is_of_an_embedded_broker_that_is_gone(tmp_path: Path, embedded: Connection) -> None:
    folder = recovery_directory(embedded, tmp_path / "state", topics=TOPICS)
    whole = (folder / "origin.json").read_bytes()
    (folder / "origin.json").write_text("")
    (folder / "part-0.sqlite3").write_text("offsets")
    assert recovery_directory(embedded, folder, topics=TOPICS) == folder
    assert [path.name for path in folder.iterdir()] == ["origin.json"]
    assert (folder / "origin.json").read_bytes() == whole


def test_a_kill_amid_the_drop_leaves_no_state_without_its_origin(
    tmp_path: Path, embedded: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = recovery_directory(embedded, tmp_path / "state", topics=TOPICS)
    for name in ("origin.json", "part-0.sqlite3"):
        (folder / name).write_text("of another log")

    def killed(path: Path, *, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            (path / "origin.json").unlink()
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            recovery_directory(embedded, folder, topics=TOPICS)
    recovery_directory(embedded, folder, topics=TOPICS)
    assert [path.name for path in folder.iterdir()] == ["origin.json"]


def test_a_start_over_the_same_log_writes_nothing(tmp_path: Path, embedded: Connection) -> None:
    path = recovery_directory(embedded, tmp_path / "state", topics=TOPICS) / "origin.json"
    packed = msgspec.json.format(path.read_bytes(), indent=-1)
    path.write_bytes(packed)
    recovery_directory(embedded, path.parent, topics=TOPICS)
    assert path.read_bytes() == packed


def test_an_origin_is_whole_or_absent(
    tmp_path: Path, embedded: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="no space"):
            recovery_directory(embedded, tmp_path, topics=TOPICS)
    assert not (tmp_path / "origin.json").exists()
    recovery_directory(embedded, tmp_path, topics=TOPICS)
    assert [path.name for path in tmp_path.iterdir()] == ["origin.json"]


def full(_descriptor: int) -> None:
    raise OSError("no space")
