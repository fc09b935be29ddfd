"""Who waits for a catalog does so for a while: statements of Postgres end, and so do connections to nobody."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from adapters.catalog import engine, reading
from adapters.catalog.changes import CatalogAwayError
from adapters.catalog.engine import engine_at
from adapters.catalog.reading import CatalogReader
from adapters.catalog.store import Catalog, open_catalog, writable
from adapters.catalog.upgrading import upgrade
from tests.adapters.catalog.conftest import driven
from tests.postgres import Postgres

BRIEFLY_S, PATIENCE_S = 0.2, 60.0


@pytest.fixture(scope="module")
def raw(postgres: Postgres) -> str:
    """A migrated database, as libpq names it."""
    found = postgres.url("catalog-engine")
    open_catalog(driven(found)).close()
    return found


@pytest.fixture
def locked(raw: str) -> Iterator[str]:
    """The same while somebody has its keys and clients for himself."""
    with closing(psycopg2.connect(raw)) as other:
        with other.cursor() as cursor:
            cursor.execute("LOCK TABLE api_keys, api_clients IN ACCESS EXCLUSIVE MODE")
        yield driven(raw)


@pytest.mark.server
def test_who_reads_a_table_that_is_locked_is_told_so_meanwhile(locked: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(reading, "ANSWERS_S", BRIEFLY_S)
    with closing(CatalogReader(locked)) as reader:
        for _ in range(2):
            with pytest.raises(CatalogAwayError):
                reader.key("k")


@pytest.mark.server
def test_who_writes_a_table_that_is_locked_is_told_so_soon_if_somebody_waits(locked: str) -> None:
    with closing(opened_briefly(locked)) as catalog, pytest.raises(CatalogAwayError):
        catalog.clients().set_plan("c", "trial", who="me", now=None)  # type: ignore[arg-type]


def opened_briefly(url: str) -> Catalog:
    """A catalog whose statements may take `BRIEFLY_S`; those of its opening may have taken longer now and then."""
    deadline_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            return open_catalog(url, answers_s=BRIEFLY_S)
        except CatalogAwayError:
            assert time.monotonic() < deadline_s, "it does not open"


@pytest.mark.server
def test_a_step_of_the_schema_takes_as_long_as_it_does(postgres: Postgres) -> None:
    opened, within = writable(driven(postgres.url("catalog-slow-steps")), answers_s=60), list[str]()

    @event.listens_for(opened, "before_cursor_execute")
    def look(*told: Any) -> None:
        if told[2].lstrip().startswith("CREATE TABLE"):
            told[1].execute("SHOW statement_timeout")
            within.extend(told[1].fetchone())

    upgrade(opened)
    assert set(within) == {"0"}
    with opened.connect() as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "1min"
    opened.dispose()


@pytest.mark.server
def test_what_nobody_waits_for_is_not_cut_off(raw: str) -> None:
    unbounded = engine_at(driven(raw))
    with unbounded.connect() as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "0"
    unbounded.dispose()


def test_an_error_of_the_engine_names_no_values(tmp_path: Path) -> None:
    opened = engine_at(f"sqlite:///{tmp_path / 'catalog.db'}")
    with opened.connect() as connection, pytest.raises(DBAPIError) as told:
        connection.execute(text("SELECT :value FROM nowhere"), {"value": "a-secret"})
    opened.dispose()
    assert "a-secret" not in str(told.value)


def test_what_the_url_says_of_a_connection_holds() -> None:
    said: list[dict[str, Any]] = []

    def connect(*told: Any) -> None:
        said.append(told[3])
        raise ConnectionRefusedError

    for url in (driven("postgresql://host/name"), driven("postgresql://host/name?connect_timeout=60")):
        made = engine_at(url)
        event.listen(made, "do_connect", connect)
        with pytest.raises(ConnectionRefusedError):
            made.connect()
    assert [each["connect_timeout"] for each in said] == [engine.NOTICES["connect_timeout"], "60"]
    assert said[0]["keepalives_idle"] == said[1]["keepalives_idle"] == 5
