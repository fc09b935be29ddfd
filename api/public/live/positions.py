"""The newest position sample of a match for the live feed: a full frame for new clients, else the changes.

Belongs here: which of the two is due. Does not belong here: rounding and differences (`game.positions`), recipients
(`desk`).
"""

from functools import cached_property

import msgspec

from api.public.live import frames
from game.messages import StateDelta
from game.payloads import PlayerPosition
from game.positions import Picture, moves, picture

WHOLE_EVERY = 128
"""Samples between full frames: 16 s at 8 samples per second, the longest time that a client may be out of step."""


class Sample:
    """A delta with positions. Its picture is computed only if a client receives it."""

    def __init__(self, message: StateDelta) -> None:
        self.message = message

    @cached_property
    def picture(self) -> Picture:
        return picture(msgspec.convert(self.message.positions, tuple[PlayerPosition, ...]))

    def whole(self) -> str:
        return frames.encoded(frames.positions(self.message, self.picture))


class Positions:
    """The positions of one match. Each sample refers to the one taken before it, whatever was lost in between."""

    def __init__(self) -> None:
        self._count = 0
        self._before: Sample | None = None
        self._newest: Sample | None = None

    def take(self, message: StateDelta) -> None:
        """Take the next sample."""
        self._count += 1
        self._before, self._newest = self._newest, Sample(message)

    def opening(self) -> list[str]:
        """Return the initial frames of a client."""
        return [] if self._newest is None else [self._newest.whole()]

    def newest(self) -> str:
        """Return the frame of the newest sample for clients that have the previous one. There must be a sample."""
        before, newest = self._before, self._newest
        assert newest is not None
        if before is None or self._count % WHOLE_EVERY == 0:
            return newest.whole()
        told = moves(before.picture, newest.picture)
        if told is None:
            return newest.whole()
        return frames.encoded(frames.moves(newest.message, told, prev_seq=before.message.seq))
