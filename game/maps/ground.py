"""The walkable ground of a map: neighbours, ways, lines of sight.

Belongs here: the graph of walkable cells. Does not belong here: how ways are found (`game.maps.ways`), who walks where
(`game.simulate`).
"""

import math
from collections import deque
from functools import cache, lru_cache

from game.maps.outline import Outline, Point, cells, shipped
from game.maps.ways import Graph, along, field, lanes

STEP_HEIGHT = 100.0
"""Maximum height difference in game units between neighbouring cells that a player can climb (stairs, boxes, ramps)."""
SIGHT_HEIGHT = 220.0
"""Height difference in game units beyond which two cells are on different floors and do not see each other."""
SPOT_UNITS = 420.0
"""Spots of a place lie within this distance of it, in game units."""


class Ground:
    """The cells of one map that can be reached from its T spawn. Cells are numbered; immutable except for caches."""

    def __init__(self, outline: Outline) -> None:
        marks = outline.ct_spawn, outline.t_spawn, outline.site_a, outline.site_b
        if None in marks:
            raise ValueError(f"{outline.map_name}: an outline to walk on needs both spawns and both sites")
        self.map_name = outline.map_name
        self.cell = outline.cell
        places = _reachable(outline)
        self.points: list[Point] = [_point(outline, place) for place in places]
        number = {place[:3]: index for index, place in enumerate(places)}
        self.neighbours = [_steps(place, places, number) for place in places]
        self._columns = {place[1:3] for place in places}
        self._grid = [place[1:3] for place in places]
        self._graph = Graph(self.points, self.neighbours)
        self._extra = self._graph.extra()
        self._fields: dict[int, list[int]] = {}
        self.ct_spawn, self.t_spawn, self.site_a, self.site_b = (
            self.nearest(m) for m in marks if m is not None
        )
        self.lanes = lru_cache(maxsize=16)(self._lanes)
        self.sees = lru_cache(maxsize=1 << 16)(self._sees)

    def nearest(self, point: Point) -> int:
        """The cell whose centre is nearest to the point."""
        return min(range(len(self.points)), key=lambda index: (math.dist(self.points[index], point), index))

    def onward(self, goal: int) -> list[int]:
        """For each cell the next one on a short way to `goal` that avoids walls; the goal's next cell is itself."""
        if goal not in self._fields:
            self._fields[goal] = field(self._graph, goal, self._extra)
        return self._fields[goal]

    def way(self, start: int, goal: int) -> list[int]:
        """The cells from `start` to `goal`, both included."""
        return along(self.onward(goal), start, goal)

    def distance(self, one: int, other: int) -> float:
        """Straight-line distance between two cells in game units."""
        return math.dist(self.points[one], self.points[other])

    def step(self, one: int, other: int) -> float:
        """Horizontal distance from a cell to its neighbour in game units."""
        return self._graph.step(one, other)

    def spots(self, place: int, count: int) -> tuple[int, ...]:
        """`count` cells around a place, spread evenly over those near it; the first is the place itself."""
        near = [i for i in range(len(self.points)) if self.distance(i, place) <= SPOT_UNITS and i != place]
        stride = max(1, len(near) // max(1, count - 1))
        return (place, *near[::stride][: count - 1])

    def _lanes(self, start: int, goal: int) -> tuple[tuple[int, ...], ...]:
        """Several different ways from `start` to `goal`, the shortest first. All but the first avoid the other site."""
        shunned = {self.site_a, self.site_b} - {goal}
        return lanes(self._graph, start, goal, shunned=shunned)

    def _sees(self, one: int, other: int) -> bool:
        """A coarse line of sight: whether all cells on the straight line between two cells are ground."""
        if abs(self.points[one][2] - self.points[other][2]) > SIGHT_HEIGHT:
            return False
        (x, y), (goal_x, goal_y) = self._grid[one], self._grid[other]
        steps = max(abs(goal_x - x), abs(goal_y - y))
        return all(
            (round(x + (goal_x - x) * k / steps), round(y + (goal_y - y) * k / steps)) in self._columns
            for k in range(1, steps)
        )


@cache
def ground_of(map_name: str) -> Ground:
    """The ground of a shipped map. Raises `FileNotFoundError` for a map without an outline."""
    return Ground(shipped(map_name))


Place = tuple[int, int, int, int]
"""Level, column, row, height in game units."""


def _point(outline: Outline, place: Place) -> Point:
    _, column, row, height = place
    half = outline.cell / 2
    return outline.x0 + column * outline.cell + half, outline.y0 + row * outline.cell + half, float(height)


def _reachable(outline: Outline) -> list[Place]:
    """The places connected to the T spawn."""
    places = list(cells(outline))
    number = {place[:3]: index for index, place in enumerate(places)}
    assert outline.t_spawn is not None
    spawn = outline.t_spawn
    start = min(range(len(places)), key=lambda i: (math.dist(_point(outline, places[i]), spawn), i))
    seen = {start}
    queue = deque([start])
    while queue:
        for index in _steps(places[queue.popleft()], places, number):
            if index not in seen:
                seen.add(index)
                queue.append(index)
    return [places[index] for index in sorted(seen)]


def _steps(place: Place, places: list[Place], number: dict[tuple[int, int, int], int]) -> tuple[int, ...]:
    """Numbers of the places one step away, straight steps before diagonal ones so that ways do not zigzag."""
    level, column, row, height = place
    near = [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)]
    found = (number.get((storey, column + i, row + j)) for i, j in near for storey in (level, 1 - level))
    return tuple(
        index for index in found if index is not None and abs(places[index][3] - height) <= STEP_HEIGHT
    )
