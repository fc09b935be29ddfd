"""Turns a 404 of REST into null in the graph.

Belongs here: that one rule. Does not belong here: other errors (`errors`).
"""

from collections.abc import Awaitable
from typing import TypeVar

from api.problems import ProblemError

T = TypeVar("T")


async def or_none(asked: Awaitable[T]) -> T | None:
    """Return the result, or None if it was not found. Raises all problems except those with status 404."""
    try:
        return await asked
    except ProblemError as error:
        if error.problem.status != 404:
            raise
        return None
