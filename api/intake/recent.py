"""Which events were acknowledged recently, so that repeated ones are answered without being sent again.

A bounded memory of this process: after a restart, or after a long time, a repeated event is sent again and the stream
drops it. Event ids are unique within a match, as in the stream.
"""

import hashlib

DIGEST_BYTES = 16


class Recent:
    """The last `size` acknowledged ids; adding an id again makes it the newest."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._seen: dict[bytes, None] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def __contains__(self, key: bytes) -> bool:
        return key in self._seen

    def add(self, key: bytes) -> None:
        """Remember `key`; the oldest is dropped above `size`."""
        self._seen.pop(key, None)
        self._seen[key] = None
        if len(self._seen) > self._size:
            del self._seen[next(iter(self._seen))]


def key_of(match_id: str, event_id: str) -> bytes:
    """Return a 16-byte digest that identifies one event of one match, however long its ids are."""
    parts = f"{len(match_id)}:{match_id}{event_id}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(parts, digest_size=DIGEST_BYTES).digest()
