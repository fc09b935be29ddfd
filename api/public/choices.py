"""The allowed values of a field with an invalid choice: msgspec's error names only the wrong value.

Belongs here: finding the values by a type and the path of a field. Does not belong here: the problem that shows them
(`bodies`).
"""

import re
from collections.abc import Sequence
from typing import Any

from msgspec import inspect

REFUSED = "Invalid enum value"
_STEP = re.compile(r"\.([^.\[]+)|\[[^\]]*\]")
"""One step of a path such as `$.types[0]`: a name, or an empty string for an item."""


def with_choices(reason: str, path: str, type_: Any) -> str:
    """Add the allowed values to msgspec's error message for the field at `path` of a `type_`."""
    if not reason.startswith(REFUSED):
        return reason
    values = _values(inspect.type_info(type_), _STEP.findall(path))
    return f"{reason}: one of {', '.join(map(str, values))}" if values else reason


def _values(at: inspect.Type, steps: Sequence[str]) -> Sequence[Any]:
    """Return the allowed values; nothing if the path does not end at a choice."""
    if isinstance(at, inspect.Metadata):
        return _values(at.type, steps)
    if isinstance(at, inspect.UnionType):
        return next((found for each in at.types if (found := _values(each, steps))), ())
    if isinstance(at, inspect.LiteralType) and not steps:
        return at.values
    inside = _inside(at, steps[0]) if steps else None
    return () if inside is None else _values(inside, steps[1:])


def _inside(at: inspect.Type, step: str) -> inspect.Type | None:
    """Return the type that one step leads to."""
    if isinstance(at, inspect.StructType):
        return next((field.type for field in at.fields if field.encode_name == step), None)
    if isinstance(at, inspect.CollectionType):
        return at.item_type
    return at.value_type if isinstance(at, inspect.DictType) else None
