"""Folders and files that only this user can read, because they hold secrets.

Belongs here: creating them. Does not belong here: changing the mode of existing ones, which may be deliberate.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

FOLDER, FILE = 0o700, 0o600
SECRET_BYTES = 32


def make_folder(folder: Path) -> None:
    """Create a folder and its missing parents. The restricted mode applies to the folder itself only."""
    folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)


def make_file(path: Path) -> None:
    """Create an empty file if there is none. If that fails, the error is left to the code that opens the file."""
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE))


def kept_secret(path: Path) -> bytes:
    """The random bytes in that file, which is created if missing. All callers get the same bytes, even if they start at
    once. Raises OSError, also for a file with fewer than `SECRET_BYTES` bytes."""
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
