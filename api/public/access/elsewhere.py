"""Limits pages from other origins at an API without keys: they may read what any page may, and change nothing.

Belongs here: distinguishing a page's request from a program's, and refusing it. Does not belong here: keys (`gate`),
what scripts of other origins may read (`api.cors_origins`).

A browser opens a WebSocket or sends a plain POST to this machine for any page, and names the page's origin in `origin`.
If that equals the requested `host`, the page is ours, unless others can make that host name resolve to this machine: an
attacker can do so with the host name of a page that is already loaded (DNS rebinding). If keys are required, a foreign
page has none.
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
    """ASGI middleware. Accepts WebSockets and state-changing requests only from pages of this API, at `host`, or from
    origins in `welcome`."""

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
    """Whether the request comes from a page of another origin, or of a host name that anyone could own."""
    origin, host = headers.get("origin"), headers.get("host", "")
    if origin is None:
        return False
    name = hostname(host)
    is_ours = name in {"localhost", our_host} or _is_address(name)
    return not is_ours or origin.partition("://")[2] != host


def hostname(host: str) -> str:
    """Return the host name in a `host` header; empty if there is none."""
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
