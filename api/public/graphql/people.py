"""Teams and players in the graph.

Belongs here: types and their construction. Does not belong here: reading players (`api.public.players`).
"""

import enum
import re

import strawberry

from api.problems import ProblemError, problem
from api.public.graphql.fields import field
from api.public.players.resources import MapLine, PlayerView
from game.statistics.scopes import SCOPE_PATTERN
from game.stats import COLUMNS, TOTALS


@strawberry.enum(description="A and B are the teams of the whole series.")
class TeamLetter(enum.Enum):
    A = "A"
    B = "B"


@strawberry.enum(description="Sides swap.")
class Side(enum.Enum):
    CT = "ct"
    T = "t"


@strawberry.type(description="One statistic; ids are those of /api/v1/definitions.")
class Stat:
    id: strawberry.ID
    value: float


@strawberry.type(description="A player's statistics in one scope of one map, after an event.")
class StatsLine:
    map_id: strawberry.ID
    seq: int
    rounds: int = strawberry.field(description="Rounds that the figures are over.")
    line: strawberry.Private[MapLine]

    @field("All of them, or those with these ids, as far as this scope has them.")
    def stats(self, ids: list[strawberry.ID] | None = None) -> list[Stat]:
        told = self.line.stats
        wanted = told if ids is None else stats_within(ids)
        return [Stat(id=strawberry.ID(each), value=told[each]) for each in wanted if each in told]


@strawberry.type(description="A player: who it is, and how it stands in the running round.")
class Player:
    id: strawberry.ID
    name: str | None
    team: TeamLetter | None
    is_bot: bool
    is_connected: bool
    is_alive: bool | None
    health: int | None
    armor: int | None
    money: int | None
    scope: str = strawberry.field(description="What the lines of `maps` cover.")
    maps: list[StatsLine]


def scope_within(scope: str) -> str:
    """Check and return `scope`. Raises a 400 problem for an unknown scope."""
    if re.fullmatch(SCOPE_PATTERN, scope) is None:
        reason = "must be map, half:n, side:ct, side:t or round:n"
        raise ProblemError(problem(400, "invalid", field="scope", reason=reason))
    return scope


def stats_within(ids: list[strawberry.ID]) -> list[strawberry.ID]:
    """Check and return `ids`. Raises a 400 problem for an ID that is no statistic of any scope."""
    unknown = next((each for each in ids if each not in COLUMNS and each not in TOTALS), None)
    if unknown is not None:
        reason = f"no statistic {unknown!r}; /api/v1/definitions names them"
        raise ProblemError(problem(400, "invalid", field="ids", reason=reason))
    return ids


def letter(team: str | None) -> TeamLetter | None:
    return None if team is None else TeamLetter(team)


def side(told: str | None) -> Side | None:
    return None if told is None else Side(told)


def player(view: PlayerView) -> Player:
    return Player(
        id=strawberry.ID(view.player_id),
        name=view.name,
        team=letter(view.team),
        is_bot=view.is_bot,
        is_connected=view.is_connected,
        is_alive=view.is_alive,
        health=view.health,
        armor=view.armor,
        money=view.money,
        scope=view.scope,
        maps=[_line(each) for each in view.maps],
    )


def _line(told: MapLine) -> StatsLine:
    return StatsLine(map_id=strawberry.ID(told.map_id), seq=told.seq, rounds=told.rounds, line=told)
