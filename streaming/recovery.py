"""Bytewax's recovery folder, made fit to resume from: of this log, initialised, without leftovers of a crash.

Bytewax writes the snapshots of an epoch before it marks the epoch as closed, resumes with what is older than the
first epoch that was not closed, and leaves the rest in the table. Killed again some epochs later, it takes such a
leftover for a snapshot of its own: state that is ahead of the offsets (measured with 0.21.1: two kills in quick
succession counted 100 of 300 records twice). So leftovers are deleted before each start.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

from bytewax.recovery import RecoveryConfig, init_db_dir

from adapters.kafka.connection import LOGGER, Connection
from adapters.kafka.origin import recovery_directory


def open_recovery(
    connection: Connection, root: Path, *, topics: Sequence[str], stopping: threading.Event | None = None
) -> RecoveryConfig:
    """Recovery in `root` for a flow that reads `topics`, to be called before the flow runs.

    Raises ForeignRecoveryError when a real Kafka is another one than the state was made with.
    """
    folder = recovery_directory(connection, root, topics=topics, stopping=stopping)
    if not _parts(folder):
        init_db_dir(folder, 1)  # type: ignore[no-untyped-call]
    if count := drop_unclosed(folder):
        LOGGER.info("%s: %d snapshots of an epoch that was not closed are dropped", folder, count)
    return RecoveryConfig(str(folder))  # type: ignore[no-untyped-call]


def drop_unclosed(folder: Path) -> int:
    """Delete the snapshots of epochs that Bytewax will not resume from; how many there were."""
    parts = _parts(folder)
    epoch = min((_resume_epoch(part) for part in parts), default=0)
    return sum(_drop_from(part, epoch) for part in parts)


def _parts(folder: Path) -> list[Path]:
    return sorted(folder.glob("part-*.sqlite3"))


def _resume_epoch(part: Path) -> int:
    """First epoch of the last execution that was not closed (of one worker), as Bytewax computes it."""
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
