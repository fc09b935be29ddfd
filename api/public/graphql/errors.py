"""Errors as a GraphQL client sees them: the cause, a code, and advice. No internals are exposed.

Belongs here: the text for each error. Does not belong here: when errors are translated (`guard`), responses of HTTP
itself (`view`).

`extensions` of every error: `code`, `advice`; `field` and `reason` if a part of the request is wrong, and `retryAfterS`
if waiting helps.
"""

import logging
from typing import Any

from graphql import GraphQLError

from api.problems import ProblemError
from api.public.away import AwayError
from api.public.graphql import persisted

LOGGER = logging.getLogger("midround.public")
SCHEMA_ADVICE = "the schema is in docs/contracts/schema.graphql, and at /graphql in a browser"
_PERSISTED = {
    persisted.NOT_FOUND: ("PERSISTED_QUERY_NOT_FOUND", "send the document together with its hash once"),
    persisted.MISMATCH: (
        "PERSISTED_QUERY_HASH_MISMATCH",
        "send the SHA-256 of the document's UTF-8, in small hex",
    ),
    persisted.UNSUPPORTED: ("PERSISTED_QUERY_NOT_SUPPORTED", 'send {"version": 1, "sha256Hash": "..."}'),
}
_ADVICE = {
    403: "ask with a key that is granted it",
    404: "ask for one that is there: matches and searchMatches name them",
    409: "ask for another one, or later",
    503: "ask again later",
}
"""By the status of the corresponding REST problem."""
_ARGUMENTS = {"cursor": "after"}
"""Names that differ between the graph and REST, apart from the spelling."""


def refused(code: str, message: str, *, advice: str, **more: Any) -> GraphQLError:
    """Build a complete error, which `told` leaves unchanged."""
    return GraphQLError(message, extensions={"code": code, "advice": advice, **more})


def of_persisted(error: persisted.PersistedError) -> GraphQLError:
    code, advice = _PERSISTED[str(error)]
    return refused(code, str(error), advice=advice)


def told(error: GraphQLError) -> GraphQLError:
    """Return the error in the form in which it may leave this process."""
    if "code" in (error.extensions or {}):
        return error
    cause = _cause(error)
    if isinstance(cause, GraphQLError) and "code" in (cause.extensions or {}):
        return _again(error, cause.message, cause.extensions or {})
    match cause:
        case ProblemError():
            extensions = _of_problem(cause)
            message = "{field}: {reason}".format_map(extensions)
            return _again(error, message, extensions)
        case AwayError():
            away = {
                "code": "STORE_AWAY",
                "advice": "ask again in a second",
                "field": cause.part,
                "retryAfterS": 1,
            }
            return _again(error, f"{cause.part}: {cause}", away)
        case RecursionError():
            return _again(error, "nested too deeply", {"code": "TOO_MUCH", "advice": "ask for less at once"})
        case None:
            return _again(error, error.message, {"code": "INVALID", "advice": SCHEMA_ADVICE})
        case _:
            LOGGER.error("a GraphQL field failed at %s", error.path, exc_info=cause)
            advice = "send it again; if it stays, report the header x-request-id of the answer"
            return _again(error, "an error of the API", {"code": "INTERNAL", "advice": advice})


def _cause(error: GraphQLError) -> Exception | None:
    """Return the exception behind an error; None if the error concerns the document or its variables."""
    cause = error.original_error
    while isinstance(cause, GraphQLError) and "code" not in (cause.extensions or {}):
        cause = cause.original_error
    return cause


def _of_problem(error: ProblemError) -> dict[str, Any]:
    problem = error.problem
    advice = _ADVICE.get(problem.status, "mend the field")
    retry = {} if problem.retry_after_s is None else {"retryAfterS": problem.retry_after_s}
    name = problem.type.rpartition(":")[2].upper().replace("-", "_")
    return {
        "code": name,
        "advice": advice,
        "field": _argument(problem.field),
        "reason": problem.reason,
    } | retry


def _argument(field: str) -> str:
    """Return the graph's name of a REST parameter."""
    named = field.removeprefix("path.").removeprefix("query.")
    first, *more = _ARGUMENTS.get(named, named).split("_")
    return first + "".join(each.capitalize() for each in more)


def _again(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
