"""Which requests to /graphql want the page for people, and ask for nothing by themselves.

Belongs here: the one rule that the key check and the route go by. Does not belong here: the page (`playground`).
"""

from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

if TYPE_CHECKING:
    from starlette.types import Scope

PATH = "/graphql"
READING = frozenset({"GET", "HEAD"})
DOCUMENT = frozenset({"query", "extensions"})
"""Parameters that bring something to execute."""


def is_for_people(scope: "Scope") -> bool:
    """Whether a browser asks for the page: it wants HTML and brings no document."""
    if scope["type"] != "http" or scope["path"] != PATH or scope["method"] not in READING:
        return False
    asked = HTTPConnection(scope)
    return not DOCUMENT & set(asked.query_params) and "text/html" in asked.headers.get("accept", "")
