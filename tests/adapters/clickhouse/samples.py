"""A row for any declared table. No tests here."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.clickhouse.tables import Column, Table

MOMENT = datetime(2099, 5, 17, 12, 0, 0, 15625, tzinfo=UTC)
"""Far ahead: retention must not take the rows of a test away."""


def sample(table: Table, *, number: int = 1, is_null: bool = False) -> dict[str, Any]:
    """A row whose key is told apart by `number`; with null wherever that is allowed if `is_null`."""
    return {
        column.name: None if is_null and column.is_nullable else _value(column, number)
        for column in table.columns
    }


def _value(column: Column, number: int) -> Any:
    if column.is_binary:
        return b"\xff\x00" + bytes([number])
    values: Mapping[str, Any] = {
        "Array(String)": ["a", "ä\n"],
        "Bool": False,
        "DateTime64(6, 'UTC')": MOMENT + timedelta(microseconds=number),
        "Float64": 0.1 * number,
        "LowCardinality(String)": f"low-{number}",
        "Map(LowCardinality(String), Float64)": {"kills": 2.0},
        "Map(String, String)": {"format": "native+json"},
        "String": f"text '\\ {number}",
        "UInt16": 65_000 + number,
        "UInt32": 4_000_000_000 + number,
        "UInt64": 2**63 + number,
    }
    return values[column.type]
