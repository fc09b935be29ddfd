"""Files that are there whole or not at all, whatever kills the process or the machine.

Belongs here: how a file comes to its name. Does not belong here: what stands in it. The package `models`, which imports
nothing from here, keeps its bundles itself.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path, *, unfinished: str) -> Iterator[BinaryIO]:
    """A file to be written, which then stands at `path` in one step, in place of one that was there, and on disk. Until
    then it is named `unfinished`, in the same folder; after an error nothing is left of it. Raises OSError."""
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
    """The folder's own entries on disk: without it the machine may lose the name of a file that it kept."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
