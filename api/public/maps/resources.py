"""Outlines as the API shows them. Shapes and their making only."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from game.maps.outline import Level, Outline, Point


class OutlineView(msgspec.Struct, frozen=True, kw_only=True):
    """The walkable cells of a map: squares of `cell` game units from (`x0`, `y0`), `width` by `height` of them.

    Level 0 is the upper one; where there are two, `split_z` parts them. `bits` is hexadecimal, bit
    `row * width + column` from the lowest; `heights` is base64 of a byte for each set bit in that order: steps of 8
    units above `z0`.
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
    """How a radar picture lies on the map, as the game's own overview files have it. What else they say is passed
    over."""

    pos_x: float
    pos_y: float
    scale: Annotated[float, Meta(gt=0, le=1000)]


class RadarView(msgspec.Struct, frozen=True, kw_only=True):
    """A radar picture of a map. Its upper left corner is at (`pos_x`, `pos_y`) in game units; `scale` is units a pixel
    of a picture 1,024 pixels wide, and one with more pixels covers the same ground. `levels` are the pictures there
    are."""

    map_name: str
    pos_x: float
    pos_y: float
    scale: float
    levels: tuple[RadarLevel, ...]
