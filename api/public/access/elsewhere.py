"""Pages from elsewhere before an API that asks for no keys: they may read what every page may, and do nothing.

Belongs here: telling a page's request from a program's, and turning it away. Does not belong here: keys (`gate`), what
scripts of other origins may read (`api.cors_origins`).

A browser sends a socket or a plain POST to this machine for any page that it shows, and says in `origin` whose page.
Where a key is asked for, a page from elsewhere has none.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from api.problems import problem
from api.public.access.gate import GUARDED, READING, is_under, refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Send
    from starlette.types import Scope as Asked


class Elsewhere:
    """Plain ASGI. Sockets, and requests that may change something, only from pages of this API or of `welcome`."""

    def __init__(self, app: "ASGIApp", *, welcome: Collection[str]) -> None:
        self._app, self._welcome = app, frozenset(welcome)

    async def __call__(self, scope: "Asked", receive: "Receive", send: "Send") -> None:
        if not self._is_refused(scope):
            await self._app(scope, receive, send)
            return
        reason = (
            "a page of another origin may only read here; `api.cors_origins` names those that may do more"
        )
        told = problem(403, "page-elsewhere", field="origin", reason=reason)
        await refuse(told, scope=scope, receive=receive, send=send)

    def _is_refused(self, scope: "Asked") -> bool:
        if scope["type"] not in {"http", "websocket"} or not is_under(scope["path"], *GUARDED):
            return False
        if scope["type"] == "http" and scope["method"] in READING:
            return False
        headers = Headers(scope=scope)
        return is_from_elsewhere(headers) and not {headers["origin"], "*"} & self._welcome


def is_from_elsewhere(headers: Headers) -> bool:
    """Whether a page that does not lie where the request goes has sent it."""
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host", "")
