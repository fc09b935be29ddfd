"""Fields with a resolver, typed: what the decorators of Strawberry give is Any to a type checker. Nothing else."""

from collections.abc import AsyncGenerator, Callable
from typing import Any, ParamSpec, TypeVar, cast

import strawberry

P = ParamSpec("P")
T = TypeVar("T")


def field(description: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A field that is computed when it is selected."""
    return cast("Callable[[Callable[P, T]], Callable[P, T]]", strawberry.field(description=description))


def subscription(
    description: str,
) -> Callable[[Callable[P, AsyncGenerator[T, None]]], Callable[P, AsyncGenerator[T, None]]]:
    """A field of the root of subscriptions."""
    made: Any = strawberry.subscription(description=description)
    return cast(
        "Callable[[Callable[P, AsyncGenerator[T, None]]], Callable[P, AsyncGenerator[T, None]]]", made
    )
