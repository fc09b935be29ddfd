"""Types of map outlines and radar pictures.

Belongs here: types and their construction. Does not belong here: reading files (`radar`, `queries`).
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from game.maps.outline import Level, Outline, Point


class OutlineView(msgspec.Struct, frozen=True, kw_only=True):
    """The walkable cells of a map: a grid of `width` by `height` squares of `cell` game units, starting at (`x0`,
    `y0`).

    Level 0 is the upper one; `split_z` is the height that separates two levels. `bits` is hexadecimal; the cell at
    `row` and `column` is bit `row * width + column`, counted from the lowest. `heights` is base64, one byte per set bit
    in the same order: height above `z0` in steps of 8 units.
    """

    map_name: str
    cell: int
    x0: int
    y0: int
    z0: int
    width: int
    height: int
    levels: tuple[Level, ...]
    split_z: float | None
    ct_spawn: Point | None
    t_spawn: Point | None
    site_a: Point | None
    site_b: Point | None


def outline_view(outline: Outline) -> OutlineView:
    return OutlineView(**{name: getattr(outline, name) for name in OutlineView.__struct_fields__})


RadarLevel = Literal["upper", "lower"]


class RadarFile(msgspec.Struct, frozen=True, kw_only=True):
    """Position and scale of a radar picture, as in the game's own overview files. Other fields are ignored."""

    pos_x: float
    pos_y: float
    scale: Annotated[float, Meta(gt=0, le=1000)]


class RadarView(msgspec.Struct, frozen=True, kw_only=True):
    """A radar picture of a map. Its upper left corner is at (`pos_x`, `pos_y`) in game units. `scale` is in units per
    pixel of a picture 1,024 pixels wide; a picture with more pixels covers the same ground. `levels` lists the
    available pictures."""

    map_name: str
    pos_x: float
    pos_y: float
    scale: float
    levels: tuple[RadarLevel, ...]
