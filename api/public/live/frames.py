"""Frames of the live feed as text, encoded once for all clients.

Belongs here: frames. Does not belong here: their recipients (`subscriber`), sockets (`endpoints`).
"""

from datetime import datetime
from typing import Any, Literal

import msgspec

from api.public.events.resources import Published
from api.public.moments import iso, iso_or_none
from game.finality import Finality, Settled
from game.messages import Horizon, Retraction, StateDelta
from game.positions import Moves, Picture
from game.view import MatchView

Channel = Literal["state", "predictions", "events", "results", "positions"]
Doubt = Literal["feed_away", "stream_late", "state_doubtful", "source_silent"]
_ENCODE = msgspec.json.Encoder().encode


class SnapshotFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="snapshot"):
    """The state after `seq`. If `is_current` is false, a snapshot from the stream is still to come."""

    match_id: str
    seq: int
    prev_seq: int
    ts_event: str | None
    is_current: bool
    state: dict[str, Any]


class RetractionFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="retraction"):
    """Messages on `channel` with seqs from `from_seq` to `to_seq` are void."""

    channel: Channel
    match_id: str
    seq: int
    from_seq: int
    to_seq: int
    reason: str


class HeartbeatFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="heartbeat"):
    """No news: the newest seq of the state, and whether new records of the match in the log arrive here."""

    match_id: str
    seq: int
    ts: str
    is_feed_alive: bool


class EventFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="event"):
    """An event as processed; `payload` and `facts` are JSON as published."""

    match_id: str
    seq: int
    prev_seq: int
    event_id: str
    map_id: str | None
    round_no: int | None
    ts_event: str
    type: str
    source: str
    match_tag: str
    is_post_round: bool
    payload: msgspec.Raw
    facts: msgspec.Raw
    corrects: int | None
    received_at: str | None
    processed_at: str | None


class ResultFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="result"):
    """The result of a round, a map or the series. provisional: may still be replayed; final: what follows has begun;
    amended: differs from what was published before; revoked: open again. The last frame of a key counts."""

    match_id: str
    seq: int
    horizon: Horizon
    map_id: str | None
    round_no: int | None
    winner_team: str | None
    score_a: int
    score_b: int
    finality: Finality


class PositionsFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="positions"):
    """The positions of all players, in whole numbers: the first frame of the channel, repeated from time to time.
    `moves` frames refer to players by their index here."""

    match_id: str
    seq: int
    ts_event: str
    players: Picture


class MovesFrame(Moves, frozen=True, kw_only=True, omit_defaults=True, tag_field="message", tag="moves"):
    """Changes since the frame `prev_seq` of this channel. Each item of `moves` is a player's index, then the
    differences in x, y, z, yaw_deg, pitch_deg, without trailing zeros; `set` maps player IDs to fields with new values.
    Useless without that previous frame."""

    match_id: str
    seq: int
    prev_seq: int
    ts_event: str


class SubscribedFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="subscribed"):
    """The subscription is active: frames of this match follow, from this seq of its state on."""

    match_id: str
    channels: tuple[Channel, ...]
    seq: int


class UnsubscribedFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="unsubscribed"):
    """The subscription has ended: no more frames of this match follow."""

    match_id: str


class RefusedFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="refused"):
    """An operation that was refused: the field at fault and the reason."""

    field: str
    reason: str
    match_id: str | None = None


class ConflatedFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="conflated"):
    """The client read too slowly: its unread frames of this match were dropped. A snapshot follows; predictions
    received before may have been retracted."""

    match_id: str
    seq: int


class SuspendFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="suspend"):
    """The data of the match may be out of date: do not act on it until `resume`. `swing` is the probability that the
    round win probability moves by .15 or more within five seconds, where the model publishes it."""

    match_id: str
    seq: int
    ts: str
    reason: Doubt
    swing: float | None


class ResumeFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="resume"):
    """The reason for the suspension no longer holds."""

    match_id: str
    seq: int
    ts: str


class BeatFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="heartbeat"):
    """Sent every five seconds: the newest seq of each match followed on this connection, and whether new records of
    these matches in the log arrive here."""

    ts: str
    is_feed_alive: bool
    matches: dict[str, int]


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


def event(message: Published) -> EventFrame:
    return EventFrame(
        match_id=message.match_id,
        seq=message.seq,
        prev_seq=message.prev_seq,
        event_id=message.event_id,
        map_id=message.map_id,
        round_no=message.round_no,
        ts_event=iso(message.ts_event),
        type=message.type,
        source=message.source,
        match_tag=message.match_tag,
        is_post_round=message.is_post_round,
        payload=message.event.payload,
        facts=message.facts,
        corrects=message.corrects,
        received_at=iso_or_none(message.received_at),
        processed_at=iso_or_none(message.processed_at),
    )


def result(told: Settled, view: MatchView) -> ResultFrame:
    """Build the frame of a result of `view`."""
    return ResultFrame(
        match_id=view.match_id,
        seq=view.seq,
        horizon=told.horizon,
        map_id=told.map_id,
        round_no=told.round_no,
        winner_team=told.outcome.winner_team,
        score_a=told.outcome.score_a,
        score_b=told.outcome.score_b,
        finality=told.finality,
    )


def positions(message: StateDelta, players: Picture) -> PositionsFrame:
    return PositionsFrame(
        match_id=message.match_id, seq=message.seq, ts_event=iso(message.ts_event), players=players
    )


def moves(message: StateDelta, told: Moves, *, prev_seq: int) -> MovesFrame:
    return MovesFrame(
        match_id=message.match_id,
        seq=message.seq,
        prev_seq=prev_seq,
        ts_event=iso(message.ts_event),
        moves=told.moves,
        set=told.set,
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
