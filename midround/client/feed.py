"""What a client of the live feed has: the state by the rules of docs/API.md, and the newest prediction.

Belongs here: frames to updates, and from where to resume. Does not belong here: connections (`rest`).
"""

from typing import Any, assert_never

import msgspec

from api.public.live.frames import HeartbeatFrame, RetractionFrame
from api.public.predictions.resources import PredictionView
from game.delta import applied
from game.messages import StateDelta


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, tag_field="message", tag="snapshot"):
    """The whole state, from the API itself or as the stream published it; the latter says nothing of `is_current`."""

    seq: int
    state: dict[str, Any]
    is_current: bool = True


class StateUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """The whole state after `seq`. Without `is_current` something before the next snapshot is missing."""

    match_id: str
    seq: int
    state: dict[str, Any]
    is_current: bool


class PredictionsVoid(msgspec.Struct, frozen=True, kw_only=True):
    """Predictions from `from_seq` to `to_seq` are void; what replaces them follows."""

    match_id: str
    from_seq: int
    to_seq: int


Update = StateUpdate | PredictionView | PredictionsVoid
Frame = Snapshot | StateDelta | PredictionView | RetractionFrame | HeartbeatFrame
_FRAMES: "msgspec.json.Decoder[Frame]" = msgspec.json.Decoder(Frame)


class Follower:
    """One match as a client has it."""

    def __init__(self, match_id: str) -> None:
        self.match_id = match_id
        self.state: dict[str, Any] = {}
        self.seq = 0
        self.is_waiting = True
        self.prediction_seq = 0

    @property
    def resume_from(self) -> int | None:
        """The first seq that is missing of either channel; None: begin with a snapshot."""
        return None if self.is_waiting else min(self.seq, self.prediction_seq or self.seq) + 1

    def take(self, text: str | bytes) -> list[Update]:
        """What a frame changes. What the client has already changes nothing. Raises msgspec.DecodeError."""
        frame = _FRAMES.decode(text)
        match frame:
            case Snapshot():
                return self._snapshot(frame)
            case StateDelta():
                return self._delta(frame)
            case PredictionView():
                return self._prediction(frame)
            case RetractionFrame():
                return self._retraction(frame)
            case HeartbeatFrame():
                return []
            case _:
                assert_never(frame)

    def _snapshot(self, frame: Snapshot) -> list[Update]:
        if frame.seq <= self.seq and not self.is_waiting:
            return []
        self.state, self.seq, self.is_waiting = frame.state, frame.seq, not frame.is_current
        return [self._told()]

    def _delta(self, frame: StateDelta) -> list[Update]:
        if frame.seq <= self.seq:
            return []
        self.is_waiting = self.is_waiting or frame.prev_seq != self.seq
        carried = {"seq": frame.seq, "last_ts": msgspec.to_builtins(frame.ts_event)}
        self.state, self.seq = applied(self.state, frame.set) | carried, frame.seq
        return [self._told()]

    def _prediction(self, frame: PredictionView) -> list[Update]:
        if frame.seq <= self.prediction_seq:
            return []
        self.prediction_seq = frame.seq
        return [frame]

    def _retraction(self, frame: RetractionFrame) -> list[Update]:
        if frame.channel == "predictions":
            return [PredictionsVoid(match_id=self.match_id, from_seq=frame.from_seq, to_seq=frame.to_seq)]
        if not frame.from_seq <= self.seq <= frame.to_seq:
            return []
        self.is_waiting = True
        return [self._told()]

    def _told(self) -> StateUpdate:
        return StateUpdate(
            match_id=self.match_id, seq=self.seq, state=self.state, is_current=not self.is_waiting
        )
