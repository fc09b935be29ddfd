"""Response types of the timeline.

Belongs here: types only. Does not belong here: reading events (`queries`).
"""

import msgspec


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the timeline with team A's win probabilities after it; null where there is no prediction."""

    seq: int
    ts_event: str
    type: str
    map_id: str | None
    round_no: int | None
    round_time_s: float | None
    """Seconds since the end of freeze time."""
    payload: msgspec.Raw
    round_p_a: float | None
    map_p_a: float | None
    series_p_a: float | None


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """Events ordered by `seq`. `next_from_seq` requests the next page; null on the last page. If `is_complete` is
    false, some events in between are unavailable at present."""

    match_id: str
    items: list[Moment]
    next_from_seq: int | None
    is_complete: bool = True
