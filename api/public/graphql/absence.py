"""What is not there: null in the graph, where REST says 404.

Belongs here: that one rule. Does not belong here: errors, which say what is wrong (`errors`).
"""

from collections.abc import Awaitable
from typing import TypeVar

from api.problems import ProblemError

T = TypeVar("T")


async def or_none(asked: Awaitable[T]) -> T | None:
    """What was asked for, null where it is not there. Raises all problems but those of 404."""
    try:
        return await asked
    except ProblemError as error:
        if error.problem.status != 404:
            raise
        return None
