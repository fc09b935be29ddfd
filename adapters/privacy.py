"""Folders and files that nobody but this user reads: they hold secrets.

Belongs here: making them. What was there stays as it is: whoever made it may have had a reason.
"""

import os
from contextlib import suppress
from pathlib import Path

FOLDER, FILE = 0o700, 0o600


def make_folder(folder: Path) -> None:
    """Make a folder with those above it; the mode is that of the folder alone."""
    folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty file where there is none. One that cannot be made is left to whoever opens it to complain of."""
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE))
