"""Refusals of the API as errors: from REST answers, GraphQL, and the close of a live feed.

Belongs here: errors and their construction. Does not belong here: sending (`rest`), connections (`live`).
"""

from collections.abc import Mapping
from typing import Any

import httpx
import msgspec
from websockets.http11 import Response

from api.problems import Problem, problem

CLOSED: Mapping[int, tuple[int, str, str]] = {
    4400: (400, "encoding", "the feed did not understand what it was asked"),
    4401: (401, "authorization", "no key, or one that is not taken"),
    4403: (403, "authorization", "the key lacks the scope 'live'"),
}
"""Close codes after which reconnecting cannot help: status, field, reason."""
PASSING = frozenset({408, 429})
"""Statuses of a refused upgrade that are temporary; so are all server errors (5xx)."""


class ApiError(Exception):
    """The API refused a request; the message is its own."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.status} {problem.detail}")
        self.problem = problem


class GraphQLError(Exception):
    """GraphQL answered with errors; `errors` holds them unchanged."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__("; ".join(str(error.get("message")) for error in errors))
        self.errors = errors


def of_answer(response: httpx.Response) -> ApiError:
    """Return the problem in an answer, or build one if the answer holds none (as from a proxy)."""
    return _told(response.content, response.status_code, response.reason_phrase)


def of_upgrade(response: Response) -> ApiError | None:
    """Return why an upgrade was refused, or None if a retry may succeed."""
    status = response.status_code
    if status in PASSING or status >= 500:
        return None
    return _told(bytes(response.body or b""), status, response.reason_phrase)


def _told(content: bytes, status: int, phrase: str) -> ApiError:
    try:
        return ApiError(msgspec.json.decode(content, type=Problem))
    except msgspec.MsgspecError:
        reason = phrase or "no reason"
        return ApiError(
            Problem(type="about:blank", title=reason, status=status, detail=reason, field="$", reason=reason)
        )


def of_close(code: int) -> ApiError | None:
    """Return why a feed was closed, or None if reconnecting may help."""
    if code not in CLOSED:
        return None
    status, field, reason = CLOSED[code]
    return ApiError(problem(status, "closed", field=field, reason=reason))


def of_match(match_id: str, reason: str) -> ApiError:
    """Return the error for a match that the feed does not have."""
    return ApiError(problem(404, "not-found", field="path.match_id", reason=f"{match_id!r}: {reason}"))
