"""The route /graphql. The GraphQL engine is imported at the first request, so that a process without GraphQL clients
starts without it.

Belongs here: loading. Does not belong here: GraphQL, which requests want the interactive page (`for_people`).
"""

import asyncio
from typing import TYPE_CHECKING

from starlette.routing import BaseRoute, Match, NoMatchFound

from api.public import playground
from api.public.answers import no_method
from api.public.backends import Backends
from api.public.graphql.for_people import is_for_people

if TYPE_CHECKING:
    from starlette.datastructures import URLPath
    from starlette.types import ASGIApp, Receive, Scope, Send

METHODS = ("GET", "HEAD", "POST")


class Door(BaseRoute):
    """One path, for requests and sockets."""

    def __init__(self, path: str, behind: Backends) -> None:
        self.path = path
        self._behind = behind
        self._app: ASGIApp | None = None
        self._opening = asyncio.Lock()

    def matches(self, scope: "Scope") -> "tuple[Match, Scope]":
        is_mine = scope["type"] in {"http", "websocket"} and scope["path"].rstrip("/") == self.path
        return (Match.FULL, {"route": self}) if is_mine else (Match.NONE, {})

    def url_path_for(self, name: str, /, **path_params: object) -> "URLPath":
        raise NoMatchFound(name, dict(path_params))

    async def handle(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] == "http" and scope["method"] not in METHODS:
            await no_method(METHODS)(scope, receive, send)
        elif is_for_people(scope):
            await playground.page("graphql")(scope, receive, send)
        else:
            await (await self._opened())(scope, receive, send)

    async def _opened(self) -> "ASGIApp":
        """Return the application. Its import takes about a second, once, in a thread, so that it does not delay the
        live feed."""
        async with self._opening:
            if self._app is None:
                self._app = await asyncio.to_thread(_load, self._behind)
            return self._app


def _load(behind: Backends) -> "ASGIApp":
    from api.public.graphql.schema import schema
    from api.public.graphql.view import View

    return View(schema(), behind)
