"""Ways over a graph of cells: the cheapest way, by a field, and several different ones.

Belongs here: step costs, fields, lanes. Does not belong here: which cells are ground (`game.maps.ground`), who walks
where (`game.simulate`).
"""

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from game.maps.outline import Point

AROUND = 8
"""Number of neighbours of a cell that touches no wall."""
STRAIGHT, DIAGONAL, FAR = 100, 141, 1 << 60
WALL_COST, TAKEN_COST, BARRED_COST = 25, 60, 500
"""Extra cost of a cell next to a wall, of one taken by another lane, and of one near a shunned cell."""
LANES = 3
LONGER_BY = 1.5
"""Maximum length of a lane, as a multiple of the shortest one."""
NEW_SHARE = 0.3
"""Minimum share of a lane's cells that no other lane has taken."""
TAKEN_RINGS, FREE_RINGS = 4, 10
"""A lane takes the cells within `TAKEN_RINGS` steps of it, but none within `FREE_RINGS` of its ends, where all lanes
meet."""
SHUNNED_RINGS = 6


@dataclass(frozen=True)
class Graph:
    """Cells by number: their centres (game units), and the cells one step away."""

    points: Sequence[Point]
    neighbours: Sequence[tuple[int, ...]]

    @cached_property
    def steps(self) -> Sequence[tuple[tuple[int, int], ...]]:
        """For each cell its neighbours, each with the cost of the step there."""
        return [
            tuple((near, self._cost(here, near)) for near in found)
            for here, found in enumerate(self.neighbours)
        ]

    def _cost(self, here: int, there: int) -> int:
        (x, y, _), (to_x, to_y, _) = self.points[here], self.points[there]
        return STRAIGHT if to_x == x or to_y == y else DIAGONAL

    def extra(self) -> list[int]:
        """The cost of each cell in addition to the step: players avoid walls."""
        return [WALL_COST if len(near) < AROUND else 0 for near in self.neighbours]

    def around(self, cells: Iterable[int], rings: int) -> set[int]:
        """The cells within `rings` steps of `cells`."""
        found = edge = set(cells)
        for _ in range(rings):
            edge = {near for cell in edge for near in self.neighbours[cell]} - found
            found = found | edge
        return found

    def length(self, way: Sequence[int]) -> float:
        """Horizontal length of a way in game units; independent of the order of summation."""
        return math.fsum(self.step(here, there) for here, there in pairwise(way))

    def step(self, here: int, there: int) -> float:
        """Horizontal distance between two cells in game units."""
        one, other = self.points[here], self.points[there]
        return math.hypot(other[0] - one[0], other[1] - one[1])


def field(graph: Graph, goal: int, extra: Sequence[int]) -> list[int]:
    """For each cell the next one on a cheapest way to `goal`; the goal's next cell is itself, -1 means that there is no
    way."""
    steps = graph.steps
    costs = [FAR] * len(steps)
    onward = [-1] * len(steps)
    costs[goal], onward[goal] = 0, goal
    queue = [(0, goal)]
    while queue:
        cost, here = heapq.heappop(queue)
        if cost > costs[here]:
            continue
        for near, step in steps[here]:
            whole = cost + step + extra[near]
            if whole < costs[near]:
                costs[near], onward[near] = whole, here
                heapq.heappush(queue, (whole, near))
    return onward


def along(onward: Sequence[int], start: int, goal: int) -> list[int]:
    """The cells of a field's way from `start` to `goal`, both included."""
    way = [start]
    while way[-1] != goal:
        way.append(onward[way[-1]])
    return way


def lanes(graph: Graph, start: int, goal: int, *, shunned: Iterable[int] = ()) -> tuple[tuple[int, ...], ...]:
    """Up to `LANES` different ways, the cheapest first; each avoids those before it.

    Only the first may come near a shunned cell.
    """
    extra = graph.extra()
    free = graph.around((start, goal), FREE_RINGS)
    barred = graph.around(shunned, SHUNNED_RINGS) - free
    found = [tuple(along(field(graph, goal, extra), start, goal))]
    longest = LONGER_BY * graph.length(found[0])
    taken = graph.around(found[0], TAKEN_RINGS) - free
    for cell in barred:
        extra[cell] += BARRED_COST
    for _ in range(LANES):
        for cell in taken:
            extra[cell] += TAKEN_COST
        way = tuple(along(field(graph, goal, extra), start, goal))
        is_new = sum(cell not in taken and cell not in free for cell in way) >= NEW_SHARE * len(way)
        if is_new and graph.length(way) <= longest and barred.isdisjoint(way):
            found.append(way)
        taken = taken | (graph.around(way, TAKEN_RINGS) - free)
    return tuple(found[:LANES])
