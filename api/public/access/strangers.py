"""Keys that this process has not seen yet: each is a question to the catalog, so that an address has only so many.

Belongs here: that bound. Does not belong here: what a key that is known may ask (`plans`), the look-up (`ring`).
"""

from adapters.cache.allowances import AllowancesHere

RATE, BURST = 10.0, 200
"""Look-ups of unknown keys a second for one address, and at once: behind a proxy that names no addresses all clients
are of one, and come together after a restart."""


class CrowdError(Exception):
    """Too many unknown keys came from this address; a key that was taken before is not concerned."""


class Strangers:
    """For one event loop."""

    def __init__(self) -> None:
        self._looked_up = AllowancesHere()

    async def let_in(self, peer: str) -> None:
        """Count one look-up. Raises CrowdError."""
        is_within, _ = await self._looked_up.take(peer, rate=RATE, burst=BURST)
        if not is_within:
            raise CrowdError
