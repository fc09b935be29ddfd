"""Sources of announcements: whoever may say all of a match, and clients, each with a source of its own.

Belongs here: how a client's source is told from others. Does not belong here: what is announced (`game.payloads`),
whose names hold (`store`).
"""

import hashlib

OFFICE = "api"
"""An administrator, or a program of the machine itself."""
_CLIENT = "api-client-"


def source_of(client_id: str) -> str:
    """The source of what a client announces: the same each time, and nothing that a key or request is known by."""
    return f"{_CLIENT}{hashlib.sha256(client_id.encode()).hexdigest()[:16]}"


def announcer(source: str) -> str | None:
    """The client that announces, by its source; null: a source that may name anybody."""
    return source if source.startswith(_CLIENT) else None
