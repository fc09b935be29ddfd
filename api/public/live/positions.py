"""The newest position sample of a match as the live feed tells it: whole to whom it is new, else what changed.

Belongs here: which of both is due. Does not belong here: rounding and differences (`game.positions`), who hears of it
(`desk`).
"""

from functools import cached_property

import msgspec

from api.public.live import frames
from game.messages import StateDelta
from game.payloads import PlayerPosition
from game.positions import Picture, moves, picture

WHOLE_EVERY = 128
"""Samples after which all is told again, 16 s at 8 a second: so long a client that has lost its way goes astray."""


class Sample:
    """A delta with positions; its picture is made only where somebody hears of it."""

    def __init__(self, message: StateDelta) -> None:
        self.message = message

    @cached_property
    def picture(self) -> Picture:
        return picture(msgspec.convert(self.message.positions, tuple[PlayerPosition, ...]))

    def whole(self) -> str:
        return frames.encoded(frames.positions(self.message, self.picture))


class Positions:
    """One match. Each sample follows the one before it here, whatever was lost between them."""

    def __init__(self) -> None:
        self._count = 0
        self._before: Sample | None = None
        self._newest: Sample | None = None

    def take(self, message: StateDelta) -> None:
        """The next sample."""
        self._count += 1
        self._before, self._newest = self._newest, Sample(message)

    def opening(self) -> list[str]:
        """What a client begins with."""
        return [] if self._newest is None else [self._newest.whole()]

    def newest(self) -> str:
        """What tells the newest sample, which there must be, to those who have the one before."""
        before, newest = self._before, self._newest
        assert newest is not None
        if before is None or self._count % WHOLE_EVERY == 0:
            return newest.whole()
        told = moves(before.picture, newest.picture)
        if told is None:
            return newest.whole()
        return frames.encoded(frames.moves(newest.message, told, prev_seq=before.message.seq))
