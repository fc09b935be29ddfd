"""HTTP caching of REST responses: `cache-control`, `etag`, 304.

Belongs here: both headers for REST. Does not belong here: pages and their files, which set their own.

A client that keeps a response with its `etag` revalidates it with `if-none-match` and gets 304 without a body while
nothing has changed. Tags are weak: a resource has the same tag in every content encoding.
"""

import hashlib
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

REST = "/api"
ASK_AGAIN = "private, no-cache"
NEVER = "no-store"
KEPT: Final = {
    "/matches/{match_id}/receipts/{receipt_id}": "private, max-age=86400, immutable",
    "/definitions": "private, max-age=3600",
    "/coverage": "private, max-age=60",
    "/api/openapi.json": "private, max-age=60",
}
"""Responses that never or rarely change: by route as declared in its feature, else by path."""


class Freshness:
    """Sets the caching headers. Plain ASGI. A streamed response has no tag: its end is not known when its headers are
    sent."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] != "http" or not scope["path"].startswith(REST):
            await self._app(scope, receive, send)
            return
        begun: list[Message] = []

        async def fresh(message: "Message") -> None:
            if message["type"] == "http.response.start":
                _say_how_long(scope, message)
                begun.append(message)
                return
            if begun:
                start = begun.pop()
                message = _tagged(scope, start, message)
                await send(start)
            await send(message)

        await self._app(scope, receive, fresh)


def _say_how_long(scope: "Scope", start: "Message") -> None:
    headers = MutableHeaders(scope=start)
    route = str(getattr(scope.get("route"), "path", scope["path"]))
    is_kept = start["status"] == 200 and scope["method"] in {"GET", "HEAD"}
    headers.setdefault("cache-control", KEPT.get(route, ASK_AGAIN) if is_kept else NEVER)


def _tagged(scope: "Scope", start: "Message", body: "Message") -> "Message":
    """Add the tag to `start` and return the body; 304 and an empty body if the client has this tag."""
    headers = MutableHeaders(scope=start)
    is_whole = start["status"] == 200 and not body.get("more_body") and scope["method"] == "GET"
    if not is_whole or headers["cache-control"] == NEVER or "etag" in headers:
        return body
    tag = f'W/"{hashlib.blake2b(body.get("body", b""), digest_size=12).hexdigest()}"'
    headers["etag"] = tag
    if not _has(Headers(scope=scope).get("if-none-match", ""), tag):
        return body
    start["status"] = 304
    del headers["content-length"], headers["content-type"]
    return {**body, "body": b""}


def _has(told: str, tag: str) -> bool:
    """Whether the header `if-none-match` names the tag. Weak and strong tags compare equal here."""
    opaque = tag.removeprefix("W/")
    return told.strip() == "*" or opaque in {each.strip().removeprefix("W/") for each in told.split(",")}
