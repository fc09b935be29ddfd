"""Read-only look-ups in the catalog: matches, players, teams, keys.

Belongs here: queries and their SQL. Does not belong here: changes (`store`), the format of responses (the API).
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    Table,
    and_,
    case,
    event,
    exists,
    func,
    literal,
    or_,
    select,
)

from adapters.catalog.clients import Clients, KeyLine
from adapters.catalog.engine import ANSWERS_S, engine_at
from adapters.catalog.letters import lower_all_letters
from adapters.catalog.schema import MAPS, MATCH_PLAYERS, MATCHES, PLAYERS, ROUNDS, TEAMS
from adapters.catalog.store import Row
from adapters.catalog.transactions import rows

Place = tuple[datetime, str]
"""The position of an item in a list: its time and its id."""
READ_ONLY_S = 2
"""Seconds that a reader waits for a writer's lock."""


BROKEN_OFF_AFTER = timedelta(hours=12)
"""A match that is not over and whose source has been silent for this long counts as broken off."""


class Wanted(Struct, frozen=True, kw_only=True):
    """A filter of matches that meet all given conditions. `team` is part of a name or a team id, `team_id` only an id,
    `player` part of a name or a player id, `map` a map's name. `since` and `until` limit `plays_at`. `external` is a
    system and the match's id there. `after` is a position in the order: `plays_at`, match id."""

    match_id: str | None = None
    status: str | None = None
    team: str | None = None
    team_id: str | None = None
    player: str | None = None
    map: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    external: tuple[str, str] | None = None
    after: tuple[datetime, str] | None = None


class CatalogReader:
    """The catalog at a URL, read-only. Thread-safe. Every query may raise CatalogAwayError."""

    def __init__(self, url: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine, self._now = engine_at(url, answers_s=ANSWERS_S), now
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _read_only)

    def matches(self, wanted: Wanted, *, limit: int) -> Sequence[Row]:
        """Matches, latest played first; `status` is the current one, which may be `broken_off`."""
        order = (MATCHES.c.plays_at.desc(), MATCHES.c.match_id.desc())
        standing = _standing(self._now())
        conditions = _conditions(wanted, self._engine.dialect.name, standing=standing)
        told = (*(each for each in MATCHES.c if each.name != "status"), standing.label("status"))
        return rows(self._engine, select(*told).where(*conditions).order_by(*order).limit(limit))

    def maps(self, match_ids: Sequence[str]) -> Sequence[Row]:
        """The maps of these matches in order of play."""
        chosen = MAPS.c.match_id.in_(match_ids)
        return rows(
            self._engine, select(MAPS).where(chosen).order_by(MAPS.c.match_id, MAPS.c.number, MAPS.c.seq)
        )

    def decided(self, match_ids: Sequence[str]) -> Sequence[Row]:
        """The number of rounds, as `rounds`, that each team of these matches won on each side."""
        of = (ROUNDS.c.match_id, ROUNDS.c.winner_team, ROUNDS.c.winner_side)
        stands = (ROUNDS.c.match_id.in_(match_ids), ~ROUNDS.c.is_retracted)
        query = select(*of, func.count().label("rounds")).where(*stands).group_by(*of).order_by(*of)
        return rows(self._engine, query)

    def formats(self) -> Sequence[Row]:
        """Match counts, as `matches`, by current `status` and `best_of`, with the time range from `first_at` to
        `last_at`."""
        m, standing = MATCHES.c, _standing(self._now()).label("status")
        stands = select(standing, m.best_of, m.first_event_at, m.last_event_at).subquery().c
        of = (stands.status, stands.best_of)
        first_at, last_at = func.min(stands.first_event_at), func.max(stands.last_event_at)
        counted = (func.count().label("matches"), first_at.label("first_at"), last_at.label("last_at"))
        return rows(self._engine, select(*of, *counted).group_by(*of).order_by(*of))

    def players(self, name: str, *, limit: int, after: Place | None = None) -> Sequence[Row]:
        """Players whose name contains this text, ignoring case; last seen first, after the position `after`."""
        return self._seen(PLAYERS, PLAYERS.c.player_id, name=name, limit=limit, after=after)

    def player(self, player_id: str) -> Row | None:
        return self._one(select(PLAYERS).where(PLAYERS.c.player_id == player_id))

    def names(self, player_ids: Sequence[str]) -> dict[str, str | None]:
        """The latest name of each player."""
        found = rows(self._engine, select(PLAYERS).where(PLAYERS.c.player_id.in_(player_ids)))
        return {row["player_id"]: row["name"] for row in found}

    def teams(self, name: str, *, limit: int, after: Place | None = None) -> Sequence[Row]:
        """Teams whose name contains this text, ignoring case; last seen first, after the position `after`."""
        return self._seen(TEAMS, TEAMS.c.team_id, name=name, limit=limit, after=after)

    def team(self, team_id: str) -> Row | None:
        return self._one(select(TEAMS).where(TEAMS.c.team_id == team_id))

    def key(self, key_id: str) -> KeyLine | None:
        """An API key with its client, whether still valid or not."""
        return Clients(self._engine).key(key_id)

    def keys(self, key_ids: Sequence[str]) -> list[KeyLine]:
        """The keys with these ids that exist."""
        return Clients(self._engine).named(key_ids)

    def close(self) -> None:
        self._engine.dispose()

    def _seen(
        self, table: Table, id_: Column[Any], *, name: str, limit: int, after: Place | None
    ) -> Sequence[Row]:
        seen_at = table.c.last_seen_at
        named = select(table).where(_has(table.c.name, name))
        if after is not None:
            moment, last = after
            named = named.where(or_(seen_at < moment, and_(seen_at == moment, id_ > last)))
        return rows(self._engine, named.order_by(seen_at.desc(), id_).limit(limit))

    def _one(self, query: Select[Any]) -> Row | None:
        found = rows(self._engine, query)
        return found[0] if found else None


def _standing(now: datetime) -> ColumnElement[str]:
    """The current status of a match. No event says that a match was broken off: that follows from the silence of its
    source, and no longer holds once the source sends again."""
    m = MATCHES.c
    is_broken_off = and_(m.status == "live", m.heard_at < now - BROKEN_OFF_AFTER)
    return case((is_broken_off, literal("broken_off")), else_=m.status)


def _conditions(wanted: Wanted, dialect: str, *, standing: ColumnElement[str]) -> list[ColumnElement[bool]]:
    m = MATCHES.c
    found = [
        m.match_id == wanted.match_id if wanted.match_id else None,
        standing == wanted.status if wanted.status else None,
        _of_team(wanted.team) if wanted.team else None,
        or_(m.team_a_id == wanted.team_id, m.team_b_id == wanted.team_id) if wanted.team_id else None,
        m.match_id.in_(_with_player(wanted.player)) if wanted.player else None,
        m.match_id.in_(select(MAPS.c.match_id).where(MAPS.c.name == wanted.map)) if wanted.map else None,
        m.plays_at >= wanted.since if wanted.since else None,
        m.plays_at < wanted.until if wanted.until else None,
        _of_system(wanted.external, dialect) if wanted.external else None,
        _later(wanted.after) if wanted.after else None,
    ]
    return [condition for condition in found if condition is not None]


def _of_system(external: tuple[str, str], dialect: str) -> ColumnElement[bool]:
    """Matches with that external id. SQLite compares pair by pair, because its JSON paths cannot express a name with a
    quotation mark."""
    ids, (system, id_) = MATCHES.c.external_ids, external
    if dialect == "sqlite":
        pair = func.json_each(ids).table_valued("key", "value")
        return exists(select(1).select_from(pair).where(pair.c.key == system, pair.c.value == id_))
    found: ColumnElement[bool] = ids[system].as_string() == id_
    return found


def _of_team(team: str) -> ColumnElement[bool]:
    m = MATCHES.c
    return or_(m.team_a_id == team, m.team_b_id == team, _has(m.name_a, team), _has(m.name_b, team))


def _with_player(player: str) -> Select[Any]:
    known = select(PLAYERS.c.player_id).where(_has(PLAYERS.c.name, player))
    chosen = or_(MATCH_PLAYERS.c.player_id == player, MATCH_PLAYERS.c.player_id.in_(known))
    return select(MATCH_PLAYERS.c.match_id).where(chosen)


def _later(after: tuple[datetime, str]) -> ColumnElement[bool]:
    moment, match_id = after
    m = MATCHES.c
    return or_(m.plays_at < moment, and_(m.plays_at == moment, m.match_id < match_id))


def _has(column: ColumnElement[Any], part: str) -> ColumnElement[bool]:
    return func.lower(column).contains(part.lower(), autoescape=True)


def _read_only(connection: Any, _: object) -> None:
    lower_all_letters(connection)
    cursor = connection.cursor()
    for pragma in ("query_only = ON", f"busy_timeout = {READ_ONLY_S * 1000}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
