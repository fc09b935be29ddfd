"""CORS preflights: which origins are allowed, with a problem for a refused preflight.

Belongs here: the text of a refusal. Does not belong here: the setting (`app`), pages that may only read (`access`).
"""

from typing import TYPE_CHECKING

from starlette.middleware.cors import CORSMiddleware

from api.problems import Problem, problem
from api.public.answers import respond

if TYPE_CHECKING:
    from fastapi import Response
    from starlette.datastructures import Headers

ORIGIN, METHOD, HEADERS = "origin", "access-control-request-method", "access-control-request-headers"
KEPT = ("access-control-allow-", "vary")


class Preflights(CORSMiddleware):
    """Starlette's middleware, except that refusals are problems instead of plain text."""

    def preflight_response(self, request_headers: "Headers") -> "Response":
        told = super().preflight_response(request_headers)
        if told.status_code < 400:
            return told
        answer = respond(self._refusal(request_headers))
        answer.headers.update({name: value for name, value in told.headers.items() if name.startswith(KEPT)})
        return answer

    def _refusal(self, asked: "Headers") -> Problem:
        if not self.is_allowed_origin(origin=asked[ORIGIN]):
            reason = "pages of this origin are not let in; api.cors_origins names those that are"
            return problem(403, "page-elsewhere", field=ORIGIN, reason=reason)
        if asked[METHOD] not in self.allow_methods:
            reason = f"pages elsewhere may use {', '.join(self.allow_methods)}"
            return problem(400, "invalid", field=METHOD, reason=reason)
        reason = f"pages elsewhere may send {', '.join(sorted(self.allow_headers))}, and ask for no private network"
        return problem(400, "invalid", field=HEADERS, reason=reason)
