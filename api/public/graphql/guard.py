"""Wraps every operation: checks its limits, gives it fresh loaders, translates its errors.

Belongs here: the engine's extension. Does not belong here: the limits (`limits`), the text of errors (`errors`).
"""

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

from graphql import DocumentNode, GraphQLError, parse, specified_rules, validate
from strawberry import Schema
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from api.public.graphql import errors, limits

DOCUMENTS_MAX = 128
"""Number of documents whose parsed form is cached."""
_SOCKET_NEEDED = errors.refused(
    "SOCKET_NEEDED",
    "subscriptions do not come over HTTP",
    advice="open a WebSocket on /graphql with the subprotocol graphql-transport-ws",
)
_HTTP_NEEDED = errors.refused(
    "HTTP_NEEDED",
    "only subscriptions come over a WebSocket",
    advice="POST it to /graphql",
)


class Guard(SchemaExtension):
    """Extension instance of one operation."""

    def on_operation(self) -> Iterator[None]:
        told = self.execution_context
        told.parse_options["max_tokens"] = limits.TOKENS_MAX
        told.context = told.context.anew()
        self._is_streamed = False
        yield
        if not self._is_streamed:
            _in_words(told.result)

    def on_parse(self) -> Iterator[None]:
        """Use the cached parsed document. A document that cannot be parsed is left to the engine, which reports why."""
        with suppress(GraphQLError, RecursionError):
            self.execution_context.graphql_document = _parsed(self.execution_context.query or "")
        yield

    def on_validate(self) -> Iterator[None]:
        told = self.execution_context
        assert told.graphql_document is not None, "it has been parsed"
        refusal = limits.refusal(
            told.query or "",
            told.graphql_document,
            told.schema._schema,
            variables=told.variables,
            operation_name=told.operation_name,
        )
        if refusal is not None:
            found = [errors.refused("TOO_MUCH", refusal, advice="ask for less at once")]
        elif told.operation_type is OperationType.SUBSCRIPTION and not told.context.is_socket:
            found = [_SOCKET_NEEDED]
        elif told.operation_type is not OperationType.SUBSCRIPTION and told.context.is_socket:
            found = [_HTTP_NEEDED]
        else:
            found = list(_wrong(told.schema, told.query or ""))
        told.pre_execution_errors = found
        yield

    def on_stream_result(self, result: Any) -> Iterator[None]:
        self._is_streamed = True
        _in_words(result)
        yield


@lru_cache(maxsize=DOCUMENTS_MAX)
def _parsed(text: str) -> DocumentNode:
    return parse(text, max_tokens=limits.TOKENS_MAX)


@lru_cache(maxsize=DOCUMENTS_MAX)
def _wrong(schema: Schema, text: str) -> tuple[GraphQLError, ...]:
    """Validate a parsed document; cached, and the engine does not validate again."""
    return tuple(validate(schema._schema, _parsed(text), specified_rules))


def _in_words(result: Any) -> None:
    if getattr(result, "errors", None):
        result.errors = [errors.told(error) for error in result.errors]
