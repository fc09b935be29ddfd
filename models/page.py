"""The events of the running round, kept small, so that the round can be folded again.

Belongs here: what is kept of an event, and in which form. Does not belong here: when to fold again (`models.fold`).

Full blocks are compressed once; what is snapshotted is then a few kilobytes a match. Position samples are not kept, nor
where shots and steps were made: positions pass through to the outputs and are told once.
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
"""The level of zstd: every match is packed at each epoch, while events wait; higher ones save little."""
BLOCK_EVENTS, BLOCK_BYTES = 64, 16 * 1024
PAGE_EVENTS, PAGE_BYTES = 1024, 40 * 1024
"""A page that holds so much is full: more than a round of any real match says."""
LARGEST_AMBIENT = 2 * 1024
"""Chat and unknown events beyond this are told once: nothing that is folded again depends on them."""
_PLACES: dict[str, Any] = {"position": None, "yaw_deg": None, "pitch_deg": None}


class Told(Struct, frozen=True, kw_only=True):
    """An event of the running round, and the seq under which it was told."""

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
        """Whether its source counted it after `event`."""
        return self.number is not None and event.seq_no is not None and self.number > event.seq_no


class Page(Struct, kw_only=True):
    """An accumulator of told events; `blocks` are compressed, `tail` is not yet. `events` counts all that were told."""

    blocks: list[bytes] = []
    tail: list[Told] = []
    tail_bytes: int = 0
    events: int = 0

    @property
    def is_full(self) -> bool:
        """Whether the next event should stand on a new page, so that no feed makes it grow without bound."""
        return self.events >= PAGE_EVENTS or sum(map(len, self.blocks)) >= PAGE_BYTES

    def keep(self, seq: int, event: e.AnyEvent) -> None:
        """Remember one event."""
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
        """All events of the page, in the order in which they were told."""
        blocks = (msgspec.msgpack.decode(zstd.decompress(block), type=list[Told]) for block in self.blocks)
        return [*(told for block in blocks for told in block), *self.tail]


def page_of(told: list[Told]) -> Page:
    """A page that holds these events."""
    return Page(tail=list(told), tail_bytes=sum(len(t.raw) for t in told), events=len(told))


def session_of(event: e.AnyEvent) -> str:
    """Whose count `seq_no` belongs to."""
    return f"{in_key(event.source)}/{event.session or ''}"


def _without_place(event: e.AnyEvent) -> e.AnyEvent:
    match event:
        case e.WeaponFire():
            return replace(event, payload=replace(event.payload, **_PLACES))
        case e.WeaponReload() | e.Footstep() | e.Jump():
            return replace(event, payload=replace(event.payload, position=None))
        case _:
            return event
