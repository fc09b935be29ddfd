"""Response types of teams across matches.

Belongs here: types only. Does not belong here: the computation (`queries`).
"""

import msgspec

from api.public.search.resources import FoundMatch


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """A team, identified by the ID from its announcements, else by its name."""

    team_id: str
    name: str
    last_match_id: str | None
    last_seen_at: str
    external_ids: dict[str, str]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Wins and losses: decided maps, and the rounds of all maps."""

    maps_won: int
    maps_lost: int
    rounds_won: int
    rounds_lost: int


class SideRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Wins and losses of decided rounds played on one side."""

    rounds_won: int
    rounds_lost: int


class TeamDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A team's latest matches, and its record in them: in total, by map name, by side (`ct`, `t`)."""

    team: Team
    record: Record
    by_map: dict[str, Record]
    by_side: dict[str, SideRecord]
    matches: tuple[FoundMatch, ...]
