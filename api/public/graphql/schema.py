"""The GraphQL schema: its roots and the extension around every operation.

Belongs here: wiring. Does not belong here: types and resolvers (the other modules).
"""

from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig

from api.public.graphql.finding import Moment
from api.public.graphql.guard import Guard
from api.public.graphql.query import Query
from api.public.graphql.subscription import Subscription

MOMENT = strawberry.scalar(
    name="DateTime",
    description="Date with time (isoformat)",
    serialize=str,
    parse_value=lambda told: told,
)


class Schema(strawberry.Schema):
    """The schema, with the engine's own error logging disabled: `errors` logs internal errors only."""

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Log nothing: the engine would log every misspelt field of a client with a stack trace."""


def schema() -> Schema:
    return Schema(
        query=Query,
        subscription=Subscription,
        extensions=[Guard],
        config=StrawberryConfig(scalar_map={Moment: MOMENT}),
    )


def sdl() -> str:
    """Return the schema in SDL."""
    return print_schema(schema()) + "\n"
