"""Reads the timeline of a match from the store, and from memory what the store does not have yet.

Belongs here: plain functions. Does not belong here: paging (`api.public.paging`), response types (`resources`).
"""

from collections.abc import Sequence

import msgspec

from api.public.board import Matches
from api.public.desk import Desk
from api.public.events.resources import Published
from api.public.history import History, Stored
from api.public.moments import iso
from api.public.paging import before_memory, paged
from api.public.timeline.resources import Moment, Timeline

TYPES = (
    "series_started",
    "map_started",
    "sides_set",
    "round_started",
    "freeze_ended",
    "kill",
    "bomb_planted",
    "bomb_defused",
    "bomb_exploded",
    "round_ended",
    "match_restarted",
    "backup_restored",
    "round_voided",
    "map_ended",
    "series_ended",
)
"""Event types of the timeline. Movement, shots and money are excluded."""
KILLS = ("kill",)
BEFORE = ("warmup", "knife")


async def timeline(
    board: Matches, history: History, match_id: str, *, types: Sequence[str], from_seq: int, limit: int
) -> Timeline:
    """Return events of these types from `from_seq` on. Raises AwayError if memory holds nothing.

    The store is queried even if memory has the events: it keeps the win probabilities after them for longer.
    """

    async def fetch(seq: int) -> Stored[Moment]:
        return await history.moments(match_id, types=types, from_seq=seq, limit=limit + 1)

    desk = board.find(match_id)
    before = await before_memory(
        None if desk is None else desk.events, fetch, from_seq=from_seq, seq_of=_seq_of
    )
    items, is_complete = before.items, before.is_there
    if desk is not None and len(items) <= limit:
        held = desk.events.since(before.follows, keep=lambda event: _is_told(event, types))
        items = items + [_held(desk, event) for event in held]
        is_complete = before.meets(desk.events)
    found = paged(items, limit=limit, seq_of=_seq_of, is_complete=is_complete)
    return Timeline(match_id=match_id, **msgspec.structs.asdict(found))


def _seq_of(moment: Moment) -> int:
    return moment.seq


def _is_told(event: Published, types: Sequence[str]) -> bool:
    """Whether the event is part of the timeline. Kills in warm-up and knife round are not."""
    return event.type in types and (event.type != "kill" or event.match_tag not in BEFORE)


def _held(desk: Desk, event: Published) -> Moment:
    kept = desk.predictions.find(lambda each: each.view.seq == event.seq)
    told = None if kept is None else kept.view
    return Moment(
        seq=event.seq,
        ts_event=iso(event.ts_event),
        type=event.type,
        map_id=event.map_id,
        round_no=event.round_no,
        round_time_s=None if told is None else told.round_time_s,
        payload=event.event.payload,
        round_p_a=None if told is None else told.round.p_a,
        map_p_a=None if told is None else told.map.p_a,
        series_p_a=None if told is None else told.series.p_a,
    )
