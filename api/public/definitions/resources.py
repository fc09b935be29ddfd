"""Definitions of statistics as the API shows them. Shapes only."""

import msgspec


class DefinitionView(msgspec.Struct, frozen=True, kw_only=True):
    """What a key of `stats` means. An id may mean a flag in a round and a share over more of them."""

    stat_id: str
    scope: str
    """`round`: in lines of one round. `map`: in lines of a map, a half, a side."""
    unit: str
    meaning: str
    source: str
    """Whose definition it is."""
    window_s: float | None
    """Time within which two kills belong together, the last second included."""
    ends_with_round: bool
    """Blind to what comes after the round's decision."""
    is_left_out_at_0: bool
