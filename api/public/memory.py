"""Serves the state of a match from memory in front of the framework, since it is the most frequent request.

Belongs here: deciding whether memory has the answer, and sending it. Does not belong here: all other cases, which go to
the feature's route (`matches.endpoints`); it gives the same answer.
"""

from typing import TYPE_CHECKING

from starlette.routing import BaseRoute, Match, NoMatchFound

from api.public.access.grants import granted
from api.public.backends import Backends

if TYPE_CHECKING:
    from starlette.datastructures import URLPath
    from starlette.types import Receive, Scope, Send

TYPE = (b"content-type", b"application/json")


class FromMemory(BaseRoute):
    """GET `/matches/{id}/state` under `prefix`, without parameters, while the match is on the board. Matching already
    finds the answer, so that other requests go on to the other routes."""

    path = "/matches/{match_id}/state"

    def __init__(self, prefix: str, behind: Backends) -> None:
        self._before, self._after = self.path.split("{match_id}")
        self._before = prefix + self._before
        self._behind = behind

    def matches(self, scope: "Scope") -> "tuple[Match, Scope]":
        body = self._body(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        return (Match.NONE, {}) if body is None else (Match.FULL, {"route": self, "midround.body": body})

    def url_path_for(self, name: str, /, **path_params: object) -> "URLPath":
        raise NoMatchFound(name, dict(path_params))

    async def handle(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        body = scope["midround.body"]
        headers = [TYPE, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _body(self, scope: "Scope") -> bytes | None:
        path: str = scope["path"]
        if scope["query_string"] or not (path.startswith(self._before) and path.endswith(self._after)):
            return None
        segment = path[len(self._before) : -len(self._after)]
        if "/" in segment or "%" in segment:
            return None
        desk = granted(self._behind, scope).board.find(segment)
        return None if desk is None or not desk.view.state else desk.state_body()
