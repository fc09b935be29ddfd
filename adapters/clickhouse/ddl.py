"""Derives SQL and documentation from the table declarations: `CREATE`, `ALTER`, schema.sql, docs/tables.md.

Belongs here: generating text. Does not belong here: talking to a server (`migrations`).
"""

from collections.abc import Mapping

from adapters.clickhouse.marts import ALL_TABLES
from adapters.clickhouse.tables import NAME, Column, Index, Table

MIGRATIONS = Table(
    name="schema_migrations",
    about="Changes made to this store, in order; written by the program at its start.",
    columns=(
        Column(name="applied_at", type="DateTime64(6, 'UTC')", about="when, UTC"),
        Column(name="table", type=NAME, about="table that was changed"),
        Column(name="statement", type="String", about="the statement that was run"),
    ),
    order_by=("applied_at", "table", "statement"),
)
"""Not in `ALL_TABLES`: the migrations maintain it themselves."""


def quoted(text: str) -> str:
    """`text` as an SQL string literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def column_sql(column: Column) -> str:
    """The column's line inside CREATE or ADD COLUMN."""
    codec = f" CODEC({column.codec})" if column.codec else ""
    return f"`{column.name}` {column.full_type}{codec} COMMENT {quoted(column.about)}"


def index_sql(index: Index) -> str:
    """The index's line inside CREATE."""
    return f"INDEX {index.column}_index `{index.column}` TYPE {index.type} GRANULARITY 1"


def ttl_sql(table: Table, days: int) -> str:
    """The TTL expression: `days` whole days from the table's time column."""
    return f"toDateTime({table.ttl_column}) + toIntervalDay({days})"


def create_sql(table: Table, *, ttl_days: int | None) -> str:
    """CREATE TABLE IF NOT EXISTS in the connection's database. `ttl_days` None keeps rows forever."""
    lines = [column_sql(column) for column in table.columns] + [index_sql(index) for index in table.indexes]
    body = ",\n".join(f"    {line}" for line in lines)
    clauses = [
        f"ENGINE = ReplacingMergeTree({table.version})" if table.version else "ENGINE = ReplacingMergeTree"
    ]
    if table.partition_by:
        clauses.append(f"PARTITION BY {table.partition_by}")
    clauses.append(f"ORDER BY ({', '.join(f'`{name}`' for name in table.order_by)})")
    if ttl_days is not None and table.ttl_column:
        clauses.append(f"TTL {ttl_sql(table, ttl_days)}")
    if table.settings:
        clauses.append(f"SETTINGS {table.settings}")
    clauses.append(f"COMMENT {quoted(table.about)}")
    return f"CREATE TABLE IF NOT EXISTS `{table.name}`\n(\n{body}\n)\n" + "\n".join(clauses)


def add_column_sql(table: Table, column: Column) -> str:
    """ALTER TABLE ADD COLUMN after the column declared before it, so that an upgraded table has the same column order
    as a new one."""
    position = table.column_names.index(column.name)
    place = f"AFTER `{table.column_names[position - 1]}`" if position else "FIRST"
    return f"ALTER TABLE `{table.name}` ADD COLUMN IF NOT EXISTS {column_sql(column)} {place}"


def modify_ttl_sql(table: Table, *, ttl_days: int | None) -> str:
    """ALTER TABLE that changes the retention, without rewriting old parts at once."""
    change = "REMOVE TTL" if ttl_days is None else f"MODIFY TTL {ttl_sql(table, ttl_days)}"
    return f"ALTER TABLE `{table.name}` {change} SETTINGS materialize_ttl_after_modify = 0"


def retention(table: Table, ttl_days: Mapping[str, int]) -> int | None:
    """The days after which the store deletes rows of the table by itself: the setting, or else the declared default. 0
    or None means never, and so does `is_held`."""
    return None if table.is_held else ttl_days.get(table.name, table.ttl_days) or None


def schema_sql(database: str = "midround") -> str:
    """The whole schema of an empty store with default settings: `infra/clickhouse/schema.sql`."""
    head = (
        "-- Written by `midround schema export` from adapters/clickhouse (tables, quality, marts); do not edit.\n"
        f"CREATE DATABASE IF NOT EXISTS `{database}` ENGINE = Atomic;\n\nUSE `{database}`;\n"
    )
    creates = [
        create_sql(table, ttl_days=retention(table, {})) + ";\n" for table in (MIGRATIONS, *ALL_TABLES)
    ]
    return "\n".join([head, *creates])


def tables_markdown() -> str:
    """The text of `docs/tables.md`."""
    head = (
        "# Tables of the store\n\n"
        "Written by `midround schema export` from `adapters/clickhouse` (tables, quality, marts); do not edit.\n\n"
        "ClickHouse, database `midround`. Every table is a ReplacingMergeTree, so that a batch delivered twice is one\n"
        "batch: read with `FINAL`. Rows with `is_retracted` were withdrawn: leave them out. The tables `quality` and\n"
        "`mart_...` are made by their first publication ([batch.md](batch.md), [marts.md](marts.md)). The SQL\n"
        "catalog is in `infra/catalog/schema.sql`.\n"
    )
    return "\n".join([head, *(_section(table) for table in ALL_TABLES)])


def _section(table: Table) -> str:
    kept = f"{table.ttl_days} days from `{table.ttl_column}` (a setting)" if table.ttl_days else "for ever"
    kept += ", and until the lake holds the whole day" if table.is_held else ""
    order = ", ".join(f"`{name}`" for name in table.order_by)
    partition = f" Partitions: `{table.partition_by}`." if table.partition_by else ""
    rows = [f"| `{c.name}` | `{c.full_type}` | {c.about} |" for c in table.columns]
    lines = [
        f"## {table.name}\n",
        f"{table.about} One row for each {order}.{partition} Kept {kept}.\n",
        "| column | type | what it holds |",
        "|---|---|---|",
        *rows,
    ]
    return "\n".join(lines) + "\n"
