"""Decides whether a client accepts a compressed response.

Belongs here: parsing `accept-encoding`. Does not belong here: compression (Starlette's `GZipMiddleware`, and the
dashboard's files), which only checks whether the header contains `gzip`.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

ASKED = b"accept-encoding"
_GZIP = re.compile(rb"\s*(x-)?gzip\s*(;\s*q\s*=\s*(?P<weight>[0-9.]*)\s*)?", re.IGNORECASE)


class Encodings:
    """Reduce `accept-encoding` to what can be served: gzip, or no header. Plain ASGI."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] == "http":
            told = b",".join(value for name, value in scope["headers"] if name == ASKED)
            others = [header for header in scope["headers"] if header[0] != ASKED]
            scope["headers"] = [*others, (ASKED, b"gzip")] if takes_gzip(told) else others
        await self._app(scope, receive, send)


def takes_gzip(told: bytes) -> bool:
    """Whether gzip is listed, with a weight above 0 if it has one (RFC 9110, 12.5.3)."""
    found = [match for each in told.split(b",") if (match := _GZIP.fullmatch(each))]
    return any((match["weight"] or b"1").strip(b"0.") for match in found)
