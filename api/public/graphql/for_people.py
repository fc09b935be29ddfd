"""Decides which requests to /graphql want the interactive page instead of executing a document.

Belongs here: the one rule that both the key check and the route use. Does not belong here: the page (`playground`).
"""

from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

if TYPE_CHECKING:
    from starlette.types import Scope

PATH = "/graphql"
READING = frozenset({"GET", "HEAD"})
DOCUMENT = frozenset({"query", "extensions"})
"""Parameters that carry something to execute."""


def is_for_people(scope: "Scope") -> bool:
    """Whether a browser requests the page: it accepts HTML and sends no document."""
    if scope["type"] != "http" or scope["path"] != PATH or scope["method"] not in READING:
        return False
    asked = HTTPConnection(scope)
    return not DOCUMENT & set(asked.query_params) and "text/html" in asked.headers.get("accept", "")
