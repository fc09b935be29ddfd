"""How the matches of a process stand, told by their folds and read by the thread that switches models.

Belongs here: the shape. Does not belong here: who is switched (`streaming.switching`). One dictionary operation each,
so that the two threads need no lock.
"""

from datetime import datetime

from msgspec import Struct


class Standing(Struct, frozen=True, kw_only=True, gc=False):
    """One match after its last batch: its model, the time of its last event, and when the log had that record."""

    model_hash: str | None
    last_ts: datetime | None
    is_over: bool
    appended_at: datetime


Roster = dict[str, Standing]
"""By match."""
