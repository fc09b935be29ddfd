"""Bytewax's recovery folder, made fit to resume from: of this log, initialised, without leftovers of a crash.

The embedded broker's log ends with it. What matches had come to does not: it is carried over, without the offsets, and
they go on in the new log with the seq that follows.

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
from typing import NamedTuple

from bytewax.recovery import RecoveryConfig, init_db_dir

from adapters.kafka.connection import LOGGER, Connection
from adapters.kafka.origin import dropped, recovery_directory


class Recovery(NamedTuple):
    """`is_carried`: what matches had come to was told in a log that is gone."""

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
    """Recovery in `root` for a flow that reads `topics` in the step `source`, to be called before the flow runs.

    Raises ForeignRecoveryError when a real Kafka is another one than the state was made with.
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
    """Delete where the step `source` stood: it begins where a log begins. Raises `sqlite3.Error`."""
    for part in _parts(folder):
        with contextlib.closing(sqlite3.connect(part)) as store, store:
            store.execute("DELETE FROM snaps WHERE step_id = ?", (source,))


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
