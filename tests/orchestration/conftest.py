"""One embedded store for the tests of this folder that speak to one, a database of its own for each of them."""

import uuid
from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from adapters.clickhouse.client import connect
from adapters.clickhouse.migrations import create_database, migrate
from tests.stores import EmbeddedStore, embedded_store


@pytest.fixture(scope="package")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    with embedded_store(tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture
def store_url(embedded: EmbeddedStore) -> str:
    """A URL with a database that nobody else uses, its tables made, without retention."""
    address = f"http://127.0.0.1:{embedded.port}/test_{uuid.uuid4().hex}"
    create_database(address)
    migrate(connect(address), ttl_days={"cs2_events_raw": 0, "cs2_predictions": 0, "match_states": 0})
    return address


@pytest.fixture
def client(store_url: str) -> Iterator[Client]:
    connected = connect(store_url)
    yield connected
    connected.close()
