"""GraphQL over HTTP and WebSocket as one ASGI application.

Belongs here: requests and responses. Does not belong here: the graph, lazy loading (`door`).
"""

from typing import TYPE_CHECKING, Any

import msgspec
from cross_web import HTTPException, StarletteRequestAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLRequestData
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from api.problems import ProblemError, problem
from api.public.access.grants import granted
from api.public.answers import demand_once, respond
from api.public.backends import Backends
from api.public.bodies import body_within, decoded, demand_json
from api.public.graphql import errors
from api.public.graphql.asking import Asking, asking
from api.public.graphql.limits import BODY_MAX
from api.public.graphql.persisted import Persisted, PersistedError
from api.public.graphql.schema import Schema
from api.public.graphql.transport import INIT_WITHIN, OPERATIONS_MAX, Socket

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

PARAMETERS = frozenset({"query", "variables", "operationName", "extensions"})
_ENCODE = msgspec.json.Encoder().encode


class Body(msgspec.Struct, frozen=True):
    """A request as JSON. Other members are ignored, as the specification requires."""

    query: str | None = None
    variables: dict[str, Any] | None = None
    operationName: str | None = None  # noqa: N815 - the protocol's name
    extensions: dict[str, Any] | None = None


_BODY = msgspec.json.Decoder(Body)
_OBJECT = msgspec.json.Decoder(dict[str, Any])


class Sent(StarletteRequestAdapter):
    """The engine's request adapter, which also keeps the original request."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.request = request


class View(GraphQL[Asking, None]):
    """Queries over POST and GET, subscriptions over WebSocket."""

    request_adapter_class = Sent
    graphql_transport_ws_handler_class = Socket

    def __init__(self, schema: Schema, behind: Backends) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=INIT_WITHIN,
            max_subscriptions_per_connection=OPERATIONS_MAX,
        )
        self._behind = behind
        self.persisted = Persisted()

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] != "http":
            await self.run(WebSocket(scope, receive=receive, send=send))
            return
        try:
            answer = await self.run(Request(scope, receive=receive))
        except ProblemError as error:
            answer = respond(error.problem)
        except HTTPException as error:
            answer = respond(problem(error.status_code, "invalid", field="$", reason=error.reason))
        except PersistedError as error:
            answer = _answer({"data": None, "errors": [errors.of_persisted(error).formatted]})
        answer.headers["cache-control"] = "no-store"
        await answer(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Asking:
        return asking(granted(self._behind, request.scope), is_socket=isinstance(request, WebSocket))

    def should_render_graphql_ide(self, request: Any) -> bool:
        """Return False: `door` serves the interactive page."""
        return False

    async def parse_http_body(self, request: Any) -> GraphQLRequestData:
        """Read the document and variables of a request. Raises ProblemError, PersistedError."""
        assert isinstance(request, Sent), "it is made above"
        sent = request.request
        body = _of_url(sent) if sent.method == "GET" else await _of_body(sent)
        query = self.persisted.document(body.query, body.extensions)
        if not query:
            reason = "there is no document: send it as the member, or the parameter, query"
            field = "query.query" if sent.method == "GET" else "$.query"
            raise ProblemError(problem(400, "invalid", field=field, reason=reason))
        return GraphQLRequestData(
            query=query,
            variables=body.variables,
            operation_name=body.operationName,
            extensions=body.extensions,
            protocol="http",
        )

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        return _answer(response_data)

    def decode_json(self, data: str | bytes) -> object:
        try:
            return msgspec.json.decode(data)
        except (msgspec.DecodeError, RecursionError):
            return None

    def encode_json(self, data: object) -> str:
        return _ENCODE(data).decode()


def _answer(told: Any) -> Response:
    return Response(_ENCODE(told), media_type="application/json")


async def _of_body(request: Request) -> Body:
    """Decode a request body. Raises a 400, 413 or 415 problem."""
    demand_json(request)
    return decoded(await body_within(request, BODY_MAX), _BODY)


def _of_url(request: Request) -> Body:
    """Decode query parameters. Raises a 400 problem."""
    told = dict(request.query_params)
    unknown = [name for name in told if name not in PARAMETERS]
    if unknown:
        reason = f"no such parameter; there are {', '.join(sorted(PARAMETERS))}"
        raise ProblemError(problem(400, "invalid", field=f"query.{unknown[0]}", reason=reason))
    demand_once(request, PARAMETERS)
    nested = {name: _object(told[name], name) for name in ("variables", "extensions") if told.get(name)}
    return Body(query=told.get("query"), operationName=told.get("operationName"), **nested)


def _object(text: str, name: str) -> dict[str, Any]:
    try:
        return _OBJECT.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ProblemError(problem(400, "invalid", field=f"query.{name}", reason=str(error))) from error
