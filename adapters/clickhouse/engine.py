"""The embedded ClickHouse engine (chDB): connections, settings, executing statements.

Belongs here: everything that imports chdb, and only when an engine is opened: the import costs 0.7 s and 250 MB, and
the data folder belongs to one process. Does not belong here: HTTP (`front`, `wire`), which all other code uses to reach
the store.
"""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from adapters.clickhouse.wire import EngineError, Statement


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a statement: the bytes in its result format, and the counts for the summary header."""

    content: bytes = b""
    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0


class Engine:
    """One opened data folder. `execute` may be called from any thread; each thread has its own connection."""

    def __init__(self, path: Path, *, database: str, max_memory_bytes: int) -> None:
        """Open (or create) the folder and the Atomic database. Raises EngineError if chDB fails."""
        self._path = str(path)
        self._database = database
        self._defaults = {"max_memory_usage": str(max_memory_bytes), "async_insert": "0"}
        self._local = threading.local()
        self._open: list[_Connection] = []
        self._guard = threading.Lock()
        self.execute(
            Statement(sql=f"CREATE DATABASE IF NOT EXISTS `{database}` ENGINE = Atomic", database="default")
        )

    def execute(self, statement: Statement) -> Answer:
        """Run one statement. Raises EngineError with ClickHouse's message."""
        connection = self._connection()
        try:
            connection.use(statement.database or self._database)
            connection.apply({**self._defaults, **statement.settings})
            return connection.run(statement)
        except RuntimeError as error:
            raise EngineError(str(error)) from error
        finally:
            if statement.is_session_change:
                self._drop(connection)

    def close(self) -> None:
        """Close every connection: the engine flushes and releases the folder."""
        with self._guard:
            for connection in self._open:
                connection.close()
            self._open.clear()

    def _connection(self) -> "_Connection":
        connection: _Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = _Connection(self._path)
            self._local.connection = connection
            with self._guard:
                self._open.append(connection)
        return connection

    def _drop(self, connection: "_Connection") -> None:
        self._local.connection = None
        with self._guard:
            self._open.remove(connection)
        connection.close()


class _Connection:
    """One chDB connection with its current settings and database, so that equal requests do not set them again."""

    def __init__(self, path: str) -> None:
        from chdb.state import sqlitelike

        self._connection: Any = sqlitelike.Connection(path)
        self._settings: dict[str, str] = {}
        self._database = ""

    def use(self, database: str) -> None:
        if database != self._database:
            self._query(f"USE `{database.replace('`', '')}`", "Null", {})
            self._database = database

    def apply(self, settings: Mapping[str, str]) -> None:
        """Make the connection's settings exactly these."""
        changes = [f"{name} = DEFAULT" for name in self._settings if name not in settings]
        changes += [
            _assign(name, value) for name, value in settings.items() if self._settings.get(name) != value
        ]
        if changes:
            self._query("SET " + ", ".join(changes), "Null", {})
            self._settings = dict(settings)

    def run(self, statement: Statement) -> Answer:
        if statement.data is not None:
            return self._insert(statement)
        result = self._query(statement.sql, statement.default_format, statement.parameters)
        return Answer(
            content=result.bytes() or b"",
            read_rows=result.rows_read(),
            read_bytes=result.bytes_read(),
            written_rows=result.rows_written(),
            written_bytes=result.bytes_written(),
        )

    def _insert(self, statement: Statement) -> Answer:
        """Insert encoded rows; acknowledged only when every part is written."""
        inserter = self._connection.send_insert(statement.sql, statement.data_format)
        try:
            inserter.append(statement.data)
            result = inserter.finish()
        finally:
            inserter.cancel()
        return Answer(written_rows=result.rows_written, written_bytes=result.bytes_written)

    def _query(self, sql: str, result_format: str, parameters: Mapping[str, str]) -> Any:
        return self._connection._conn.query(sql, result_format, params=dict(parameters))

    def close(self) -> None:
        self._connection.close()


def _assign(name: str, value: str) -> str:
    if not name.isidentifier():
        raise EngineError(f"Code: 115. DB::Exception: Unknown setting '{name}'. (UNKNOWN_SETTING)")
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{name} = '{quoted}'"
