"""The built files of the dashboard. Plain functions over its folder.

Only what a look into the folder lists is ever opened: no name of a request becomes a path.
"""

from functools import lru_cache
from pathlib import Path

import api
from api.public.dashboard.resources import PageFile, page_file

BUILT = Path(api.__file__).parent / "dashboard" / "dist"
"""Made by `make install`; a wheel that was built after it has it too."""


def page(folder: Path) -> PageFile | None:
    """The page that loads all else; None where nothing is built."""
    return _files(folder, _built_ns(folder)).get("index.html")


def icon(folder: Path) -> PageFile | None:
    return _files(folder, _built_ns(folder)).get("favicon.svg")


def asset(folder: Path, name: str) -> PageFile | None:
    """One of the hashed files."""
    return _files(folder, _built_ns(folder)).get(f"assets/{name}")


def _built_ns(folder: Path) -> int:
    """When the pages were built: a build while the process runs is seen."""
    try:
        return (folder / "index.html").stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=4)
def _files(folder: Path, built_ns: int) -> dict[str, PageFile]:
    """All built files by their path in the folder; a few hundred kilobytes, kept as they were at `built_ns`."""
    if not built_ns:
        return {}
    return {
        path.relative_to(folder).as_posix(): page_file(path.name, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
