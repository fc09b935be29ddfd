"""A watcher of one match: it is woken when a channel changes and then reads the new data itself.

Belongs here: the wake-up signal, and the span retracted meanwhile; no messages are kept. Does not belong here: the data
(`desk`), clients that receive every message (`live.subscriber`).
"""

import asyncio
from typing import Literal

Channel = Literal["state", "predictions", "events"]


class Watcher:
    """Watches one channel of one match. Use it on one event loop only."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.is_closed = False
        self._changed = asyncio.Event()
        self._void: range | None = None

    def ring(self) -> None:
        """Signal that something is new."""
        self._changed.set()

    def void(self, span: range) -> None:
        """Signal that what was published under these seqs is retracted. Several spans are merged into the smallest span
        that contains them all."""
        held = self._void
        self._void = span if held is None else range(min(held.start, span.start), max(held.stop, span.stop))
        self._changed.set()

    def close(self) -> None:
        """Signal that nothing more will come."""
        self.is_closed = True
        self._changed.set()

    async def wait(self) -> None:
        """Wait until something is new since the last call, or nothing more will come."""
        await self._changed.wait()
        if not self.is_closed:
            self._changed.clear()

    def take_void(self) -> range | None:
        """Return the span retracted since the last call, or None."""
        found, self._void = self._void, None
        return found
