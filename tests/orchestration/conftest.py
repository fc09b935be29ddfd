"""One embedded store for the tests of this folder that speak to one, a database of its own for each of them; and dbt's
project, parsed once for all of them."""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest
from clickhouse_connect.driver.client import Client

from adapters.clickhouse.client import connect
from adapters.clickhouse.migrations import create_database, migrate
from adapters.settings import Settings
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
    with closing(connect(address)) as made:
        migrate(made, ttl_days={"cs2_events_raw": 0, "cs2_predictions": 0, "match_states": 0})
    return address


@pytest.fixture
def client(store_url: str) -> Iterator[Client]:
    connected = connect(store_url)
    yield connected
    connected.close()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture(scope="session")
def with_manifest(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Puts dbt's manifest into a home, as a first start leaves it there, and gives the home back. To parse the project
    takes ten seconds of processor time, so all workers share one."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def put(home: Path) -> Path:
        from orchestration.assets import marts

        kept = marts.manifest(shared / "parsed" / "marts.duckdb")
        into = home / "marts" / "manifests"
        into.mkdir(parents=True)
        shutil.copy(kept, into)
        return home

    return put


@pytest.fixture(scope="session")
def defined(
    with_manifest: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> dg.Definitions:
    """The code location's definitions. Their module makes those of its environment when it is imported, which takes
    seconds, and without a manifest ten more."""
    home = with_manifest(tmp_path_factory.mktemp("defined"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIDROUND_HOME", str(home))
        from orchestration.definitions import definitions
    return definitions(Settings(home=home))
