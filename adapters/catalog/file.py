"""Creates the SQLite file of the catalog so that only this user can read it.

Belongs here: creating the file before the first connection. Does not belong here: file modes (`adapters.privacy`).

SQLite gives its write-ahead log and shared memory the mode of the database file.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from adapters.privacy import make_file


def kept_private(engine: Engine) -> Engine:
    """The same engine, whose file is created with a private mode before the first connection would create a public
    one."""
    path = engine.url.database
    if engine.dialect.name == "sqlite" and path and path != ":memory:":
        event.listen(engine, "do_connect", _maker(Path(path)))
    return engine


def _maker(path: Path) -> Any:
    return lambda *_: make_file(path)
