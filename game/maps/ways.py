"""Ways over a graph of cells: the cheapest by a field, and several that differ.

Belongs here: costs of steps, fields, lanes. Does not belong here: which cells are ground (`game.maps.ground`), who
walks where (`game.simulate`).
"""

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from game.maps.outline import Point

AROUND = 8
"""Neighbours of a cell that no wall touches."""
STRAIGHT, DIAGONAL, FAR = 100, 141, 1 << 60
WALL_COST, TAKEN_COST, BARRED_COST = 25, 60, 500
"""More for a cell at a wall, for one that another lane has taken, for one that is shunned."""
LANES = 3
LONGER_BY = 1.5
"""No lane is longer than so many times the shortest one."""
NEW_SHARE = 0.3
"""Of a lane's cells, that no other lane has taken."""
TAKEN_RINGS, FREE_RINGS = 4, 10
"""Cells on both sides of a lane that it takes; around its ends none, for there all lanes meet."""
SHUNNED_RINGS = 6


@dataclass(frozen=True, slots=True)
class Graph:
    """Cells by number: their middles (game units), and the cells one step away."""

    points: Sequence[Point]
    neighbours: Sequence[tuple[int, ...]]

    def extra(self) -> list[int]:
        """What each cell costs beyond its step: people keep off walls."""
        return [WALL_COST if len(near) < AROUND else 0 for near in self.neighbours]

    def around(self, cells: Iterable[int], rings: int) -> set[int]:
        """The cells within so many steps of some."""
        found = edge = set(cells)
        for _ in range(rings):
            edge = {near for cell in edge for near in self.neighbours[cell]} - found
            found = found | edge
        return found

    def length(self, way: Sequence[int]) -> float:
        """In game units, seen from above; the same wherever it is summed."""
        return math.fsum(self.step(here, there) for here, there in pairwise(way))

    def step(self, here: int, there: int) -> float:
        """In game units, seen from above."""
        one, other = self.points[here], self.points[there]
        return math.hypot(other[0] - one[0], other[1] - one[1])


def field(graph: Graph, goal: int, extra: Sequence[int]) -> list[int]:
    """For each cell the next one on a cheapest way to `goal` (the goal's own is itself; -1: there is none)."""
    points, neighbours = graph.points, graph.neighbours
    costs = [FAR] * len(neighbours)
    onward = [-1] * len(neighbours)
    costs[goal], onward[goal] = 0, goal
    queue = [(0, goal)]
    while queue:
        cost, here = heapq.heappop(queue)
        if cost > costs[here]:
            continue
        x, y, _ = points[here]
        for near in neighbours[here]:
            is_straight = points[near][0] == x or points[near][1] == y
            whole = cost + (STRAIGHT if is_straight else DIAGONAL) + extra[near]
            if whole < costs[near]:
                costs[near], onward[near] = whole, here
                heapq.heappush(queue, (whole, near))
    return onward


def along(onward: Sequence[int], start: int, goal: int) -> list[int]:
    """The cells from `start` to `goal` of a field, both included."""
    way = [start]
    while way[-1] != goal:
        way.append(onward[way[-1]])
    return way


def lanes(graph: Graph, start: int, goal: int, *, shunned: Iterable[int] = ()) -> tuple[tuple[int, ...], ...]:
    """Up to `LANES` ways that differ, the cheapest first: each keeps off those before it.

    None but the first comes near a shunned cell.
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
