"""Which matches a client is granted, for all who show or tell it something of them.

Belongs here: how patterns of match ids are read. Does not belong here: whose they are (`api.public.access.ring`),
leaving out what is not granted (`api.public.access.grants`).
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase


def is_granted(match_id: str, patterns: Sequence[str] | None) -> bool:
    """Whether a match is within the patterns of a client; null: all are."""
    return patterns is None or any(fnmatchcase(match_id, pattern) for pattern in patterns)
