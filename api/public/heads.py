"""HEAD for every GET: the same headers, no body. Also finds what a path accepts: which methods, or WebSockets.

Belongs here: the method of a request. Does not belong here: the content of responses.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from starlette.routing import BaseRoute, Match, Mount

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


ENDLESS = "/api/v1/live/sse"
"""Its body never ends, so a HEAD could not be completed; it stays a 405."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def taken(scope: "Scope", routes: Iterable[BaseRoute]) -> tuple[str, ...]:
    """Return the methods that the path of a request accepts, over all of its `routes`."""
    asked = [route for route in routes if not isinstance(route, Mount)]
    found = [method for method in METHODS if _takes({**scope, "method": method}, asked)] or ["GET"]
    has_head = "GET" in found and scope["path"] != ENDLESS
    return ("GET", "HEAD", *(each for each in found if each != "GET")) if has_head else tuple(found)


def is_socket(scope: "Scope", routes: Iterable[BaseRoute]) -> bool:
    """Whether the path of a request accepts WebSockets."""
    asked = (route for route in routes if not isinstance(route, Mount))
    return _takes({**scope, "type": "websocket"}, asked)


def _takes(scope: "Scope", routes: Iterable[BaseRoute]) -> bool:
    return any(route.matches(scope)[0] is Match.FULL for route in routes)


class Heads:
    """Answer a HEAD like its GET, without the body. Plain ASGI."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD" or scope["path"] == ENDLESS:
            await self._app(scope, receive, send)
            return

        async def without_body(message: "Message") -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, without_body)
