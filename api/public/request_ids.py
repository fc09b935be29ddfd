"""An ID for each request, in `x-request-id`: the client's own if it is harmless, else a new one.

Belongs here: which IDs are accepted, the response header. Does not belong here: what is logged.
"""

import re
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "x-request-id"
_HARMLESS = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
"""No control characters, spaces or quotes, which could split a header or a log line."""


class RequestIds:
    """Assign the request ID. Plain ASGI. The ID is also in the scope's state as `request_id`, for error handlers."""

    def __init__(self, app: "ASGIApp", new_id: Callable[[], str] = lambda: uuid.uuid4().hex) -> None:
        self._app = app
        self._new_id = new_id

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        found = next((value for name, value in scope["headers"] if name == HEADER.encode()), b"")
        request_id = found.decode() if _HARMLESS.fullmatch(found) else self._new_id()
        scope.setdefault("state", {})["request_id"] = request_id

        async def named(message: "Message") -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        await self._app(scope, receive, named)
