"""The catalog over SQLAlchemy: SQLite in a local file, or PostgreSQL by URL.

Belongs here: opening and migrating, applying changes in one transaction, reading rows as they are. Does not belong
here: what a fact changes (`streaming.lifecycle`), look-ups for API clients (`adapters.catalog.reading`).
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, assert_never

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Engine,
    Executable,
    Select,
    String,
    Table,
    bindparam,
    case,
    cast,
    event,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError
from sqlalchemy.pool import ConnectionPoolEntry

from adapters.catalog.changes import (
    OPEN,
    CatalogAwayError,
    Change,
    ChangeRefusedError,
    Reopened,
    Seen,
    TeamTold,
    Undecided,
    Upsert,
    Withdrawal,
    team,
    team_id,
    without_nul,
)
from adapters.catalog.clients import Clients
from adapters.catalog.elsewhere import IDS, with_room
from adapters.catalog.engine import engine_at
from adapters.catalog.letters import lower_all_letters
from adapters.catalog.outbox import Outbox
from adapters.catalog.schema import MAPS, MATCHES, METADATA, PLAYERS, ROUNDS, TEAMS
from adapters.catalog.upgrading import upgrade
from adapters.catalog.usage import UsageBook
from adapters.catalog.webhooks import Webhooks

FRESHNESS: Mapping[str, str] = {
    "matches": "seq",
    "maps": "seq",
    "rounds": "seq",
    "players": "last_seen_at",
    "match_players": "seq",
    "teams": "last_seen_at",
}
"""The column that decides whether a change is newer than the row; in tables without one, the latest change wins."""
FIRST_KEPT = frozenset({"first_predicted_at", "began_at"})
"""Columns that keep their first value."""
UNTIL_BEGUN = frozenset({"plays_at"})
"""Columns of a match that no longer change once it has begun."""
MERGED = frozenset({IDS})
"""Columns with JSON objects that are merged: new members are added, and members with a known name are replaced."""

NAMED_BY = "named_by"
OWNED = frozenset({"name", IDS})
"""Columns that an announcer may change only in rows that it announced first."""

Row = Mapping[str, Any]


class Catalog:
    """One open catalog. Thread-safe; `apply` is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def apply(self, changes: Iterable[Change]) -> int:
        """Apply the changes in the given order, all or nothing. NUL characters are removed from texts, and external ids
        without room are skipped. Returns how many ids were skipped.

        Raises CatalogAwayError; ChangeRefusedError for a change that can never be applied.
        """
        try:
            with self._engine.begin() as connection:
                return sum(_apply(connection, without_nul(change)) for change in changes)
        except (DataError, IntegrityError) as error:
            raise ChangeRefusedError(str(error.orig)) from error
        except DBAPIError as error:
            raise CatalogAwayError(str(error.orig)) from error
        except (StatementError, ValueError, OverflowError) as error:
            raise ChangeRefusedError(str(getattr(error, "orig", error))) from error

    def match(self, match_id: str) -> Row | None:
        """One match, or None."""
        rows = self._rows(select(MATCHES).where(MATCHES.c.match_id == match_id))
        return rows[0] if rows else None

    def maps(self, match_id: str) -> Sequence[Row]:
        """The maps of a match in order."""
        return self._rows(select(MAPS).where(MAPS.c.match_id == match_id).order_by(MAPS.c.number))

    def rounds(self, match_id: str) -> Sequence[Row]:
        """The valid rounds of a match in order of seq."""
        chosen = (ROUNDS.c.match_id == match_id) & ROUNDS.c.is_retracted.is_(False)
        return self._rows(select(ROUNDS).where(chosen).order_by(ROUNDS.c.seq))

    def all(self, table: str) -> Sequence[Row]:
        """All rows of one table in order of its key."""
        found = METADATA.tables[table]
        return self._rows(select(found).order_by(*found.primary_key.columns))

    def clients(self) -> Clients:
        """The clients of the API and their keys."""
        return Clients(self._engine)

    def webhooks(self) -> Webhooks:
        """The webhooks of those clients."""
        return Webhooks(self._engine)

    def outbox(self) -> Outbox:
        """The deliveries to webhooks, both pending and done."""
        return Outbox(self._engine)

    def usage(self) -> UsageBook:
        """The clients' usage by day."""
        return UsageBook(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    def _rows(self, query: Select[Any]) -> list[Row]:
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


def open_catalog(url: str, *, answers_s: float | None = None) -> Catalog:
    """Open the catalog at an SQLAlchemy URL and migrate its schema. Raises CatalogAwayError. `answers_s` limits the
    duration of each Postgres statement except migrations; exceeding it raises CatalogAwayError too.

    SQLite uses a write-ahead log: readers in other processes see the last commit while the loader writes.
    """
    engine = writable(url, answers_s=answers_s)
    try:
        upgrade(engine)
    except DBAPIError as error:
        engine.dispose()
        raise CatalogAwayError(str(error.orig)) from error
    return Catalog(engine)


def writable(url: str, *, answers_s: float | None = None) -> Engine:
    """A writable engine; nothing is opened or migrated yet."""
    engine = engine_at(url, answers_s=answers_s)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: ConnectionPoolEntry) -> None:
    lower_all_letters(connection)
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _apply(connection: Connection, change: Change) -> int:
    """Apply one change. Returns how many external ids had no room."""
    match change:
        case Withdrawal():
            _withdraw(connection, change)
        case Reopened():
            of_map = (MAPS.c.map_id == change.map_id) & (MAPS.c.seq <= change.seq)
            _reopen(connection, change.match_id, of_map)
        case Undecided():
            is_earlier = MATCHES.c.decided_seq < change.seq
            _open(connection, change.match_id, is_earlier & _is_settled(change.match_id))
        case TeamTold():
            return _tell_team(connection, change)
        case Seen():
            _see(connection, change)
        case Upsert():
            return _upsert(connection, change)
        case _:
            assert_never(change)
    return 0


def _upsert(connection: Connection, change: Upsert) -> int:
    owned = {} if change.by is None else {NAMED_BY: change.by}
    said = {**change.once, **change.values, **owned}
    row, left_out = with_room(connection, METADATA.tables[change.table], said)
    statement = _statement(connection.dialect.name, change.table, names=(*row,), updated=(*change.values,))
    connection.execute(statement, row)
    return left_out


@lru_cache(maxsize=256)
def _statement(dialect: str, name: str, *, names: tuple[str, ...], updated: tuple[str, ...]) -> Executable:
    """The upsert of rows with the columns `names`, of which `updated` are updated in an existing row."""
    table = METADATA.tables[name]
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(table).values({column: bindparam(column) for column in names})
    keys = list(table.primary_key.columns)
    fresh, new = FRESHNESS.get(name), statement.excluded
    newer = None if fresh is None else new[fresh] >= _column(table, fresh)
    changed: dict[str, ColumnElement[Any]] = {
        each: _kept(dialect, _column(table, each), new[each])
        for each in updated
        if each not in table.primary_key.columns
    }
    if NAMED_BY in names:
        is_own = _column(table, NAMED_BY) == new[NAMED_BY]
        changed |= {
            each: case((is_own, changed[each]), else_=_column(table, each)) for each in OWNED & changed.keys()
        }
    return statement.on_conflict_do_update(index_elements=keys, set_=changed, where=newer)


def _kept(dialect: str, known: Column[Any], said: ColumnElement[Any]) -> ColumnElement[Any]:
    """The value of a column after a change that gives it the value `said`."""
    if known.name in FIRST_KEPT:
        return func.coalesce(known, said)
    if known.name in UNTIL_BEGUN:
        return case((MATCHES.c.began_at.is_(None), said), else_=known)
    if known.name not in MERGED:
        return said
    nothing = literal("{}", String)
    if dialect == "postgresql":
        before = cast(func.coalesce(cast(known, String), nothing), postgresql.JSONB)
        return cast(before.op("||")(cast(said, postgresql.JSONB)), JSON)
    return func.json_patch(func.coalesce(known, nothing), said)


def _column(table: Table, name: str) -> Column[Any]:
    return table.c[name]


def _withdraw(connection: Connection, change: Withdrawal) -> None:
    chosen = (ROUNDS.c.match_id == change.match_id) & ROUNDS.c.seq.between(change.from_seq, change.to_seq)
    connection.execute(ROUNDS.update().where(chosen).values(is_retracted=True))
    _reopen(connection, change.match_id, MAPS.c.seq.between(change.from_seq, change.to_seq))
    _open(connection, change.match_id, MATCHES.c.decided_seq.between(change.from_seq, change.to_seq))


def _reopen(connection: Connection, match_id: str, chosen: ColumnElement[bool]) -> None:
    """Reopen the chosen maps of the match that are over, and the match itself. Its counts are recomputed from its maps,
    so that this is idempotent."""
    of_match = MAPS.c.match_id == match_id
    ended = of_match & chosen & (MAPS.c.status == "over")
    is_open = {"status": "live", "winner_team": None, "reason": None}
    if connection.execute(MAPS.update().where(ended).values(**is_open)).rowcount == 0:
        return
    won = {
        f"maps_{team_.lower()}": select(func.count())
        .select_from(MAPS)
        .where(of_match, MAPS.c.winner_team == team_)
        .scalar_subquery()
        for team_ in ("A", "B")
    }
    connection.execute(MATCHES.update().where(MATCHES.c.match_id == match_id).values(**won))
    _open(connection, match_id, true())


def _is_settled(match_id: str) -> ColumnElement[bool]:
    """Whether the maps of the match decide it, as `game.transitions.ending` has it: one team has won more than half of
    them, or none is left."""
    over = select(func.count()).select_from(MAPS).where(MAPS.c.match_id == match_id, MAPS.c.status == "over")
    best_of = MATCHES.c.best_of
    is_won = (2 * MATCHES.c.maps_a > best_of) | (2 * MATCHES.c.maps_b > best_of)
    return is_won | (over.scalar_subquery() >= best_of)


def _open(connection: Connection, match_id: str, chosen: ColumnElement[bool]) -> None:
    """Reopen the match if `chosen` holds for it."""
    of_match = (MATCHES.c.match_id == match_id) & chosen
    connection.execute(MATCHES.update().where(of_match).values(OPEN))


def _tell_team(connection: Connection, told: TeamTold) -> int:
    """Update name and team of one side of a match, and the team's row. A team id that was given once is kept when later
    messages have none."""
    name_, id_ = _column(MATCHES, f"name_{told.side}"), _column(MATCHES, f"team_{told.side}_id")
    chosen = (MATCHES.c.match_id == told.match_id) & (MATCHES.c.seq <= told.seq)
    known = connection.execute(select(name_, id_).where(chosen)).one_or_none()
    if known is None:
        return 0
    name = told.name or known[0]
    said_id = told.team_id or (known[1] if known[1] != _id_by(known[0]) else None)
    values = {name_.name: name, id_.name: said_id or _id_by(name)}
    connection.execute(MATCHES.update().where(chosen).values(values))
    if not name:
        return 0
    seen = team(name, match_id=told.match_id, seen_at=told.seen_at, said_id=said_id)
    ids = {IDS: told.external_ids} if told.external_ids else {}
    return _upsert(connection, Upsert(table="teams", values={**seen.values, **ids}, by=told.by))


def _id_by(name: str | None) -> str | None:
    return team_id(name) if name else None


def _see(connection: Connection, seen: Seen) -> None:
    """Update when players and teams were last seen, unless they were seen elsewhere later."""
    values = {"last_seen_at": seen.seen_at, "last_match_id": seen.match_id}
    of_match = MATCHES.c.match_id == seen.match_id
    teams = union_all(*(select(MATCHES.c[f"team_{side}_id"]).where(of_match) for side in "ab"))
    for table, chosen in (
        (PLAYERS, PLAYERS.c.player_id.in_(seen.player_ids)),
        (TEAMS, TEAMS.c.team_id.in_(teams)),
    ):
        connection.execute(table.update().where(chosen, table.c.last_seen_at < seen.seen_at).values(values))
