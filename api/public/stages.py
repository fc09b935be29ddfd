"""Life-cycle stage of a route, beta or deprecated, announced in headers of each of its responses.

Belongs here: the table and the headers. Does not belong here: the routes; the meaning of the stages (docs/API.md).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

import msgspec
from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

BETA = "x-esports-beta"


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A beta route: it may change or be removed at any time. `feature` names it in `x-esports-beta`."""

    feature: str


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """A deprecated route: deprecated since one moment, removed at a later one; `instead` is its replacement."""

    since: datetime
    until: datetime
    instead: str


Stage = Trial | Leaving
STAGES: Mapping[str, Stage] = {}
"""Stages by route path, as declared in the route's feature. At present no route is in beta or deprecated."""


def headers(stage: Stage) -> dict[str, str]:
    """Return the headers of a stage. `deprecation` is RFC 9745's, `sunset` RFC 8594's."""
    if isinstance(stage, Trial):
        return {BETA: stage.feature}
    return {
        "deprecation": f"@{int(stage.since.timestamp())}",
        "sunset": format_datetime(stage.until.astimezone(UTC), usegmt=True),
        "link": f'<{stage.instead}>; rel="successor-version"',
    }


class Staged:
    """Adds the headers of their stage to responses. Plain ASGI."""

    def __init__(self, app: "ASGIApp", stages: Mapping[str, Stage]) -> None:
        self._app = app
        self._headers = {route: headers(stage) for route, stage in stages.items()}

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] != "http" or not self._headers:
            await self._app(scope, receive, send)
            return

        async def staged(message: "Message") -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "")
                MutableHeaders(scope=message).update(self._headers.get(route, {}))
            await send(message)

        await self._app(scope, receive, staged)
