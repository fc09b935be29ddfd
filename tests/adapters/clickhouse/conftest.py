"""One embedded store for the tests of this folder, and a database of its own for each test."""

import uuid
from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from adapters.clickhouse.client import connect
from adapters.clickhouse.migrations import create_database
from tests.stores import EmbeddedStore, embedded_store


@pytest.fixture(scope="package")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    with embedded_store(tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture
def url(store: EmbeddedStore) -> str:
    """A URL with a database that nobody else uses."""
    address = f"http://127.0.0.1:{store.port}/test_{uuid.uuid4().hex}"
    create_database(address)
    return address


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    connected = connect(url)
    yield connected
    connected.close()
