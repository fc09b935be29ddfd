"""Selections of partitions: all, a day, a range of days, a match, one map.

Belongs here: the syntax. Does not belong here: what is done with the selected partitions.
"""

import re
from collections.abc import Sequence

from adapters.lake.partitions import LakeError, parsed

ALL, NEW = "all", "new"
"""`new` is used by retraining alone, since it depends on the champion which maps are new."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class SelectionError(ValueError):
    """The selection matches no partition."""


def selected(keys: Sequence[str], wanted: str) -> list[str]:
    """The keys that `wanted` selects, in their order: `all`, `2026-05-18`, `2026-05-01..2026-05-31`, a match's id, a
    key, or a prefix of keys. Raises `SelectionError` if it selects none."""
    first, dots, last = wanted.partition("..")
    if wanted == ALL:
        found = list(keys)
    elif dots and _DAY.fullmatch(first) and _DAY.fullmatch(last):
        found = [key for key in keys if first <= key[:10] <= last]
    else:
        found = [key for key in keys if key.startswith(wanted) or _match_of(key) == wanted]
    if not found:
        raise SelectionError(f"{wanted}: none of the {len(keys)} partitions")
    return found


def _match_of(key: str) -> str | None:
    try:
        return parsed(key).match_id
    except LakeError:
        return None
