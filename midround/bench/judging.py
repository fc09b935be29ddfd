"""Checks what one client received: does each frame follow the one before, and does the last one reach the end of its
match?

Belongs here: the heads of frames, of the live feed and of GraphQL, and the check. Does not belong here: sockets.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec

STATES = frozenset({"snapshot", "delta"})
KEPT = 4_096
"""Maximum number of decoded frames that are cached."""


class Place(msgspec.Struct, kw_only=True):
    """The position of a match: the last seq of its state and of its predictions, 0 if there was none."""

    state: int = 0
    predictions: int = 0


class Head(msgspec.Struct, frozen=True):
    """The part of a frame that its order is judged by. `told_s` is when the stream had its result (wall clock)."""

    message: str
    match_id: str = ""
    seq: int = 0
    prev_seq: int | None = None
    told_s: float | None = None


Read = Callable[[bytes], Head]


class _Live(msgspec.Struct, frozen=True):
    message: str
    match_id: str = ""
    seq: int = 0
    prev_seq: int = 0
    processed_at: datetime | None = None
    predicted_at: datetime | None = None


class _Prediction(msgspec.Struct, frozen=True, rename="camel"):
    seq: int
    ts_calc: datetime


class _Data(msgspec.Struct, frozen=True, rename="camel"):
    prediction_updated: _Prediction | None = None


class _Payload(msgspec.Struct, frozen=True):
    data: _Data = _Data()


class _Graph(msgspec.Struct, frozen=True):
    type: str
    payload: _Payload = _Payload()


_LIVE = msgspec.json.Decoder(_Live)
_GRAPH = msgspec.json.Decoder(_Graph)


def live_head(text: bytes) -> Head:
    """Return the head of a live feed frame."""
    told = _LIVE.decode(text)
    at = told.processed_at or told.predicted_at
    told_s = None if at is None else at.timestamp()
    return Head(told.message, told.match_id, told.seq, told.prev_seq, told_s)


def graph_head(text: bytes) -> Head:
    """Return the head of a graphql-transport-ws message. A subscription yields only the newest prediction, so there is
    no `prev_seq`."""
    told = _GRAPH.decode(text)
    found = told.payload.data.prediction_updated
    if told.type != "next" or found is None:
        return Head(told.type)
    return Head("prediction", seq=found.seq, told_s=found.ts_calc.timestamp())


def remembered(read: Read) -> Read:
    """Cache `read`: all clients of a match get the same bytes."""
    heads: dict[bytes, Head] = {}

    def look(text: bytes) -> Head:
        found = heads.get(text)
        if found is None:
            if len(heads) >= KEPT:
                heads.clear()
            found = heads[text] = read(text)
        return found

    return look


class Judge:
    """Checks the frames of one client. Gaps after an opening or a conflation are explained; any other gap is a hole."""

    __slots__ = ("conflated", "explained", "holes", "place")

    def __init__(self) -> None:
        self.place = Place()
        self.holes = self.conflated = 0
        self.explained = {"state", "predictions"}

    def take(self, head: Head) -> None:
        if head.message in STATES:
            self.place.state = self._next(head, "state", self.place.state)
        elif head.message == "prediction":
            self.place.predictions = self._next(head, "predictions", self.place.predictions)
        elif head.message == "conflated":
            self.conflated += 1
            self.explained = {"state", "predictions"}

    def _next(self, head: Head, channel: str, last: int) -> int:
        if head.seq <= last:
            return last
        is_next = head.prev_seq is None or head.prev_seq == last
        self.holes += not is_next and channel not in self.explained
        self.explained.discard(channel)
        return head.seq
