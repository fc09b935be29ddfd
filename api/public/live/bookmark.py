"""Resume points of Server-Sent Events: the `id` of each event, and its decoding from `Last-Event-ID`.

Belongs here: places by match and their text form. Does not belong here: the stream (`endpoints`), frames (`frames`).
"""

from collections.abc import Callable, Sequence

import msgspec

from api.public.live.frames import Channel
from api.seqs import SEQ_MAX

PASS = "~"
"""Separates the places in an ID from the pass with which a browser may reconnect: it sends back only the ID and the
original address."""
NOWHERE = "-"
"""In an ID, the place of a match without a resume point: not all of its channels have sent anything yet."""
RESUMED: frozenset[Channel] = frozenset({"state", "predictions", "events"})
"""Channels that resume at a seq; results and positions are sent in full on each connection."""
CHANNEL_OF: dict[str, Channel] = {
    "snapshot": "state",
    "delta": "state",
    "prediction": "predictions",
    "event": "events",
}


class Head(msgspec.Struct, frozen=True):
    """The part of a frame that tells where it belongs."""

    message: str
    match_id: str | None = None
    seq: int | None = None
    channel: Channel | None = None
    """Set on a retraction."""


class Bookmark:
    """The lowest seq that all channels of each match have reached: resuming there misses nothing, and repeats what some
    channels had already sent. `pass_` returns the pass of a stream that was not opened with a key: every ID then
    contains one, and heartbeats have an ID too."""

    def __init__(
        self,
        match_ids: Sequence[str],
        channels: frozenset[Channel],
        starts: Sequence[int | None],
        *,
        pass_: Callable[[], str] | None = None,
    ) -> None:
        self._channels, self._pass = channels & RESUMED, pass_
        self._told: dict[str, dict[Channel, int]] = {
            match_id: {} if start is None else dict.fromkeys(self._channels, start)
            for match_id, start in zip(match_ids, starts, strict=True)
        }

    def turn(self, head: Head) -> str | None:
        """Return the ID after this frame; None if the frame changes nothing or no match has a resume point."""
        channel = head.channel or CHANNEL_OF.get(head.message)
        told = self._told.get(head.match_id or "")
        if told is not None and head.seq is not None and channel in self._channels:
            told[channel] = head.seq
        elif self._pass is None or head.message != "heartbeat":
            return None
        places = [self._place(told) for told in self._told.values()]
        if self._pass is not None:
            return f"{'.'.join(places)}{PASS}{self._pass()}"
        return None if set(places) == {NOWHERE} else ".".join(places)

    def _place(self, told: dict[Channel, int]) -> str:
        return str(min(told.values())) if told and len(told) == len(self._channels) else NOWHERE


def pass_of(last_event_id: str) -> str | None:
    """Return the pass in an ID, or None."""
    return last_event_id.partition(PASS)[2] or None


def starts_of(last_event_id: str, count: int) -> list[int | None]:
    """Return the start of each of `count` matches. Raises ValueError if the text is no ID of such a stream."""
    places = last_event_id.partition(PASS)[0].split(".")
    if len(places) != count:
        raise ValueError(f"names {len(places)} places, and {count} matches are asked for")
    return [None if place == NOWHERE else _seq(place) for place in places]


def _seq(place: str) -> int:
    if not (place.isascii() and place.isdigit() and len(place) < 20 and int(place) <= SEQ_MAX):
        raise ValueError(f"{place[:40]!r} is no seq")
    return int(place)
