"""The time of this machine, as what needs it is given it: a test gives another. Nothing else."""

from collections.abc import Callable
from datetime import UTC, datetime

Now = Callable[[], datetime]


def wall_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)
