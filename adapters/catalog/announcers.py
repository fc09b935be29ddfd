"""The sources of announcements: those that may announce everything, and clients, each with its own source.

Belongs here: how a client's source is recognised. Does not belong here: what is announced (`game.payloads`), whose
names are kept (`store`).
"""

import hashlib

OFFICE = "api"
"""The source of an administrator, or of a program of this machine."""
_CLIENT = "api-client-"


def source_of(client_id: str) -> str:
    """The source of a client's announcements: always the same, and without the client id itself."""
    return f"{_CLIENT}{hashlib.sha256(client_id.encode()).hexdigest()[:16]}"


def announcer(source: str) -> str | None:
    """The announcing client as its source; None for a source that may name any team or player."""
    return source if source.startswith(_CLIENT) else None
