"""Limits lookups of keys that this process does not know: each is a query to the catalog, so they are limited per
address.

Belongs here: that limit. Does not belong here: limits of known keys (`plans`), the lookup (`ring`).
"""

from adapters.cache.allowances import AllowancesHere

RATE, BURST = 10.0, 200
"""Lookups of unknown keys per second and at once, for one address: behind a proxy that forwards no addresses, all
clients share one and reconnect together after a restart."""


class CrowdError(Exception):
    """Too many unknown keys came from this address; keys known to this process are not affected."""


class Strangers:
    """For one event loop."""

    def __init__(self) -> None:
        self._looked_up = AllowancesHere()

    async def let_in(self, peer: str) -> None:
        """Count one lookup. Raises CrowdError."""
        is_within, _ = await self._looked_up.take(peer, rate=RATE, burst=BURST)
        if not is_within:
            raise CrowdError
