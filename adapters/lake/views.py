"""The access for readers: an in-memory DuckDB with a view for each table of the lake.

Belongs here: views over what the manifests publish, and a table that describes each column. Does not belong here:
domain queries, which belong to their callers.

Each reader has its own database: nothing is locked, and a reader cannot change the lake. What is published after
`open_lake` is visible to the next reader only.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from adapters.lake.files import read_manifest
from adapters.lake.partitions import partitions
from adapters.lake.tables import TABLES, LakeTable

CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_SQL_TYPES = {
    pa.string(): "VARCHAR",
    pa.int16(): "SMALLINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.binary(): "BLOB",
}


def open_lake(root: Path, *, tables: Sequence[str] | None = None) -> duckdb.DuckDBPyConnection:
    """A DuckDB with views over the lake at `root`, named like its tables; `tables` None takes all.

    Every view has `date` (the day of the match) besides its columns; filters on it and on `match_id` read only the
    files they need. `lake_columns` describes each column, `lake_files` lists the files. Raises `LakeError` for an
    unreadable manifest.
    """
    connection = duckdb.connect(":memory:", config=CONFIG)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(
        "CREATE TABLE lake_columns (table_name VARCHAR, column_name VARCHAR, type VARCHAR, "
        "unit VARCHAR, source VARCHAR, is_nullable BOOLEAN, about VARCHAR)"
    )
    connection.execute(
        "CREATE TABLE lake_files (table_name VARCHAR, partition VARCHAR, file VARCHAR, rows BIGINT, "
        "bytes BIGINT, sha256 VARCHAR)"
    )
    for table in TABLES:
        if tables is None or table.name in tables:
            _add(connection, root, table)
    return connection


def view_sql(table: LakeTable, files: Sequence[str]) -> str:
    """The SQL of the view over these files, with the declared columns, whatever else a file may contain."""
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    if not files:
        columns = ", ".join(f'NULL::{sql_type(column.type)} AS "{column.name}"' for column in table.columns)
        return f'CREATE VIEW "{table.name}" AS SELECT NULL::DATE AS date, {columns} WHERE false'
    listed = ", ".join(_literal(name) for name in files)
    return (
        f'CREATE VIEW "{table.name}" AS SELECT date::DATE AS date, {names} '
        f"FROM read_parquet([{listed}], hive_partitioning = true, hive_types_autocast = false, union_by_name = false)"
    )


def sql_type(of: pa.DataType) -> str:
    """The DuckDB type of a column."""
    if pa.types.is_timestamp(of):
        return "TIMESTAMP WITH TIME ZONE"
    return "MAP(VARCHAR, VARCHAR)" if pa.types.is_map(of) else _SQL_TYPES[of]


def _add(connection: duckdb.DuckDBPyConnection, root: Path, table: LakeTable) -> None:
    rows = [
        (
            table.name,
            partition.key,
            str(partition.folder(root, table.name) / part.file),
            part.rows,
            part.bytes,
            part.sha256,
        )
        for partition in partitions(root, table.name)
        if (manifest := read_manifest(root, table, partition)) is not None
        for part in manifest.parts
    ]
    connection.execute(view_sql(table, [row[2] for row in rows]))
    described = [
        (table.name, c.name, sql_type(c.type), c.unit, c.source, c.is_nullable, c.about)
        for c in table.columns
    ]
    connection.executemany("INSERT INTO lake_columns VALUES (?, ?, ?, ?, ?, ?, ?)", described)
    if rows:
        frame = pa.table(
            dict(
                zip(
                    ("table_name", "partition", "file", "rows", "bytes", "sha256"),
                    zip(*rows, strict=True),
                    strict=True,
                )
            )
        )
        connection.register("found_files", frame)
        connection.execute("INSERT INTO lake_files SELECT * FROM found_files")
        connection.unregister("found_files")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
