"""The catalog's file, where it is an SQLite one: made for this user alone, by whoever comes to it first.

SQLite gives its write-ahead log and shared memory the mode of the file they belong to.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from adapters.privacy import make_file


def kept_private(engine: Engine) -> Engine:
    """The same engine; its file is there, and private, before the first connection would make one for everybody."""
    path = engine.url.database
    if engine.dialect.name == "sqlite" and path and path != ":memory:":
        event.listen(engine, "do_connect", _maker(Path(path)))
    return engine


def _maker(path: Path) -> Any:
    return lambda *_: make_file(path)
