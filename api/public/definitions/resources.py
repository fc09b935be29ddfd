"""Response type of a statistic's definition.

Belongs here: types only. Does not belong here: collecting them (`queries`).
"""

import msgspec


class DefinitionView(msgspec.Struct, frozen=True, kw_only=True):
    """What a key of `stats` means. An ID may mean a flag in a single round and a share over several."""

    stat_id: str
    scope: str
    """`round`: in statistics of one round. `map`: in statistics of a map, a half or a side."""
    unit: str
    meaning: str
    source: str
    """Origin of the definition."""
    window_s: float | None
    """Longest time in seconds between two kills that belong together, inclusive."""
    ends_with_round: bool
    """Whether events after the round's decision are ignored."""
    is_left_out_at_0: bool
