"""Which matches a client may see, for every component that shows or sends it data of a match.

Belongs here: how patterns of match ids are matched. Does not belong here: whose patterns they are
(`api.public.access.ring`), filtering of other matches (`api.public.access.grants`).
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase


def is_granted(match_id: str, patterns: Sequence[str] | None) -> bool:
    """Whether a match id matches one of a client's patterns; None: all matches are granted."""
    return patterns is None or any(fnmatchcase(match_id, pattern) for pattern in patterns)
