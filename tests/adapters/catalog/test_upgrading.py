"""One history of the catalog: it leads to the declared schema, whole or not at all, and nobody writes meanwhile."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, event

from adapters.catalog.schema import METADATA, catalog_sql
from adapters.catalog.store import Catalog, open_catalog, writable
from adapters.catalog.upgrading import upgrade
from tests.house.tree import ROOT


def test_the_committed_schema_is_the_declared_one() -> None:
    assert (ROOT / "infra/catalog/schema.sql").read_text() == catalog_sql()


def test_the_history_leads_to_the_declared_schema(catalog: Catalog, url: str) -> None:
    assert differences(url) == []


def differences(url: str) -> list[Any]:
    """Between a database and the declared schema."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), METADATA)
    engine.dispose()
    return [each for each in found if not is_comment(each)]


def is_comment(difference: Any) -> bool:
    """Comments are in the declared schema and in the SQL that is exported of it; the history leaves them out."""
    first = difference[0] if isinstance(difference, list) else difference
    return "comment" in first[0]


class Interrupted(Exception):
    """The process is gone amid the steps."""


def test_steps_that_were_interrupted_are_run_again_from_where_they_began(url: str) -> None:
    engine = writable(url)

    @event.listens_for(engine, "before_cursor_execute")
    def interrupt(*told: Any) -> None:
        if "CREATE TABLE webhook_cursors" in told[2]:
            raise Interrupted

    with pytest.raises(Interrupted):
        upgrade(engine)
    engine.dispose()
    open_catalog(url).close()
    assert differences(url) == []


def test_nobody_else_writes_while_the_steps_run(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    engine, was_locked = writable(f"sqlite:///{path}"), []

    @event.listens_for(engine, "before_cursor_execute")
    def look(*told: Any) -> None:
        if told[2].lstrip().startswith("CREATE"):
            with closing(sqlite3.connect(path, timeout=0)) as other:
                try:
                    other.execute("BEGIN IMMEDIATE")
                    was_locked.append(False)
                except sqlite3.OperationalError:
                    was_locked.append(True)

    upgrade(engine)
    engine.dispose()
    assert len(was_locked) > 10
    assert all(was_locked)
