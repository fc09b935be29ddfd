"""Redirects paths with a superfluous or missing trailing slash, without naming a host.

Belongs here: the target of such a redirect. Does not belong here: which paths there are (the features).
"""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEADS_ON = 307


class Slashes:
    """Remove the host from redirects. Plain ASGI. The router takes it from the request's host header, and a cache on
    the way could serve it to other clients."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        async def from_the_root(message: "Message") -> None:
            if message["type"] == "http.response.start" and message["status"] == LEADS_ON:
                headers = MutableHeaders(scope=message)
                headers["location"] = without_host(headers["location"])
            await send(message)

        await self._app(scope, receive, from_the_root if scope["type"] == "http" else send)


def without_host(url: str) -> str:
    """Return path and query. Leading slashes are reduced to one: two would name a host again."""
    told = urlsplit(url)
    path = f"/{told.path.lstrip('/')}"
    return f"{path}?{told.query}" if told.query else path
