"""Errors of both HTTP sides, as `application/problem+json` (RFC 9457) that names the field and the reason.

Belongs here: the shape and how it becomes bytes, and what no id may hold on either side. Does not belong here: which
other input is an error.
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
    """Whether an id holds what no log line, file name or header can: a character of Unicode's category Cc. Nearly all
    ids are printable, which is seen at once."""
    return not id_.isprintable() and _CONTROLS.search(id_) is not None


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """One refused item of a request. `index` counts from 0; `field` is a path such as `$.payload.weapon`."""

    index: int
    field: str
    reason: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request was not done. `name` ends the type's URN; `retry_after_s` also goes into the header."""

    type: str
    title: str
    status: int
    detail: str
    field: str
    reason: str
    rejected: tuple[Rejected, ...] = ()
    retry_after_s: int | None = None


class ProblemError(Exception):
    """Ends the handling of a request with this problem as its answer, and these headers beside its own."""

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
    """A problem of type `urn:midround:problem:<name>`; its detail is the field and the reason in one line."""
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
    """The headers that go with `problem`, but for its length. What is wrong now need not be in a moment."""
    retry = {} if problem.retry_after_s is None else {"retry-after": str(problem.retry_after_s)}
    return {"content-type": MEDIA_TYPE, "cache-control": "no-store"} | retry
