"""The wall clock, passed as an argument to the code that needs the time, so that tests can pass another one.

Belongs here: the type of a clock, and the real one. Does not belong here: anything else.
"""

from collections.abc import Callable
from datetime import UTC, datetime

Now = Callable[[], datetime]


def wall_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)
