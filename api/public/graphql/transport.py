"""The protocol `graphql-transport-ws`, hardened against malformed and abusive messages.

Belongs here: checks of a message before the engine processes it. Does not belong here: subscriptions.
"""

from datetime import timedelta
from typing import Any

from graphql import GraphQLError
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

from api.public.access.asking import plan_of
from api.public.access.gate import CLOSE_TOO_MANY
from api.public.graphql import errors
from api.public.graphql.asking import Asking
from api.public.graphql.persisted import Persisted, PersistedError
from api.public.minute import IN_A_MINUTE, minute_of

OPERATIONS_MAX = 20
"""Concurrent operations on one connection, whatever its plan."""
INIT_WITHIN = timedelta(seconds=10)
ID_MAX = 64
"""Bytes of an operation's ID: a close reason contains the ID and has room for 123 bytes."""


_NO_DOCUMENT = errors.refused("INVALID", "there is no document", advice="send it as payload.query")


class Socket(BaseGraphQLTransportWSHandler[Asking, None]):
    """One connection."""

    def __init__(self, *of: Any, **more: Any) -> None:
        super().__init__(*of, **more)
        assert isinstance(self.websocket, ASGIWebSocketAdapter)
        self._minute = minute_of(self.websocket.ws.scope)
        self._operations_max = min(OPERATIONS_MAX, plan_of(self.websocket.ws.scope).operations)

    async def handle_message(self, message: Any) -> None:
        trouble = _trouble(message)
        if trouble is not None:
            await self.handle_invalid_message(trouble)
            return
        await super().handle_message(message)

    async def handle_subscribe(self, message: Any) -> None:
        payload = message["payload"]
        if not self._minute.take():
            await self.websocket.close(CLOSE_TOO_MANY, f"more than {IN_A_MINUTE} subscribes in a minute")
            return
        if len(self.operations) >= self._operations_max:
            await self._refuse(message["id"], _too_many(self._operations_max))
            return
        persisted = getattr(self.view, "persisted", None)
        assert isinstance(persisted, Persisted)
        try:
            query = persisted.document(payload.get("query"), payload.get("extensions"))
        except PersistedError as error:
            await self._refuse(message["id"], errors.of_persisted(error))
            return
        if not query:
            await self._refuse(message["id"], _NO_DOCUMENT)
            return
        message["payload"] = {**payload, "query": query}
        await super().handle_subscribe(message)

    async def _refuse(self, name: str, error: GraphQLError) -> None:
        await self.send_message({"id": name, "type": "error", "payload": [error.formatted]})

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> str | None:
        """Return None: an invalid document is answered with its error, and the connection stays open."""
        return None


def _too_many(at_most: int) -> GraphQLError:
    return errors.refused(
        "TOO_MUCH",
        f"{at_most} operations are under way on this connection",
        advice="complete one, or open another connection",
    )


def _trouble(message: Any) -> str | None:
    """Return what is wrong with the shape of a message, or None. Kept short, since a close reason has 123 bytes."""
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return "a message is an object with a type"
    if len(message["type"].encode(errors="replace")) > 32:
        return "no such type of message"
    if message["type"] not in {"subscribe", "complete"}:
        return None
    name = message.get("id")
    if not isinstance(name, str) or not 1 <= len(name.encode(errors="replace")) <= ID_MAX:
        return f"id must be text of 1 to {ID_MAX} bytes"
    return _trouble_of_payload(message.get("payload")) if message["type"] == "subscribe" else None


def _trouble_of_payload(payload: Any) -> str | None:
    kinds = {"query": str, "variables": dict, "operationName": str, "extensions": dict}
    if not isinstance(payload, dict):
        return "payload must be an object"
    wrong = (name for name, kind in kinds.items() if not isinstance(payload.get(name), kind | None))
    return next((f"payload.{name} is of the wrong kind" for name in wrong), None)
