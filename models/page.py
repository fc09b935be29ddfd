"""The events of the current round, stored compactly, so that the round can be refolded.

Belongs here: what is kept of an event, and in which form. Does not belong here: when to refold (`models.fold`).

Full blocks are compressed once, so a snapshot is a few kilobytes per match. Position samples are not kept, nor the
positions of shots and steps: positions only pass through to the outputs and are published once.
"""

from typing import Any

import msgspec
from backports import zstd
from msgspec import Struct
from msgspec.structs import replace

from game import events as e
from game.codec import DecodeError, decode, encode
from game.sequence import in_key

PACKING = -1
"""Compression level of zstd. Every match is compressed at each epoch while events wait; higher levels save little."""
BLOCK_EVENTS, BLOCK_BYTES = 64, 16 * 1024
PAGE_EVENTS, PAGE_BYTES = 1024, 40 * 1024
"""A page with this much is full: more than any round of a real match needs."""
LARGEST_AMBIENT = 2 * 1024
"""Larger chat and unknown events are not kept: nothing in a refold depends on them."""
_PLACES: dict[str, Any] = {"position": None, "yaw_deg": None, "pitch_deg": None}


class Told(Struct, frozen=True, kw_only=True):
    """An event of the current round, and the seq under which it was published."""

    seq: int
    raw: bytes
    number: int | None
    session: str

    @property
    def event(self) -> e.AnyEvent:
        """The event, as it was kept."""
        event = decode(self.raw, "msgpack")
        assert not isinstance(event, DecodeError), "what was encoded here decodes"
        return event

    def is_later(self, event: e.AnyEvent) -> bool:
        """Whether its source numbered it after `event`."""
        return self.number is not None and event.seq_no is not None and self.number > event.seq_no


class Page(Struct, kw_only=True):
    """An accumulator of published events; `blocks` are compressed, `tail` is not yet.
    `events` counts all events seen."""

    blocks: list[bytes] = []
    tail: list[Told] = []
    tail_bytes: int = 0
    events: int = 0

    @property
    def is_full(self) -> bool:
        """Whether the next event should start a new page, so that no feed makes a page grow without bound."""
        return self.events >= PAGE_EVENTS or sum(map(len, self.blocks)) >= PAGE_BYTES

    def keep(self, seq: int, event: e.AnyEvent) -> None:
        """Store one event."""
        self.events += 1
        if isinstance(event, e.PositionSample):
            return
        raw = encode(_without_place(event), "msgpack")
        if len(raw) > LARGEST_AMBIENT and type(event) in e.AMBIENT:
            return
        self.tail.append(Told(seq=seq, raw=raw, number=event.seq_no, session=session_of(event)))
        self.tail_bytes += len(raw)
        if len(self.tail) >= BLOCK_EVENTS or self.tail_bytes >= BLOCK_BYTES:
            self.blocks.append(zstd.compress(msgspec.msgpack.encode(self.tail), PACKING))
            self.tail, self.tail_bytes = [], 0

    def told(self) -> list[Told]:
        """All events of the page, in the order in which they were published."""
        blocks = (msgspec.msgpack.decode(zstd.decompress(block), type=list[Told]) for block in self.blocks)
        return [*(told for block in blocks for told in block), *self.tail]


def page_of(told: list[Told]) -> Page:
    """A page that holds these events."""
    return Page(tail=list(told), tail_bytes=sum(len(t.raw) for t in told), events=len(told))


def session_of(event: e.AnyEvent) -> str:
    """The key of the sequence that the event's `seq_no` belongs to: source and session."""
    return f"{in_key(event.source)}/{event.session or ''}"


def _without_place(event: e.AnyEvent) -> e.AnyEvent:
    match event:
        case e.WeaponFire():
            return replace(event, payload=replace(event.payload, **_PLACES))
        case e.WeaponReload() | e.Footstep() | e.Jump():
            return replace(event, payload=replace(event.payload, position=None))
        case _:
            return event
