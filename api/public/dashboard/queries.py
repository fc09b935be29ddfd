"""Reads the built files of the dashboard.

Belongs here: plain functions over the build folder. Does not belong here: responses (`resources`). Only files found by
listing the folder are opened: no name from a request becomes a path.
"""

from functools import lru_cache
from pathlib import Path

import api
from api.public.dashboard.resources import PageFile, page_file

BUILT = Path(api.__file__).parent / "dashboard" / "dist"
"""Made by `make install`. A wheel built afterwards contains it too."""


def page(folder: Path) -> PageFile | None:
    """Return the page that loads everything else; None if the dashboard is not built."""
    return _files(folder, _built_ns(folder)).get("index.html")


def icon(folder: Path) -> PageFile | None:
    return _files(folder, _built_ns(folder)).get("favicon.svg")


def asset(folder: Path, name: str) -> PageFile | None:
    """Return one of the hashed files; None if there is none of this name."""
    return _files(folder, _built_ns(folder)).get(f"assets/{name}")


def _built_ns(folder: Path) -> int:
    """Return when the pages were built, in ns; 0 if they are not. A build during the process's lifetime is noticed."""
    try:
        return (folder / "index.html").stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=4)
def _files(folder: Path, built_ns: int) -> dict[str, PageFile]:
    """Return all built files by their path in the folder. A few hundred kilobytes, cached per build time `built_ns`."""
    if not built_ns:
        return {}
    return {
        path.relative_to(folder).as_posix(): page_file(path.name, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
