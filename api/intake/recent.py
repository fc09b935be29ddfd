"""Which events were acknowledged lately, so that a repeated one is answered without being sent again.

A bounded memory of this process: after a restart, or when it was long ago, an event is sent again and the stream
drops it. An id counts within its match, as it does in the stream.
"""

import hashlib

DIGEST_BYTES = 16


class Recent:
    """The `size` ids that were acknowledged last; an id that is met again counts as new."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._seen: dict[bytes, None] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def __contains__(self, key: bytes) -> bool:
        return key in self._seen

    def add(self, key: bytes) -> None:
        """Remember `key`; the oldest is forgotten when there are too many."""
        self._seen.pop(key, None)
        self._seen[key] = None
        if len(self._seen) > self._size:
            del self._seen[next(iter(self._seen))]


def key_of(match_id: str, event_id: str) -> bytes:
    """16 bytes that stand for one event of one match, however long its ids are."""
    parts = f"{len(match_id)}:{match_id}{event_id}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(parts, digest_size=DIGEST_BYTES).digest()
