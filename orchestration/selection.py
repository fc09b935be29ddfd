"""Which partitions somebody means: all, a day, a span of days, a match, one map.

Belongs here: the words. Does not belong here: what is done with them.
"""

import re
from collections.abc import Sequence

from adapters.lake.partitions import LakeError, parsed

ALL, NEW = "all", "new"
"""`new` is known to retraining alone: which maps are, is the champion's to say."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class SelectionError(ValueError):
    """A selection that names nothing."""


def selected(keys: Sequence[str], wanted: str) -> list[str]:
    """Those of `keys` that `wanted` names: `all`, `2026-05-18`, `2026-05-01..2026-05-31`, a match's id, a key, or the
    beginning of keys. In their order. Raises `SelectionError` when it is none of them."""
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
