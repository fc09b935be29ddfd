"""What store and catalog hold, as far as it follows from the matches alone. No tests here.

Left out is when and where something arrived: times of intake, broker and processing, partitions and offsets. All else
is compared, rows that were withdrawn among them, each once (`FINAL`).
"""

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any

import msgspec

from adapters.catalog.schema import METADATA
from adapters.catalog.store import open_catalog
from adapters.clickhouse.client import connect
from adapters.clickhouse.tables import TABLES, Table

ARRIVAL = frozenset(
    {"received_at", "published_at", "processed_at", "predicted_at", "partition", "offset", "headers"}
)
ARRIVAL_IN_MESSAGES = ("received_at", "predicted_at")

Rows = list[tuple[Any, ...]]
Contents = Mapping[str, Rows]


def contents(store_url: str, catalog_url: str) -> dict[str, Rows]:
    """By table, its rows in an order of their own."""
    found: dict[str, Rows] = {}
    with closing(connect(store_url)) as client:
        for table in TABLES:
            formats: dict[str, str | dict[str, str]] = {c.name: "bytes" for c in table.columns if c.is_binary}
            names = compared(table)
            sql = f"SELECT {', '.join(f'`{name}`' for name in names)} FROM {table.name} FINAL"
            rows = client.query(sql, column_formats=formats).result_rows
            found[table.name] = _ordered(_settled(names, tuple(row)) for row in rows)
    with closing(open_catalog(catalog_url)) as catalog:
        for name in METADATA.tables:
            found[f"catalog {name}"] = _ordered(tuple(row.values()) for row in catalog.all(name))
    return found


def compared(table: Table) -> list[str]:
    """The columns of a table that follow from the matches alone."""
    return [name for name in table.column_names if name not in ARRIVAL]


def differences(found: Contents, expected: Contents) -> list[str]:
    """By table that differs, how many rows are missing, how many are too many, and the first of either."""
    told: list[str] = []
    for name, rows in expected.items():
        here, there = set(map(repr, found[name])), set(map(repr, rows))
        if found[name] != rows:
            first = next(iter(here ^ there), "one row more than once")
            told.append(
                f"{name}: {len(there - here)} missing, {len(here - there)} not expected: {first[:600]}"
            )
    return told


def figures(found: Contents) -> str:
    """Rows of each table and the digest of all."""
    sha = hashlib.sha256(repr(sorted(found.items())).encode()).hexdigest()
    counts = ", ".join(f"{name} {len(rows):,}" for name, rows in found.items() if rows)
    return f"{counts}; content {sha[:16]}"


def _settled(names: list[str], row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The row without the times inside of a message that is kept whole."""
    return tuple(
        _without_times(value) if name == "message" else value for name, value in zip(names, row, strict=True)
    )


def _without_times(message: str) -> str:
    told = msgspec.json.decode(message)
    return repr({name: value for name, value in told.items() if name not in ARRIVAL_IN_MESSAGES})


def _ordered(rows: Iterable[tuple[Any, ...]]) -> Rows:
    return sorted(rows, key=repr)
