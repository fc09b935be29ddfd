"""The node without jars: what is missing is named. With jars it stands in tests/contracts and tests/midround."""

import socket
import uuid
from pathlib import Path

import pytest

from adapters.kafka.server import KafkaServer, KafkaServerError, cluster_id
from adapters.ports import PortTakenError


def test_absent_jars_name_the_command_that_fetches_them(tmp_path: Path) -> None:
    with pytest.raises(KafkaServerError, match="make kafka"):
        KafkaServer(tmp_path / "node", libraries=tmp_path).prepared()
    assert not (tmp_path / "node").exists()


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(PortTakenError, match=str(port)):
            KafkaServer(tmp_path, port=port)


def test_a_cluster_id_is_never_taken_for_an_option() -> None:
    drawn = iter([uuid.UUID(int=62 << 122), uuid.UUID(int=1)])
    assert cluster_id(lambda: next(drawn)) == "AAAAAAAAAAAAAAAAAAAAAQ"


@pytest.mark.parametrize("has_archive", [True, False])
def test_archived_classes_are_mapped_where_there_are_some(has_archive: bool, tmp_path: Path) -> None:
    libraries, node = tmp_path / "lib", tmp_path / "node"
    for folder in (libraries, node / "data"):
        folder.mkdir(parents=True)
    (libraries / "kafka_2.13-4.jar").touch()
    (node / "data" / "meta.properties").touch()  # it was formatted before
    archive = tmp_path / "classes.jsa"
    if has_archive:
        archive.touch()
    command = KafkaServer(node, libraries=libraries).prepared()
    assert (f"-XX:SharedArchiveFile={archive}" in command) is has_archive
