"""Logs a line for a share of the requests under /api/v1 and /graphql, and for each that failed with a server error.

Belongs here: which requests, the content of a line: method, path, status, duration, client, request ID. Does not belong
here: counts of all requests (`Counting`). With a share of 0 nothing is logged. A line never contains the query, which
may hold a ticket, nor headers, which may hold a key.
"""

import logging
import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from api.public.access.gate import GUARDED, TENANT, is_under
from api.public.access.keys import hidden
from api.public.access.ring import Tenant

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOGGER = logging.getLogger("midround.access")
PATH_MOST = 300
SWITCHED, FAILED = 101, 500


class AccessLog:
    """Logs requests. Plain ASGI, inside the middleware that assigns request IDs. A socket is logged when it ends: its
    status is the close code, or 101 if the client left; `ms` is how long it was open."""

    def __init__(
        self,
        app: "ASGIApp",
        share: float,
        *,
        chance: Callable[[], float] = random.random,
        now_s: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._app, self._share, self._chance, self._now_s = app, share, chance, now_s

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        is_asked = scope["type"] in {"http", "websocket"} and is_under(scope["path"], *GUARDED)
        if not is_asked or not self._share:
            await self._app(scope, receive, send)
            return
        statuses, begun_s = [FAILED], self._now_s()

        async def noted(message: "Message") -> None:
            if (status := status_of(message)) is not None:
                statuses.append(status)
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            if self._chance() < self._share or FAILED <= statuses[-1] < 600:
                ms = round((self._now_s() - begun_s) * 1000, 1)
                LOGGER.info("request", extra=line(scope, statuses[-1], ms))


def status_of(message: "Message") -> int | None:
    """Return the status that a message carries, or None."""
    match message["type"]:
        case "http.response.start" | "websocket.http.response.start":
            return int(message["status"])
        case "websocket.accept":
            return SWITCHED
        case "websocket.close":
            return int(message.get("code", 1000))
        case _:
            return None


def line(scope: "Scope", status: int, ms: float) -> dict[str, object]:
    """Return the logged fields of a request."""
    tenant = scope.get(TENANT)
    return {
        "method": scope.get("method", "WEBSOCKET"),
        "path": hidden(scope["path"])[:PATH_MOST],
        "status": status,
        "ms": ms,
        "client": tenant.name if isinstance(tenant, Tenant) else None,
        "request_id": scope.get("state", {}).get("request_id"),
    }
