"""Atomic file writes: a file is published completely or not at all, even if the process or the machine is killed.

Belongs here: how a file gets its final name. Does not belong here: its content. The package `models`, which imports
nothing from here, writes its bundles itself.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path, *, unfinished: str) -> Iterator[BinaryIO]:
    """Open a file for writing that then replaces `path` in one step and is flushed to disk. Until then it is named
    `unfinished`, in the same folder; after an error it is removed. Raises OSError."""
    beside = path.with_name(unfinished)
    try:
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        synced(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def synced(folder: Path) -> None:
    """Flush the folder's own entries to disk; otherwise the machine may lose the name of a file whose content it
    kept."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
