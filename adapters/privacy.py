"""Folders and files that nobody but this user reads: they hold secrets.

Belongs here: making them. What was there stays as it is: whoever made it may have had a reason.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

FOLDER, FILE = 0o700, 0o600
SECRET_BYTES = 32


def make_folder(folder: Path) -> None:
    """Make a folder with those above it; the mode is that of the folder alone."""
    folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty file where there is none. One that cannot be made is left to whoever opens it to complain of."""
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE))


def kept_secret(path: Path) -> bytes:
    """The random bytes in that file, which is made where there is none; all who ask get the same, at once too. Raises
    OSError, also for a file that holds fewer."""
    if not path.exists():
        make_folder(path.parent)
        beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        make_file(beside)
        try:
            beside.write_bytes(secrets.token_bytes(SECRET_BYTES))
            with suppress(FileExistsError):  # another process was faster
                os.link(beside, path)
        finally:
            beside.unlink(missing_ok=True)
    found = path.read_bytes()
    if len(found) < SECRET_BYTES:
        raise OSError(f"{path} holds fewer than {SECRET_BYTES} bytes: remove it")
    return found
