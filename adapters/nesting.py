"""Tables of values by dotted name, nested and flat. Plain dictionaries; nothing of what the values mean."""

from collections.abc import Iterator, Mapping
from typing import Any


def leaves(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its dotted name; an empty table is a value."""
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{name}.")
        else:
            yield name, value if not isinstance(value, Mapping) else {}


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both, table by table; where both have a value, that of `above`."""
    both = dict(below)
    for key, value in above.items():
        old = both.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            both[key] = merged(old, value)
        else:
            both[key] = value
    return both


def nested(dotted: Mapping[str, Any]) -> dict[str, Any]:
    """Values by dotted name as tables."""
    found: dict[str, Any] = {}
    for name, value in dotted.items():
        *tables, key = name.split(".")
        table = found
        for part in tables:
            table = table.setdefault(part, {})
        table[key] = value
    return found
