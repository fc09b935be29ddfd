"""The schema: its roots and what stands around every operation. Only wiring."""

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
    """Errors are logged where they are put in words, and only those that are ours."""

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Nothing: the engine would log every misspelt field of a client with its stack."""


def schema() -> Schema:
    return Schema(
        query=Query,
        subscription=Subscription,
        extensions=[Guard],
        config=StrawberryConfig(scalar_map={Moment: MOMENT}),
    )


def sdl() -> str:
    """The schema as text."""
    return print_schema(schema()) + "\n"
