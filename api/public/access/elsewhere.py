"""Pages from elsewhere before an API that asks for no keys: they may read what every page may, and do nothing.

Belongs here: telling a page's request from a program's, and turning it away. Does not belong here: keys (`gate`), what
scripts of other origins may read (`api.cors_origins`).

A browser sends a socket or a plain POST to this machine for any page that it shows, and says in `origin` whose page.
Where that is the `host` that it asks, the page is ours unless that host has a name that others can lead here: who owns
one can, once his page is loaded (DNS rebinding). Where a key is asked for, a page from elsewhere has none.
"""

from collections.abc import Collection
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from api.problems import problem
from api.public.access.gate import GUARDED, READING, is_under, refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Send
    from starlette.types import Scope as Asked


class Elsewhere:
    """Plain ASGI. Sockets, and requests that may change something, only from pages of this API, which is at `host`, or
    of `welcome`."""

    def __init__(self, app: "ASGIApp", *, host: str, welcome: Collection[str]) -> None:
        self._app, self._host, self._welcome = app, host.lower(), frozenset(welcome)

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
        return is_from_elsewhere(headers, self._host) and not {headers["origin"], "*"} & self._welcome


def is_from_elsewhere(headers: Headers, our_host: str = "localhost") -> bool:
    """Whether a page has sent it that does not lie where the request goes, or there by a name that may be anybody's."""
    origin, host = headers.get("origin"), headers.get("host", "")
    if origin is None:
        return False
    name = hostname(host)
    is_ours = name in {"localhost", our_host} or _is_address(name)
    return not is_ours or origin.partition("://")[2] != host


def hostname(host: str) -> str:
    """That of a header `host`; empty where it has none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
