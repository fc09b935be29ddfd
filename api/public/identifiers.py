"""Ids in paths: any text, percent-encoded, as one segment.

Belongs here: how a path is routed by its segments as they were sent, and how a segment becomes an id again. Does not
belong here: routes, what an id means.
"""

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, unquote_to_bytes

from api.problems import NO_CONTROLS, has_controls

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


_PLAIN = re.compile(rb"[A-Za-z0-9._~/-]*")
"""A path that is spelt as it should be, as nearly all are."""


class AsSent:
    """Routes by the path as it was sent. A server decodes it first, which makes two segments of `a%2Fb`; here each
    segment stays one, spelt in one way whatever the client encoded. Plain ASGI, for requests and the feed alike."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        sent: bytes = scope.get("raw_path") or scope["path"].encode()
        await self._app({**scope, "path": spelt(sent)}, receive, send)


def spelt(path: bytes) -> str:
    """`path` with all encoded in its segments but letters, digits, `-`, `.`, `_` and `~`: pure ASCII."""
    if _PLAIN.fullmatch(path):
        return path.decode("ascii")
    return "/".join(segment(unquote_to_bytes(part)) for part in path.split(b"/"))


def segment(text: str | bytes) -> str:
    """An id as a segment of a path."""
    return quote(text, safe="")


def identifier(spelt: str) -> str:
    """The id that a segment stands for. Raises ValueError where it is not UTF-8 or holds control characters."""
    try:
        found = unquote(spelt, errors="strict")
    except UnicodeDecodeError as error:
        raise ValueError("is not percent-encoded UTF-8") from error
    if has_controls(found):
        raise ValueError(NO_CONTROLS)
    return found
