"""Responses of the read side: resources as JSON, errors as problems, schemas for OpenAPI.

Belongs here: turning a resource or an error into a response. Does not belong here: which one a route returns.
"""

from collections.abc import Collection, Sequence
from typing import Any, get_origin

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from api import problems
from api.problems import NO_CONTROLS, Problem, ProblemError, has_controls, problem
from api.public.away import AwayError
from api.public.heads import is_socket, taken
from api.public.request_ids import HEADER

DEFINITIONS = "$defs"
"""Key under which a route's schema carries the schemas it references. In the document they move to its components."""
_ENCODE = msgspec.json.Encoder().encode


def encoded(resource: object) -> bytes:
    """Encode any struct as JSON."""
    return _ENCODE(resource)


class ResourceResponse(Response):
    """A response with any struct as JSON."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        return _ENCODE(content)


def not_found(field: str, reason: str) -> ProblemError:
    return ProblemError(problem(404, "not-found", field=field, reason=reason))


async def known_parameters(request: HTTPConnection) -> None:
    """Dependency of every route: refuse unknown parameters, repeated ones that take one value, and values with control
    characters, instead of ignoring them. Raises `ProblemError`."""
    if request.scope["type"] != "http":
        return
    asked = request.scope["route"].dependant
    fields = [field for each in (asked, *asked.dependencies) for field in each.query_params]
    demand_known(request, {field.alias for field in fields})
    demand_once(request, {f.alias for f in fields if get_origin(f.field_info.annotation) is not list})
    spoilt = next((name for name, told in request.query_params.multi_items() if has_controls(told)), None)
    if spoilt is not None:
        raise ProblemError(problem(400, "invalid", field=f"query.{spoilt}", reason=NO_CONTROLS))


def demand_known(request: HTTPConnection, names: Collection[str]) -> None:
    """Raise a 400 problem if the request has a parameter that is not in `names`."""
    unknown = next((name for name in request.query_params if name not in names), None)
    if unknown is not None:
        known = ", ".join(sorted(names))
        reason = f"no such parameter; there are {known}" if known else "takes no parameters"
        raise ProblemError(problem(400, "invalid", field=f"query.{unknown}", reason=reason))


def demand_once(request: HTTPConnection, names: Collection[str]) -> None:
    """Raise a 400 problem if one of these parameters is given more than once."""
    told = request.query_params
    repeated = next((name for name in told if name in names and len(told.getlist(name)) > 1), None)
    if repeated is not None:
        reason = f"takes one value, and has {len(told.getlist(repeated))}"
        raise ProblemError(problem(400, "invalid", field=f"query.{repeated}", reason=reason))


def shows(type_: Any, *, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of a route: its resource, and problems."""
    return {
        status: {"content": {"application/json": {"schema": _schema(type_)}}},
        "default": {"content": {problems.MEDIA_TYPE: {"schema": _schema(Problem)}}, "description": "Problem"},
    }


def makes(type_: Any) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of a route that creates something: 201 with the created resource, and problems."""
    told = shows(type_)
    return {201: told[200], "default": told["default"]}


def shows_nothing() -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of a route without a response body: 204, and problems."""
    return {204: {"description": "Done"}, "default": shows(Problem)["default"]}


def shows_text(media_type: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of a route that returns text."""
    return {**shows(str), 200: {"content": {media_type: {"schema": {"type": "string"}}}}}


def asks(type_: Any, *, is_required: bool = True) -> dict[str, Any]:
    """Return the OpenAPI request body of a route: JSON of this type."""
    return {"required": is_required, "content": {"application/json": {"schema": _schema(type_)}}}


def install(app: FastAPI) -> None:
    """Make `app` return a problem for every error."""
    app.router.default = lost
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(AwayError, _on_away)
    app.add_exception_handler(Exception, _on_error)


def respond(found: Problem) -> Response:
    return Response(_ENCODE(found), status_code=found.status, headers=problems.headers(found))


async def _on_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return respond(error.problem)


async def _on_invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    return respond(problem(400, "invalid", field=field, reason=first["msg"].removeprefix("Value error, ")))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return no_method(taken(request.scope, request.app.routes))
    if error.status_code == 404 and is_socket(request.scope, request.app.routes):
        return no_socket()
    if error.status_code == 404:
        return no_such_path()
    return respond(problem(error.status_code, "invalid", field="$", reason=str(error.detail)))


def no_such_path() -> Response:
    """Response for a path without a route."""
    return respond(problem(404, "no-such-path", field="path", reason="nothing is here; /api is the index"))


async def lost(scope: Scope, receive: Receive, send: Send) -> None:
    """ASGI app for paths without a route. A WebSocket handshake gets the same response and is not accepted."""
    if scope["type"] != "websocket":
        raise HTTPException(404)
    await no_such_path()(scope, receive, send)


def no_method(allowed: Sequence[str]) -> Response:
    """Response for a path that accepts only other methods."""
    names = ", ".join(allowed)
    answer = respond(problem(405, "method", field="method", reason=f"only {names} here"))
    answer.headers["allow"] = names
    return answer


def no_socket() -> Response:
    """Response for a path that accepts only WebSockets."""
    answer = respond(problem(426, "upgrade", field="path", reason="only WebSockets here: connect with one"))
    answer.headers.update({"upgrade": "websocket", "connection": "upgrade"})
    return answer


def away(error: AwayError) -> Problem:
    """Problem for a part that does not answer; `field` names the part."""
    return problem(503, "store-away", field=error.part, reason=str(error), retry_after_s=1)


async def _on_away(_request: Request, error: Exception) -> Response:
    assert isinstance(error, AwayError)
    return respond(away(error))


async def _on_error(request: Request, _error: Exception) -> Response:
    """Handle an unexpected error. This handler runs outside all middleware, so it sets the request ID itself."""
    answer = respond(problem(500, "internal", field="$", reason="an error of the API"))
    answer.headers[HEADER] = getattr(request.state, "request_id", "")
    return answer


def _schema(type_: Any) -> dict[str, Any]:
    """Return the JSON Schema of a msgspec type with the definitions it references, which the document moves to its
    components."""
    (schema,), named = msgspec.json.schema_components([type_], ref_template="#/components/schemas/{name}")
    return {**schema, DEFINITIONS: named}
