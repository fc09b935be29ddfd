"""Building outlines from recorded positions.

Belongs here: samples, and how many of them make a cell ground. Does not belong here: reading and writing files (the
command `midround maps build`), the format of an outline (`game.maps.outline`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from statistics import median
from typing import Literal, NamedTuple

from game import events as e
from game.maps.outline import HEIGHT_STEP, Level, Outline, Point, Radar, map_names, packed, shipped
from game.payloads import Side, Team

CELL = 64
MANY_SAMPLES = 30_000
"""From this number of samples on, a cell needs two of them: a single one may be a fall or a boost."""
CLOSING_NEIGHBOURS = 5
"""A cell without samples is ground if at least this many of its eight neighbours are."""

Mark = Literal["", "ct_spawn", "t_spawn", "site_a", "site_b"]
MARKS: tuple[Mark, ...] = ("ct_spawn", "t_spawn", "site_a", "site_b")
Cell = tuple[int, int, int]


class Sample(NamedTuple):
    """The position of a living player; `mark` says that it was at a spawn when play began, or at a plant."""

    map_name: str
    x: float
    y: float
    z: float
    mark: Mark = ""


class Figures(NamedTuple):
    """Map data that positions do not give: radar, and the height between two storeys (null: one storey)."""

    radar: Radar | None = None
    split_z: float | None = None


def shipped_figures() -> dict[str, Figures]:
    """Radar and storeys of the shipped maps, so that rebuilt outlines keep them."""
    outlines = (shipped(name) for name in map_names())
    return {o.map_name: Figures(radar=o.radar, split_z=o.split_z) for o in outlines}


def build(
    samples: Iterable[Sample], *, figures: dict[str, Figures] | None = None, source: str = ""
) -> dict[str, Outline]:
    """Outlines by map name; the order of the samples does not matter."""
    by_map: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_map[sample.map_name].append(sample)
    known = figures or {}
    return {
        name: outline_of(found, figures=known.get(name, Figures()), source=source)
        for name, found in sorted(by_map.items())
    }


def outline_of(samples: list[Sample], *, figures: Figures, source: str = "") -> Outline:
    """The outline of one map; `samples` must all be of that map and not empty."""
    heights = closed(_ground(samples, figures.split_z))
    columns = [cell[1] for cell in heights]
    rows = [cell[2] for cell in heights]
    left, bottom, z0 = min(columns), min(rows), int(min(heights.values()))
    width = max(columns) - left + 1
    points = {mark: _middle(samples, mark) for mark in MARKS}
    return Outline(
        map_name=samples[0].map_name,
        cell=CELL,
        x0=left * CELL,
        y0=bottom * CELL,
        z0=z0,
        width=width,
        height=max(rows) - bottom + 1,
        levels=_levels(heights, origin=(left, bottom, z0), width=width),
        split_z=figures.split_z,
        radar=figures.radar,
        source=source,
        ct_spawn=points["ct_spawn"],
        t_spawn=points["t_spawn"],
        site_a=points["site_a"],
        site_b=points["site_b"],
    )


def samples_of(feed: Iterable[e.AnyEvent]) -> Iterator[Sample]:
    """Samples from a match's events: the first positions of a live round are at the spawns, plants are at the sites."""
    walk = _Walk()
    for event in feed:
        yield from walk.follow(event)


class _Walk:
    """State between events: the map, the sides, and whether the round's first positions are still to come."""

    def __init__(self) -> None:
        self.map_name = ""
        self.a_side: Side = "ct"
        self.teams: dict[str, Team] = {}
        self.is_fresh = False

    def follow(self, event: e.AnyEvent) -> Iterator[Sample]:
        if isinstance(event, e.PositionSample):
            yield from self._positions(event)
        elif isinstance(event, e.BombPlanted):
            yield from self._plant(event)
        else:
            self._learn(event)

    def _learn(self, event: e.AnyEvent) -> None:
        if isinstance(event, e.MapStarted):
            self.map_name = event.payload.map_name or self.map_name
            self.a_side = event.payload.a_side or self.a_side
        elif isinstance(event, e.RoundStarted | e.SidesSet):
            self.a_side = event.payload.a_side or self.a_side
        elif isinstance(event, e.FreezeEnded):
            self.is_fresh = True
        elif isinstance(event, e.SeriesAnnounced):
            self.teams |= dict.fromkeys(event.payload.team_a.players, "A")
            self.teams |= dict.fromkeys(event.payload.team_b.players, "B")
        elif isinstance(event, e.PlayerJoinedTeam | e.PlayerConnected) and event.payload.team is not None:
            self.teams[event.payload.player_id] = event.payload.team

    def _positions(self, event: e.PositionSample) -> Iterator[Sample]:
        for player in event.payload.players:
            if self.map_name and player.is_alive is not False:
                mark = self._spawn(player.player_id) if self.is_fresh else ""
                yield Sample(self.map_name, player.x, player.y, player.z, mark)
        self.is_fresh = False

    def _spawn(self, player_id: str) -> Mark:
        team = self.teams.get(player_id)
        if team is None:
            return ""
        return "ct_spawn" if (team == "A") == (self.a_side == "ct") else "t_spawn"

    def _plant(self, event: e.BombPlanted) -> Iterator[Sample]:
        where, site = event.payload.position, event.payload.site
        if self.map_name and where is not None and site is not None:
            yield Sample(self.map_name, where.x, where.y, where.z, "site_a" if site == "a" else "site_b")


def _ground(samples: list[Sample], split_z: float | None) -> dict[Cell, float]:
    """(level, column, row) to the median height of its samples, for cells with enough samples."""
    found: defaultdict[Cell, list[float]] = defaultdict(list)
    for sample in samples:
        level = int(split_z is not None and sample.z < split_z)
        found[level, int(sample.x // CELL), int(sample.y // CELL)].append(sample.z)
    least = 2 if len(samples) >= MANY_SAMPLES else 1
    return {cell: median(heights) for cell, heights in found.items() if len(heights) >= least}


def closed(heights: dict[Cell, float]) -> dict[Cell, float]:
    """The ground with its small holes filled at the mean height of the surrounding cells."""
    around: defaultdict[Cell, list[float]] = defaultdict(list)
    for (level, column, row), height in heights.items():
        for right in (-1, 0, 1):
            for up in (-1, 0, 1):
                around[level, column + right, row + up].append(height)
    holes = {
        cell: sum(sorted(near)) / len(near)
        for cell, near in around.items()
        if cell not in heights and len(near) >= CLOSING_NEIGHBOURS
    }
    return heights | holes


def _levels(heights: dict[Cell, float], *, origin: Cell, width: int) -> tuple[Level, ...]:
    left, bottom, z0 = origin
    places: list[dict[int, int]] = [{} for _ in range(max(cell[0] for cell in heights) + 1)]
    for (level, column, row), height in heights.items():
        step = min(255, max(0, round((height - z0) / HEIGHT_STEP)))
        places[level][(row - bottom) * width + column - left] = step
    return tuple(packed(level) for level in places)


def _middle(samples: list[Sample], mark: Mark) -> Point | None:
    """The median of the samples with this mark, rounded to whole units."""
    points = [s for s in samples if s.mark == mark]
    if not points:
        return None
    return (
        float(round(median(p.x for p in points))),
        float(round(median(p.y for p in points))),
        float(round(median(p.z for p in points))),
    )
