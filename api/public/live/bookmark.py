"""Where a client of Server-Sent Events goes on: the `id` of what it was told, and the way back from `Last-Event-ID`.

Belongs here: places by match and their text. Does not belong here: the stream itself (`endpoints`), frames (`frames`).
"""

from collections.abc import Callable, Sequence

import msgspec

from api.public.live.frames import Channel
from api.seqs import SEQ_MAX

PASS = "~"
"""In an id, before what a browser may go on with: it sends the id back, and the address as it was."""
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
    above it is told again. `pass_` gives what a stream goes on with that no key opened: every id has it then, and each
    heartbeat an id."""

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
        """The id after this frame; None where it moves nothing, or nothing could go on from here."""
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
    """What of an id is a pass; null where none is in it."""
    return last_event_id.partition(PASS)[2] or None


def starts_of(last_event_id: str, count: int) -> list[int | None]:
    """Where each of `count` matches goes on. Raises ValueError for what is no id of such a stream."""
    places = last_event_id.partition(PASS)[0].split(".")
    if len(places) != count:
        raise ValueError(f"names {len(places)} places, and {count} matches are asked for")
    return [None if place == NOWHERE else _seq(place) for place in places]


def _seq(place: str) -> int:
    if not (place.isascii() and place.isdigit() and len(place) < 20 and int(place) <= SEQ_MAX):
        raise ValueError(f"{place[:40]!r} is no seq")
    return int(place)
