"""Errors of both HTTP sides, as `application/problem+json` (RFC 9457) that names the field and the reason.

Belongs here: the shape and how it becomes bytes. Does not belong here: which input is an error.
"""

from collections.abc import Mapping
from http import HTTPStatus

import msgspec

MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:midround:problem:"


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
    """The headers that go with `problem`, but for its length."""
    retry = {} if problem.retry_after_s is None else {"retry-after": str(problem.retry_after_s)}
    return {"content-type": MEDIA_TYPE} | retry
