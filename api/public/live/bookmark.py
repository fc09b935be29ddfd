"""Where a client of Server-Sent Events goes on: the `id` of what it was told, and the way back from `Last-Event-ID`.

Belongs here: places by match and their text. Does not belong here: the stream itself (`endpoints`), frames (`frames`).
"""

from collections.abc import Sequence

import msgspec

from api.public.live.frames import Channel
from api.seqs import SEQ_MAX

NOWHERE = "-"
"""In an id, of a match that begins anew: not all of its channels have told anything."""
RESUMED: frozenset[Channel] = frozenset({"state", "predictions", "events"})
"""Channels that go on at a seq; results and positions are told whole each time."""
CHANNEL_OF: dict[str, Channel] = {
    "snapshot": "state",
    "delta": "state",
    "prediction": "predictions",
    "event": "events",
}


class Head(msgspec.Struct, frozen=True):
    """What of a frame says where it belongs."""

    message: str
    match_id: str | None = None
    seq: int | None = None
    channel: Channel | None = None
    """Of a retraction."""


class Bookmark:
    """The least seq that the channels of each match have told: from there on nothing was missed, and what was told
    above it is told again."""

    def __init__(
        self, match_ids: Sequence[str], channels: frozenset[Channel], starts: Sequence[int | None]
    ) -> None:
        self._channels = channels & RESUMED
        self._told: dict[str, dict[Channel, int]] = {
            match_id: {} if start is None else dict.fromkeys(self._channels, start)
            for match_id, start in zip(match_ids, starts, strict=True)
        }

    def turn(self, head: Head) -> str | None:
        """The id after this frame; None where it moves nothing, or nothing could go on from here."""
        channel = head.channel or CHANNEL_OF.get(head.message)
        told = self._told.get(head.match_id or "")
        if told is None or head.seq is None or channel not in self._channels:
            return None
        told[channel] = head.seq
        places = [self._place(told) for told in self._told.values()]
        return None if set(places) == {NOWHERE} else ".".join(places)

    def _place(self, told: dict[Channel, int]) -> str:
        return str(min(told.values())) if len(told) == len(self._channels) else NOWHERE


def starts_of(last_event_id: str, count: int) -> list[int | None]:
    """Where each of `count` matches goes on. Raises ValueError for what is no id of such a stream."""
    places = last_event_id.split(".")
    if len(places) != count:
        raise ValueError(f"names {len(places)} places, and {count} matches are asked for")
    return [None if place == NOWHERE else _seq(place) for place in places]


def _seq(place: str) -> int:
    if not (place.isascii() and place.isdigit() and len(place) < 20 and int(place) <= SEQ_MAX):
        raise ValueError(f"{place[:40]!r} is no seq")
    return int(place)
