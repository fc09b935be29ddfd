"""A client's view of each match on the live feed, by the rules of docs/API.md: turns frames into updates and
subscriptions.

Belongs here: frames, their effects, where a match is resumed. Does not belong here: connections (`live`).
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from api.public.live.frames import (
    BeatFrame,
    Channel,
    ConflatedFrame,
    MovesFrame,
    PositionsFrame,
    RefusedFrame,
    ResultFrame,
    ResumeFrame,
    RetractionFrame,
    SubscribedFrame,
    SuspendFrame,
    UnsubscribedFrame,
)
from api.public.live.operations import Operation, Subscribe, Unsubscribe
from api.public.predictions.resources import PredictionView
from game.delta import applied
from game.messages import StateDelta
from game.positions import Picture, moved
from midround.client.any_text import any_text

Encoding = Literal["json", "msgpack"]


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="snapshot"):
    """The whole state, from the API itself or as the stream published it; the latter carries no `is_current`."""

    match_id: str
    seq: int
    prev_seq: int
    state: dict[str, Any]
    is_current: bool = True


class EventUpdate(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="event"):
    """A normalized event with the facts that follow from it. `corrects` is set if it is sent again after a
    retraction."""

    match_id: str
    seq: int
    prev_seq: int
    event_id: str
    map_id: str | None
    round_no: int | None
    ts_event: str
    type: str
    payload: Any
    facts: Any
    corrects: int | None
    source: str = ""
    match_tag: str = ""
    is_post_round: bool = False
    received_at: str | None = None
    processed_at: str | None = None


class StateUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """The whole state after `seq`. If `is_current` is false, it lacks some changes, until the next snapshot. `changed`
    holds the changes of a delta; None if the state is from a snapshot."""

    match_id: str
    seq: int
    state: dict[str, Any]
    is_current: bool
    changed: Mapping[str, Any] | None = None


class PositionsUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """All players of a position sample, in whole numbers."""

    match_id: str
    seq: int
    ts_event: str
    players: Picture


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """Messages on `channel` after `after_seq` and before `seq` were missed, perhaps including retractions: discard the
    predictions and events of this match, or fetch them over REST. If `after_seq` is above `seq`, the server has less of
    the match than before and goes on from `seq`."""

    match_id: str
    channel: Channel
    after_seq: int
    seq: int


LOST_AT_A_BEAT = 20
"""Lost matches that are requested again per heartbeat; the server accepts 500 operations a minute."""

Passed = (
    RetractionFrame
    | ResultFrame
    | SubscribedFrame
    | UnsubscribedFrame
    | RefusedFrame
    | ConflatedFrame
    | SuspendFrame
    | ResumeFrame
    | BeatFrame
)
"""Frames that are passed on as updates, unchanged."""
Update = StateUpdate | PositionsUpdate | PredictionView | EventUpdate | Missed | Passed
Frame = Snapshot | StateDelta | PositionsFrame | MovesFrame | PredictionView | EventUpdate | Passed


class _Head(msgspec.Struct, frozen=True):
    message: str


_KINDS = {each.__struct_config__.tag for each in Frame.__args__}
_LATER = any_text(Frame)
"""The same frames, tolerating string values of a later server."""
_DECODERS: Mapping[Encoding, tuple[Any, Any, Any]] = {
    "json": (msgspec.json.Decoder(Frame), msgspec.json.Decoder(_LATER), msgspec.json.Decoder(_Head)),
    "msgpack": (
        msgspec.msgpack.Decoder(Frame),
        msgspec.msgpack.Decoder(_LATER),
        msgspec.msgpack.Decoder(_Head),
    ),
}


class Follower:
    """One match as the client knows it. `asked` is the original subscription."""

    def __init__(self, asked: Subscribe) -> None:
        self.asked = asked
        self.state: dict[str, Any] = {}
        self.seq = 0
        self.is_waiting = True
        self.is_begun = False
        """Whether the server has the match: it confirmed the subscription or sent something of the match."""
        self.is_ahead = False
        """The server reported less of the match than the client has: its next snapshot counts."""
        self._known: dict[Channel, int] = {}
        """The last known seq of each channel, retractions included."""
        self._sample: PositionsUpdate | None = None
        self._begun_at: int | None = None
        """The seq of the match at subscription: a silent channel has had no message since."""

    @property
    def resume_from(self) -> int | None:
        """The first seq that is missing on any channel; None: begin with a snapshot."""
        if not self._known:
            return self.asked.from_seq
        if self.is_waiting and "state" in self.asked.channels and "events" not in self.asked.channels:
            return None
        silent = self.asked.channels - {"results", "positions"} - self._known.keys()
        since = [self._begun_at] if silent and self._begun_at is not None else []
        return min([*self._known.values(), *since]) + 1

    def subscribed(self, frame: SubscribedFrame) -> list[Update]:
        if not self._known:
            self._begun_at = frame.seq if self.asked.from_seq is None else self.asked.from_seq - 1
        self.is_begun, self.is_ahead = True, frame.seq < self.seq
        return [frame]

    def snapshot(self, frame: Snapshot) -> list[Update]:
        missed = self._anew(frame.seq) if self.is_ahead and frame.is_current else []
        if frame.seq <= self.seq and not self.is_waiting:
            return []
        missed += self._heard("state", frame.seq, prev_seq=frame.prev_seq)
        self.state, self.seq, self.is_waiting = frame.state, frame.seq, not frame.is_current
        return [*missed, self._told()]

    def delta(self, frame: StateDelta) -> list[Update]:
        if frame.seq <= self.seq:
            return []
        missed = self._heard("state", frame.seq, prev_seq=frame.prev_seq)
        self.is_waiting = self.is_waiting or frame.prev_seq != self.seq
        carried = {"seq": frame.seq, "last_ts": msgspec.to_builtins(frame.ts_event)}
        self.state, self.seq, self.is_ahead = applied(self.state, frame.set) | carried, frame.seq, False
        return [*missed, self._told(changed=frame.set)]

    def positions(self, frame: PositionsFrame | MovesFrame) -> list[Update]:
        """Apply a position sample. Moves relative to a missed sample are dropped: the server sends all players at
        intervals."""
        was, self.is_begun = self._sample, True
        if isinstance(frame, PositionsFrame):
            players = frame.players
        elif was is not None and was.seq == frame.prev_seq:
            players = moved(was.players, frame)
        else:
            return []
        self._sample = PositionsUpdate(
            match_id=frame.match_id, seq=frame.seq, ts_event=frame.ts_event, players=players
        )
        return [self._sample]

    def message(self, channel: Channel, frame: PredictionView | EventUpdate) -> list[Update]:
        """Apply a message of a channel whose messages are self-contained."""
        if frame.seq <= self._known.get(channel, -1):
            return []
        return [*self._heard(channel, frame.seq, prev_seq=frame.prev_seq), frame]

    def retraction(self, frame: RetractionFrame) -> list[Update]:
        known = self._known.get(frame.channel)
        if known is not None and frame.from_seq <= known + 1:
            self._known[frame.channel] = max(known, frame.to_seq)
        if frame.channel != "state" or not frame.from_seq <= self.seq <= frame.to_seq:
            return [frame]
        self.is_waiting = True
        return [frame, self._told()]

    def _heard(self, channel: Channel, seq: int, *, prev_seq: int) -> list[Update]:
        """Record that `channel` has reached `seq`, and return what was missed before it."""
        known, self._known[channel] = self._known.get(channel, self._before(channel, prev_seq)), seq
        self.is_begun = True
        told = Missed(match_id=self.asked.match_id, channel=channel, after_seq=known, seq=seq)
        return [] if prev_seq <= known else [told]

    def _anew(self, seq: int) -> list[Update]:
        """Start over with a server that has the match only up to `seq`; whatever was known beyond it is void."""
        known, self._known, self._begun_at = self._known, {}, seq
        self.is_ahead, self.is_waiting = False, True
        match_id = self.asked.match_id
        return [
            Missed(match_id=match_id, channel=channel, after_seq=at, seq=seq)
            for channel, at in known.items()
            if at > seq
        ]

    def _before(self, channel: Channel, prev_seq: int) -> int:
        """Return the seq up to which a silent channel is known: that which its first message follows, but no more than
        what the client had at subscription."""
        if self.asked.from_seq is None or channel == "state":
            return prev_seq
        return min(prev_seq, max(0, self.asked.from_seq - 1))

    def _told(self, *, changed: Mapping[str, Any] | None = None) -> StateUpdate:
        return StateUpdate(
            match_id=self.asked.match_id,
            seq=self.seq,
            state=self.state,
            is_current=not self.is_waiting,
            changed=changed,
        )


class Feed:
    """All matches of successive connections: pass received frames to `take`, send the operations from `take_said`."""

    def __init__(self, encoding: Encoding = "json") -> None:
        self.encoding = encoding
        self.matches: dict[str, Follower] = {}
        self._said: list[Operation] = []
        self._lost: dict[str, None] = {}
        """Ordered by refusal."""
        self._frames, self._later, self._heads = _DECODERS[encoding]

    def ask(self, asked: Operation) -> None:
        """Subscribe to a match from the start of the subscription, or unsubscribe."""
        if isinstance(asked, Unsubscribe):
            self.matches.pop(asked.match_id, None)
        else:
            self.matches[asked.match_id] = Follower(asked)
        self._said.append(asked)

    def begin(self) -> None:
        """A connection was opened: subscribe to every match again, from where it stands."""
        self._said = [_resumed(each) for each in self.matches.values()]
        self._lost.clear()

    def take_said(self) -> list[str]:
        """Return the operations to send now, in order."""
        said, self._said = self._said, []
        return [msgspec.json.encode(each).decode() for each in said]

    def take(self, data: str | bytes) -> list[Update]:
        """Return the updates that a frame causes; none for what the client already has. Of a later server, unknown
        kinds of frames are ignored and unknown values kept as they are. Raises msgspec.DecodeError."""
        try:
            frame: Frame = self._frames.decode(data)
        except msgspec.ValidationError:
            if self._heads.decode(data).message not in _KINDS:
                return []
            frame = self._later.decode(data)
        if isinstance(frame, BeatFrame):
            self._ask_for_lost()
            return [frame]
        if isinstance(frame, RefusedFrame):
            return self._refused(frame)
        follower = self.matches.get(frame.match_id)
        if follower is None:
            return [frame] if isinstance(frame, UnsubscribedFrame) else []
        return _followed(follower, frame)

    def _refused(self, frame: RefusedFrame) -> list[Update]:
        """Keep a refused match for another attempt if it was followed before (the server may not have read it again
        yet) or if only the store did not answer; drop any other."""
        follower = self.matches.get(frame.match_id or "")
        if follower is not None and (follower.is_begun or frame.field == "store"):
            self._lost[follower.asked.match_id] = None
            return []
        self.matches.pop(frame.match_id or "", None)
        return [frame]

    def _ask_for_lost(self) -> None:
        for each in list(self._lost)[:LOST_AT_A_BEAT]:
            del self._lost[each]
            if each in self.matches:
                self._said.append(_resumed(self.matches[each]))


def _resumed(follower: Follower) -> Subscribe:
    return msgspec.structs.replace(follower.asked, from_seq=follower.resume_from)


def _followed(follower: Follower, frame: Frame) -> list[Update]:
    match frame:
        case Snapshot():
            return follower.snapshot(frame)
        case StateDelta():
            return follower.delta(frame)
        case PositionsFrame() | MovesFrame():
            return follower.positions(frame)
        case PredictionView():
            return follower.message("predictions", frame)
        case EventUpdate():
            return follower.message("events", frame)
        case RetractionFrame():
            return follower.retraction(frame)
        case SubscribedFrame():
            return follower.subscribed(frame)
        case _:
            return [frame]
