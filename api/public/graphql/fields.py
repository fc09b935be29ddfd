"""Typed decorators for fields with a resolver: Strawberry's own are Any to a type checker.

Belongs here: the decorators. Does not belong here: fields.
"""

from collections.abc import AsyncGenerator, Callable
from typing import Any, ParamSpec, TypeVar, cast

import strawberry

P = ParamSpec("P")
T = TypeVar("T")


def field(description: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Declare a field that is computed when it is selected."""
    return cast("Callable[[Callable[P, T]], Callable[P, T]]", strawberry.field(description=description))


def subscription(
    description: str,
) -> Callable[[Callable[P, AsyncGenerator[T, None]]], Callable[P, AsyncGenerator[T, None]]]:
    """Declare a field of the subscription root."""
    made: Any = strawberry.subscription(description=description)
    return cast(
        "Callable[[Callable[P, AsyncGenerator[T, None]]], Callable[P, AsyncGenerator[T, None]]]", made
    )
