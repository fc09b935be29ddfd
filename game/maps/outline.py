"""The outline of one map: where players have walked, ground heights, spawns, sites, radar figures.

Belongs here: the struct, its encoding in cells, the outlines that are shipped. Does not belong here: how an outline is
built from positions (`game.maps.building`), ways over it (`game.maps.ground`).

The shipped files come from the recorded positions of 44 maps (Starfie1d1272/cs2-demo-analysis-kit, MIT); radar figures
from awpy (pnxenopoulos/awpy, MIT).
"""

import base64
from collections.abc import Iterator
from functools import cache
from importlib import resources

import msgspec
from msgspec import Struct

HEIGHT_STEP = 8
"""Game units per step of the stored heights."""

Point = tuple[float, float, float]


class Radar(Struct, frozen=True, kw_only=True):
    """The 1024 px radar image: game x = pos_x + scale * px, game y = pos_y - scale * py (game units)."""

    pos_x: float
    pos_y: float
    scale: float


class Level(Struct, frozen=True, kw_only=True):
    """Cells of one storey. Cell `row * width + column` is that bit of `bits`, counted from the lowest; heights are in
    steps, in the order of the bits."""

    bits: str
    heights: str


class Outline(Struct, frozen=True, kw_only=True):
    """Cells are squares of `cell` game units from (`x0`, `y0`). Level 0 is the upper storey; `split_z` separates the
    two."""

    map_name: str
    cell: int
    x0: int
    y0: int
    z0: int
    width: int
    height: int
    levels: tuple[Level, ...]
    split_z: float | None = None
    ct_spawn: Point | None = None
    t_spawn: Point | None = None
    site_a: Point | None = None
    site_b: Point | None = None
    radar: Radar | None = None
    source: str = ""


def cells(outline: Outline) -> Iterator[tuple[int, int, int, int]]:
    """(level, column, row, height in game units) of each walkable cell."""
    for number, level in enumerate(outline.levels):
        heights = base64.b64decode(level.heights)
        for height, index in zip(heights, _set_bits(int(level.bits, 16)), strict=True):
            yield number, index % outline.width, index // outline.width, outline.z0 + height * HEIGHT_STEP


def packed(places: dict[int, int]) -> Level:
    """A level, from cell index to height step (0 to 255)."""
    bits = sum(1 << index for index in places)
    heights = bytes(places[index] for index in sorted(places))
    return Level(bits=f"{bits:x}", heights=base64.b64encode(heights).decode())


def encode(outline: Outline) -> bytes:
    """The bytes of an outline's file: equal outlines give equal bytes."""
    return msgspec.json.format(msgspec.json.encode(outline), indent=1) + b"\n"


def decode(raw: bytes) -> Outline:
    """The outline in a file's bytes. Raises `msgspec.ValidationError`, which names the field."""
    return msgspec.json.decode(raw, type=Outline)


@cache
def map_names() -> tuple[str, ...]:
    """Names of the maps whose outline is shipped, in alphabetical order."""
    files = resources.files("game.maps").iterdir()
    return tuple(sorted(f.name.removesuffix(".json") for f in files if f.name.endswith(".json")))


@cache
def shipped(map_name: str) -> Outline:
    """The shipped outline of a map. Raises `FileNotFoundError` for a map without one."""
    return decode(resources.files("game.maps").joinpath(f"{map_name}.json").read_bytes())


def _set_bits(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
