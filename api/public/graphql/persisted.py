"""Persisted documents, which clients identify by their SHA-256 instead of sending them again.

Belongs here: a bounded cache of documents, and which document a request means. Does not belong here: requests.

The protocol is Apollo's "automatic persisted queries": a client sends only the hash; if told that it is unknown, it
sends hash and document once.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

DOCUMENTS_MAX = 500
CHARACTERS_MAX = 2 * 1024 * 1024
NOT_FOUND, MISMATCH, UNSUPPORTED = (
    "PersistedQueryNotFound",
    "PersistedQueryHashMismatch",
    "PersistedQueryNotSupported",
)


class PersistedError(Exception):
    """The request cannot be resolved to a document; the message is one of those defined by the protocol."""


class Persisted:
    """LRU cache of documents, bounded in number and total characters."""

    def __init__(self, *, documents_max: int = DOCUMENTS_MAX, characters_max: int = CHARACTERS_MAX) -> None:
        self._documents: OrderedDict[str, str] = OrderedDict()
        self._documents_max = documents_max
        self._characters_max = characters_max
        self.characters = 0

    def __len__(self) -> int:
        return len(self._documents)

    def document(self, query: str | None, extensions: Mapping[str, Any] | None) -> str | None:
        """Return the document that the request means; `query` unchanged if it names no hash. Raises PersistedError."""
        named = (extensions or {}).get("persistedQuery")
        if named is None:
            return query
        digest = named.get("sha256Hash") if isinstance(named, Mapping) else None
        if not isinstance(digest, str) or named.get("version") != 1:
            raise PersistedError(UNSUPPORTED)
        if query is None:
            return self._found(digest)
        if hashlib.sha256(query.encode()).hexdigest() != digest:
            raise PersistedError(MISMATCH)
        self._keep(digest, query)
        return query

    def _found(self, digest: str) -> str:
        if digest not in self._documents:
            raise PersistedError(NOT_FOUND)
        self._documents.move_to_end(digest)
        return self._documents[digest]

    def _keep(self, digest: str, query: str) -> None:
        if digest not in self._documents:
            self._documents[digest] = query
            self.characters += len(query)
        self._documents.move_to_end(digest)
        while len(self) > self._documents_max or self.characters > self._characters_max:
            _, gone = self._documents.popitem(last=False)
            self.characters -= len(gone)
