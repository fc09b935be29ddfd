"""What the catalog does is shown on both: an SQLite file, and one real Postgres a session with a database for each."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.catalog import reading
from adapters.catalog.store import Catalog, open_catalog
from tests.postgres import Postgres, running_postgres

BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.server)]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The real Postgres of the session; a test that takes it carries the marker `server`."""
    with running_postgres() as server:
        yield server


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read does not depend on how busy this machine is."""
    monkeypatch.setattr(reading, "ANSWERS_S", 60.0)


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    return url_of(request, tmp_path)


@pytest.fixture
def catalog(url: str) -> Iterator[Catalog]:
    opened = open_catalog(url)
    yield opened
    opened.close()


def url_of(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{folder / 'catalog.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return driven(server.url(f"catalog-{uuid.uuid4().hex}")) + "?connect_timeout=60"


def driven(url: str) -> str:
    """The same database as SQLAlchemy names it."""
    return url.replace("postgresql://", "postgresql+psycopg2://")
