"""One who wants to know that a match has moved, and looks for itself what is new. Keeps nothing that was said.

Belongs here: the bell, and what was withdrawn while nobody looked. Does not belong here: what is looked at (`desk`),
who is told all (`live.subscriber`).
"""

import asyncio
from typing import Literal

Channel = Literal["state", "predictions", "events"]


class Watcher:
    """Hears of one channel of one match. For one event loop."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.is_closed = False
        self._changed = asyncio.Event()
        self._void: range | None = None

    def ring(self) -> None:
        """Something is new."""
        self._changed.set()

    def void(self, span: range) -> None:
        """What was said under these seq is void; several spans become the one that holds them all."""
        held = self._void
        self._void = span if held is None else range(min(held.start, span.start), max(held.stop, span.stop))
        self._changed.set()

    def close(self) -> None:
        """Nothing more will come."""
        self.is_closed = True
        self._changed.set()

    async def wait(self) -> None:
        """Until something is new since the last time, or nothing more comes."""
        await self._changed.wait()
        if not self.is_closed:
            self._changed.clear()

    def take_void(self) -> range | None:
        """What was withdrawn since the last time."""
        found, self._void = self._void, None
        return found
