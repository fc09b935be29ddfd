"""What is said on the live feed, as text: encoded once for all clients.

Belongs here: frames. Does not belong here: who gets them (`subscriber`), sockets (`endpoints`).
"""

from datetime import datetime
from typing import Any, Literal

import msgspec

from api.public.moments import iso, iso_or_none
from game.messages import Retraction
from game.view import MatchView

Channel = Literal["state", "predictions"]
_ENCODE = msgspec.json.Encoder().encode


class SnapshotFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="snapshot"):
    """The state after `seq`. Without `is_current` a snapshot from the stream is still to come."""

    match_id: str
    seq: int
    prev_seq: int
    ts_event: str | None
    is_current: bool
    state: dict[str, Any]


class RetractionFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="retraction"):
    """What was said on `channel` from `from_seq` to `to_seq` is void."""

    channel: Channel
    match_id: str
    seq: int
    from_seq: int
    to_seq: int
    reason: str


class HeartbeatFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="heartbeat"):
    """Nothing new; the newest seq of the state, and whether the feed behind this process is alive."""

    match_id: str
    seq: int
    ts: str
    is_feed_alive: bool


def encoded(frame: msgspec.Struct) -> str:
    return _ENCODE(frame).decode()


def snapshot(view: MatchView) -> SnapshotFrame:
    return SnapshotFrame(
        match_id=view.match_id,
        seq=view.seq,
        prev_seq=view.prev_seq,
        ts_event=iso_or_none(view.ts_event),
        is_current=view.is_current,
        state=view.state,
    )


def retraction(message: Retraction, channel: Channel) -> RetractionFrame:
    return RetractionFrame(
        channel=channel,
        match_id=message.match_id,
        seq=message.seq,
        from_seq=message.from_seq,
        to_seq=message.to_seq,
        reason=message.reason,
    )


def heartbeat(match_id: str, *, seq: int, now: datetime, is_feed_alive: bool) -> HeartbeatFrame:
    return HeartbeatFrame(match_id=match_id, seq=seq, ts=iso(now), is_feed_alive=is_feed_alive)
