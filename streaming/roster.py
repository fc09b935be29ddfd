"""The standings of a process's matches, written by their folds and read by the thread that switches models.

Belongs here: the data structure. Does not belong here: which match is switched (`streaming.switching`).

Each access is a single dictionary operation, so the two threads need no lock.
"""

from datetime import datetime

from msgspec import Struct


class Standing(Struct, frozen=True, kw_only=True, gc=False):
    """One match after its last batch: its model, the time of its last event, and when that record was appended to the
    log."""

    model_hash: str | None
    last_ts: datetime | None
    is_over: bool
    appended_at: datetime


Roster = dict[str, Standing]
"""Standings by match id."""
