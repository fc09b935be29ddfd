"""Reads the operator's own radar pictures: `<map>.png`, `<map>.json` and, for a lower level, `<map>_lower.png` in one
folder.

Belongs here: listing and reading the files. Does not belong here: types (`resources`), drawing (the dashboard). Only
files found by listing the folder are opened: no name from a request becomes a path. Files are read again for each
request, so that changes take effect.
"""

import logging
from pathlib import Path

import msgspec

from api.public.maps.resources import RadarFile, RadarLevel, RadarView

LOGGER = logging.getLogger("midround.api")
PNG = b"\x89PNG\r\n\x1a\n"
PICTURE_MOST = 16 * 1024 * 1024
"""Bytes; larger files are not accepted as radar pictures."""
_ENDINGS: dict[RadarLevel, str] = {"upper": ".png", "lower": "_lower.png"}


def radars(folder: Path | None) -> list[RadarView]:
    """Return every map that has a description and a picture, ordered by name."""
    files = _files(folder)
    names = sorted(name.removesuffix(".json") for name in files if name.endswith(".json"))
    found = (_described(name, files) for name in names)
    return [view for view in found if view is not None]


def radar(folder: Path | None, name: str) -> RadarView | None:
    """Return the radar of one map; None if there is none."""
    return _described(name, _files(folder))


def picture(folder: Path | None, name: str, level: RadarLevel) -> bytes | None:
    """Return the picture of a level as stored; None if the file is missing, too large or not a PNG."""
    path = _files(folder).get(f"{name}{_ENDINGS[level]}")
    if path is None or path.stat().st_size > PICTURE_MOST:
        return None
    body = path.read_bytes()
    return body if body.startswith(PNG) else None


def _files(folder: Path | None) -> dict[str, Path]:
    if folder is None or not folder.is_dir():
        return {}
    return {path.name: path for path in folder.iterdir() if path.is_file()}


def _described(name: str, files: dict[str, Path]) -> RadarView | None:
    """Return the description of a radar; None if it is missing or has no picture of the upper level. An unreadable
    description is logged."""
    path, levels = (
        files.get(f"{name}.json"),
        tuple(level for level, ending in _ENDINGS.items() if f"{name}{ending}" in files),
    )
    if path is None or "upper" not in levels:
        return None
    try:
        told = msgspec.json.decode(path.read_bytes(), type=RadarFile)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        LOGGER.warning("the radar of %s cannot be used: %s", name, error)
        return None
    return RadarView(map_name=name, pos_x=told.pos_x, pos_y=told.pos_y, scale=told.scale, levels=levels)
