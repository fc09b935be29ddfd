"""Where in its life a route stands: on trial, or on its way out. Said in headers of each of its answers.

Belongs here: the table and the headers. Does not belong here: the routes; what the words promise (docs/API.md).
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
    """May change or go at any time; `feature` names it in `x-esports-beta`."""

    feature: str


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """Deprecated at a moment, gone at a later one; `instead` is what to use."""

    since: datetime
    until: datetime
    instead: str


Stage = Trial | Leaving
STAGES: Mapping[str, Stage] = {}
"""By route, as its feature has it. Nothing is on trial, nothing is leaving."""


def headers(stage: Stage) -> dict[str, str]:
    """`deprecation` is RFC 9745's, `sunset` RFC 8594's."""
    if isinstance(stage, Trial):
        return {BETA: stage.feature}
    return {
        "deprecation": f"@{int(stage.since.timestamp())}",
        "sunset": format_datetime(stage.until.astimezone(UTC), usegmt=True),
        "link": f'<{stage.instead}>; rel="successor-version"',
    }


class Staged:
    """Plain ASGI."""

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
