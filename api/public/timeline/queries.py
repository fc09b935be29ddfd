"""The story of a match from the store, and from memory what the store has not yet. Plain functions."""

from collections.abc import Sequence

import msgspec

from api.public import sql
from api.public.board import Matches
from api.public.desk import Desk
from api.public.events.resources import Published
from api.public.history import History, HistoryAwayError, Row
from api.public.moments import iso
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
"""What makes the story; moves, shots and money do not."""
KILLS = ("kill",)
BEFORE = ("warmup", "knife")


async def timeline(
    board: Matches, history: History, match_id: str, *, types: Sequence[str], from_seq: int, limit: int
) -> Timeline:
    """Moments of these types from `from_seq` on. Raises HistoryAwayError where nothing is in memory."""
    desk = board.find(match_id)
    asked = {"types": list(types), "from_seq": from_seq, "limit": limit + 1}
    try:
        rows = await history.rows(sql.TIMELINE, match_id=match_id, **asked)
    except HistoryAwayError:
        if desk is None or not desk.events:
            raise
        rows = []
    items = [_stored(row) for row in rows]
    if desk is not None and len(items) <= limit:
        follows = items[-1].seq + 1 if items else from_seq
        held = desk.events.since(follows, keep=lambda event: _is_told(event, types))
        items += [_held(desk, event) for event in held]
    following = items[limit].seq if len(items) > limit else None
    return Timeline(match_id=match_id, items=items[:limit], next_from_seq=following)


def _is_told(event: Published, types: Sequence[str]) -> bool:
    """Kills of the warm-up and the knife round are no part of the story."""
    return event.type in types and (event.type != "kill" or event.match_tag not in BEFORE)


def _stored(row: Row) -> Moment:
    return Moment(**row | {"ts_event": iso(row["ts_event"]), "payload": msgspec.Raw(row["payload"])})


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
