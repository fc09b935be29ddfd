"""Prepares Bytewax's recovery folder for a start: it belongs to this log, is initialised, and has no leftovers of a
crash.

Belongs here: opening, carrying over and cleaning Bytewax's recovery store. Does not belong here: which log a folder
belongs to (`adapters.kafka.origin`).

The embedded broker's log ends with the broker, but the state of the matches survives: it is carried over without the
offsets, and the matches continue in the new log with the next sequence number.

Bytewax writes the snapshots of an epoch before it marks the epoch as closed. It resumes from the snapshots older than
the first epoch that was not closed, and leaves the newer ones in the table. If it is killed again some epochs later, it
takes such a leftover for a valid snapshot: state that is ahead of the offsets (measured with 0.21.1: two kills in quick
succession counted 100 of 300 records twice). So leftovers are deleted before each start.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bytewax.recovery import RecoveryConfig, init_db_dir

from adapters.kafka.connection import LOGGER, Connection
from adapters.kafka.origin import dropped, recovery_directory


class Recovery(NamedTuple):
    """The recovery to run with. `is_carried`: the recovered state was published to a log that no longer exists."""

    config: RecoveryConfig
    is_carried: bool


def open_recovery(
    connection: Connection,
    root: Path,
    *,
    topics: Sequence[str],
    source: str,
    stopping: threading.Event | None = None,
) -> Recovery:
    """Open the recovery in `root` for a flow that reads `topics` in the step `source`. To be called before the flow
    runs.

    On a real Kafka, raises ForeignRecoveryError if the state belongs to another log.
    """
    carried: list[Path] = []

    def carry(folder: Path) -> None:
        try:
            drop_unclosed(folder)
            forget_offsets(folder, source)
            carried.append(folder)
        except sqlite3.Error as error:
            LOGGER.warning("%s is dropped, it cannot be read: %s", folder, error)
            dropped(folder)

    folder = recovery_directory(connection, root, topics=topics, stopping=stopping, carried=carry)
    if not _parts(folder):
        init_db_dir(folder, 1)  # type: ignore[no-untyped-call]
    if count := drop_unclosed(folder):
        LOGGER.info("%s: %d snapshots of an epoch that was not closed are dropped", folder, count)
    return Recovery(RecoveryConfig(str(folder)), is_carried=bool(carried))  # type: ignore[no-untyped-call]


def forget_offsets(folder: Path, source: str) -> None:
    """Delete the offsets of the step `source`, so that it starts at the log's beginning. Raises `sqlite3.Error`."""
    for part in _parts(folder):
        with contextlib.closing(sqlite3.connect(part)) as store, store:
            store.execute("DELETE FROM snaps WHERE step_id = ?", (source,))


def drop_unclosed(folder: Path) -> int:
    """Delete the snapshots of epochs that Bytewax will not resume from. Returns how many were deleted."""
    parts = _parts(folder)
    epoch = min((_resume_epoch(part) for part in parts), default=0)
    return sum(_drop_from(part, epoch) for part in parts)


def _parts(folder: Path) -> list[Path]:
    return sorted(folder.glob("part-*.sqlite3"))


def _resume_epoch(part: Path) -> int:
    """The first epoch of the last execution that was not closed (for one worker), as Bytewax computes it."""
    with contextlib.closing(sqlite3.connect(part)) as store:
        begun = store.execute("SELECT ex_num, resume_epoch FROM exs ORDER BY ex_num DESC LIMIT 1").fetchone()
        if begun is None:
            return 0
        execution, resumed_at = begun
        closed = store.execute("SELECT MAX(worker_frontier) FROM fronts WHERE ex_num = ?", (execution,))
        return max(int(resumed_at), int(closed.fetchone()[0] or 0))


def _drop_from(part: Path, epoch: int) -> int:
    with contextlib.closing(sqlite3.connect(part)) as store, store:
        return store.execute("DELETE FROM snaps WHERE snap_epoch >= ?", (epoch,)).rowcount
