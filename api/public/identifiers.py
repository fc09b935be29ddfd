"""IDs in paths: any text, percent-encoded, as one segment.

Belongs here: routing a path by its segments as they were sent, and converting between segment and ID. Does not belong
here: routes, the meaning of an ID.
"""

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, unquote_to_bytes

from api.problems import NO_CONTROLS, has_controls

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


_PLAIN = re.compile(rb"[A-Za-z0-9._~/-]*")
"""A path in canonical spelling, as nearly all are."""


class AsSent:
    """Route by the path as it was sent. A server decodes the path first, which makes two segments of `a%2Fb`; here
    each segment stays one, in canonical spelling whatever the client encoded. Plain ASGI, for requests and the feed
    alike."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        sent: bytes = scope.get("raw_path") or scope["path"].encode()
        await self._app({**scope, "path": spelt(sent)}, receive, send)


def spelt(path: bytes) -> str:
    """Return `path` with everything in its segments encoded except letters, digits, `-`, `.`, `_` and `~`: pure
    ASCII."""
    if _PLAIN.fullmatch(path):
        return path.decode("ascii")
    return "/".join(segment(unquote_to_bytes(part)) for part in path.split(b"/"))


def segment(text: str | bytes) -> str:
    """Encode an ID as a segment of a path."""
    return quote(text, safe="")


def identifier(spelt: str) -> str:
    """Decode a segment to its ID. Raises ValueError if it is not UTF-8 or contains control characters."""
    try:
        found = unquote(spelt, errors="strict")
    except UnicodeDecodeError as error:
        raise ValueError("is not percent-encoded UTF-8") from error
    if has_controls(found):
        raise ValueError(NO_CONTROLS)
    return found
