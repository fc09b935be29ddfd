"""The wall clock as an injectable dependency, so that tests can replace it. Belongs here: nothing else."""

from collections.abc import Callable
from datetime import UTC, datetime

Now = Callable[[], datetime]


def wall_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)
