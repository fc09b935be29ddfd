"""Moments of a match as the API shows them. Shapes only."""

import msgspec


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the story, and team A's chances after it; null where nothing was predicted there."""

    seq: int
    ts_event: str
    type: str
    map_id: str | None
    round_no: int | None
    round_time_s: float | None
    """Seconds from the end of freeze time."""
    payload: msgspec.Raw
    round_p_a: float | None
    map_p_a: float | None
    series_p_a: float | None


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """Moments in the order of their seq. `next_from_seq` asks for what follows; null at the end. Without
    `is_complete` something in between is not to be had at this moment."""

    match_id: str
    items: list[Moment]
    next_from_seq: int | None
    is_complete: bool = True
