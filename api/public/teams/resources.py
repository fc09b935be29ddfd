"""Teams as the API shows them. Shapes only."""

import msgspec

from api.public.search.resources import FoundMatch


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """A team: by the id that announcements gave it, else by its name."""

    team_id: str
    name: str
    last_match_id: str | None
    last_seen_at: str
    external_ids: dict[str, str]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What was won and lost: decided maps, and rounds of all maps."""

    maps_won: int
    maps_lost: int
    rounds_won: int
    rounds_lost: int


class SideRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Decided rounds that were played on one side."""

    rounds_won: int
    rounds_lost: int


class TeamDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A team's latest matches, and its record in them: all, by map's name, by side (`ct`, `t`)."""

    team: Team
    record: Record
    by_map: dict[str, Record]
    by_side: dict[str, SideRecord]
    matches: tuple[FoundMatch, ...]
