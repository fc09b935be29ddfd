"""The state of one simulated round in live play.

Belongs here: everything that the round's future depends on, its copy, and its agenda of timed actions. Does not belong
here: the actions (`tactics`, `movement`, `combat`, `utility`, `bomb`), the loop over them (`live`).
"""

import heapq
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Literal

from game import payloads as p
from game.maps.ground import Ground
from game.payloads import EndReason, Grenade, Side, Site
from game.rules import Rules
from game.simulate.feed import Feed
from game.simulate.fighter import Fighter, living
from game.simulate.patch import Patch

Deed = Literal[
    "contact", "exchange", "throw", "detonate", "burn", "expire", "planted", "defused", "exploded", "sample"
]


@dataclass(slots=True, kw_only=True)
class BombPlay:
    """`cell` is where the bomb lies or was planted; `begun_s` is when the current plant or defuse began."""

    carrier: Fighter | None
    cell: int
    site: Site | None = None
    begun_s: float | None = None
    planted_s: float | None = None
    planter: Fighter | None = None
    defuser: Fighter | None = None


@dataclass(slots=True, frozen=True, kw_only=True)
class Flying:
    """A thrown grenade, in flight or in effect."""

    grenade_id: str
    grenade: Grenade
    thrower: str
    cell: int


@dataclass(slots=True, frozen=True, kw_only=True)
class Outcome:
    winner: Side
    reason: EndReason


@dataclass(slots=True, frozen=True, kw_only=True)
class Orders:
    """The plans of both sides: where to wait, where to hold, when to attack."""

    site: Site
    go_s: float
    stage: dict[str, int]
    """Player to the cell to take up before the site is attacked."""
    lanes: dict[str, tuple[int, ...]]
    """T player to a way from the T spawn to a site, on which the player walks to the stage cell."""
    site_spots: dict[Site, tuple[int, ...]]


@dataclass(slots=True, kw_only=True)
class Play:
    """Times are seconds since the end of freeze time. `orders` never change; everything else does."""

    ground: Ground
    rules: Rules
    fighters: list[Fighter]
    orders: Orders
    bomb: BombPlay
    feed: Feed
    rng: Random
    start_ms: int
    round_no: int
    patch: Patch
    position_hz: int = 0
    has_shots: bool = True
    has_footsteps: bool = False
    second: int = 0
    now_s: float = 0.0
    outcome: Outcome | None = None
    last_contact_s: float = -100.0
    is_alarmed: bool = False
    """Whether CT knows which site is attacked."""
    harm: dict[tuple[str, str], int] = field(default_factory=dict)
    """(attacker, victim) to damage done."""
    agenda: list[tuple[float, int, Deed, Any]] = field(default_factory=list)
    entries: int = 0
    thrown: int = 0

    def copy(self, *, rng: Random, feed: Feed) -> "Play":
        """An independent copy of this round, to be continued."""
        fighters = [fighter.copy() for fighter in self.fighters]
        twin = {fighter.player_id: fighter for fighter in fighters}
        bomb = replace(
            self.bomb,
            carrier=twin[self.bomb.carrier.player_id] if self.bomb.carrier else None,
            planter=twin[self.bomb.planter.player_id] if self.bomb.planter else None,
            defuser=twin[self.bomb.defuser.player_id] if self.bomb.defuser else None,
        )
        return replace(
            self,
            fighters=fighters,
            bomb=bomb,
            rng=rng,
            feed=feed,
            harm=dict(self.harm),
            agenda=list(self.agenda),
        )

    @property
    def ct(self) -> list[Fighter]:
        return living(self.fighters, "ct")

    @property
    def t(self) -> list[Fighter]:
        return living(self.fighters, "t")

    def player(self, player_id: str) -> Fighter:
        return next(fighter for fighter in self.fighters if fighter.player_id == player_id)

    def enter(self, moment_s: float, deed: Deed, data: Any) -> None:
        """Put an action on the agenda; actions at equal times keep their order."""
        self.entries += 1
        heapq.heappush(self.agenda, (moment_s, self.entries, deed, data))

    def emit(self, kind: Any, payload: Any) -> None:
        self.feed.emit(kind, payload, self.start_ms + round(self.now_s * 1000))

    def position(self, cell: int) -> p.Position:
        x, y, z = self.ground.points[cell]
        return p.Position(x=x, y=y, z=z)

    def decide(self, winner: Side, reason: EndReason) -> None:
        """Decide the round; a second decision changes nothing."""
        if self.outcome is None:
            self.outcome = Outcome(winner=winner, reason=reason)
