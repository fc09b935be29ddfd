"""Errors of both HTTP sides as `application/problem+json` (RFC 9457), naming the field and the reason.

Belongs here: their type and headers, and the check of ids that both sides share. Does not belong here: what other input
is an error.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus

import msgspec

MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:midround:problem:"

NO_CONTROLS = "holds control characters"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def has_controls(id_: str) -> bool:
    """Whether an id holds a control character (Unicode category Cc), which must not get into log lines, file names or
    headers. Nearly all ids are printable, a fast check."""
    return not id_.isprintable() and _CONTROLS.search(id_) is not None


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """One rejected item of a request. `index` counts from 0; `field` is a path such as `$.payload.weapon`."""

    index: int
    field: str
    reason: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request failed. `type` is a URN that ends with the problem's name; `retry_after_s` is also sent as a
    header."""

    type: str
    title: str
    status: int
    detail: str
    field: str
    reason: str
    rejected: tuple[Rejected, ...] = ()
    retry_after_s: int | None = None


class ProblemError(Exception):
    """Ends a request with this problem as its response, with additional headers."""

    def __init__(self, problem: Problem, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(problem.detail)
        self.problem = problem
        self.headers = headers or {}


def problem(
    status: int,
    name: str,
    *,
    field: str,
    reason: str,
    rejected: tuple[Rejected, ...] = (),
    retry_after_s: int | None = None,
) -> Problem:
    """Create a problem of type `urn:midround:problem:<name>`; its detail is the field and the reason in one line."""
    return Problem(
        type=PREFIX + name,
        title=HTTPStatus(status).phrase,
        status=status,
        detail=f"{field}: {reason}",
        field=field,
        reason=reason,
        rejected=rejected,
        retry_after_s=retry_after_s,
    )


def headers(problem: Problem) -> dict[str, str]:
    """Return the headers of a response with `problem`, except its length. It must not be cached, since it may not
    last."""
    retry = {} if problem.retry_after_s is None else {"retry-after": str(problem.retry_after_s)}
    return {"content-type": MEDIA_TYPE, "cache-control": "no-store"} | retry
