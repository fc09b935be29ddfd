"""HEAD for every GET: the same headers, no body.

Belongs here: the method of a request. Does not belong here: what any answer says.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


ENDLESS = "/api/v1/live/sse"
"""Its body has no end, so that nobody would see when a HEAD of it is answered; it stays a 405."""


class Heads:
    """Plain ASGI. A HEAD is answered as its GET, and the body stays here."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD" or scope["path"] == ENDLESS:
            await self._app(scope, receive, send)
            return

        async def without_body(message: "Message") -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, without_body)
