"""The API's clients and their keys in the catalog: created, changed, revoked, looked up. Every change is in the audit
log.

Belongs here: the stored data of a client and a key. Does not belong here: the format and check of keys
(`api.public.access`), what a plan allows. Secrets are never stored here, only their hashes.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, structs
from sqlalchemy import Engine, Select, Update, and_, func, insert, or_, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from adapters.catalog.audit import note
from adapters.catalog.schema import API_CLIENTS, API_KEYS, AUDIT
from adapters.catalog.transactions import hold, rows, writing


class ClientError(Exception):
    """An operation on a client or key is not possible; the text says why."""


class UnknownClientError(ClientError):
    """There is no such client."""


class NameTakenError(ClientError):
    """Another client has that name."""


class ClientLine(Struct, frozen=True, kw_only=True):
    """A stored client. `matches` null: it may see all matches."""

    client_id: str
    name: str
    plan: str
    matches: tuple[str, ...] | None
    created_at: datetime


class Made(Struct, frozen=True, kw_only=True):
    """The stored data of a new key. `expires_at` null: it never expires."""

    key_id: str
    secret_hash: str
    scopes: tuple[str, ...]
    expires_at: datetime | None = None


class KeyLine(Struct, frozen=True, kw_only=True):
    """A stored key with its client. `matches` null: the client may see all matches. `made_until` is the expiry set at
    creation, `expires_at` the current one, which a rotation may have brought forward."""

    key_id: str
    client_id: str
    name: str
    plan: str
    matches: tuple[str, ...] | None
    secret_hash: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    made_until: datetime | None

    @property
    def life(self) -> timedelta | None:
        """The lifetime set at creation; None if the key was not to expire."""
        return None if self.made_until is None else self.made_until - self.created_at


class AuditLine(Struct, frozen=True, kw_only=True):
    """One administrative act."""

    entry_id: str
    at: datetime
    who: str
    act: str
    client_id: str | None
    key_id: str | None


class Clients:
    """Clients and keys over an open engine. Every method may raise CatalogAwayError."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(
        self, name: str, first: Made, *, plan: str, matches: Sequence[str] | None, who: str, now: datetime
    ) -> str:
        """Create a client with its first key, or neither. Returns the client's id. Raises NameTakenError."""
        client_id = str(uuid.uuid4())
        row = {
            "client_id": client_id,
            "name": name,
            "plan": plan,
            "matches": None if matches is None else list(matches),
            "created_at": now,
        }
        with writing(self._engine) as connection:
            try:
                connection.execute(insert(API_CLIENTS).values(row))
            except IntegrityError:
                raise NameTakenError(f"there is a client {name!r} already") from None
            note(connection, "create client", who=who, now=now, client_id=client_id)
            _keep(connection, client_id, first, now=now)
            later = now + _NEXT
            note(connection, "add key", who=who, now=later, client_id=client_id, key_id=first.key_id)
        return client_id

    def add_key(
        self,
        client_id: str,
        made: Made,
        *,
        who: str,
        now: datetime,
        others_until: datetime | None = None,
    ) -> None:
        """Store a new key. With `others_until` (a rotation) the client's other keys expire at that time at the
        latest."""
        with writing(self._engine) as connection:
            if others_until is not None:
                hold(connection, API_CLIENTS.c.client_id, client_id)  # serialises concurrent rotations
                connection.execute(_ending(client_id, others_until))
            _keep(connection, client_id, made, now=now)
            act = "add key" if others_until is None else "rotate keys"
            note(connection, act, who=who, now=now, client_id=client_id, key_id=made.key_id)

    def set_plan(self, client_id: str, plan: str, *, who: str, now: datetime) -> None:
        """Change a client's plan. Raises UnknownClientError."""
        chosen = API_CLIENTS.c.client_id == client_id
        with writing(self._engine) as connection:
            count = connection.execute(update(API_CLIENTS).where(chosen).values(plan=plan)).rowcount
            if not count:
                raise UnknownClientError(f"there is no client {client_id!r}")
            note(connection, f"set plan {plan}", who=who, now=now, client_id=client_id)

    def set_matches(
        self, client_id: str, matches: Sequence[str] | None, *, who: str, now: datetime
    ) -> ClientLine:
        """Replace the match patterns that a client may see; null: all matches. Raises UnknownClientError."""
        kept = None if matches is None else list(matches)
        with writing(self._engine) as connection:
            changed = update(API_CLIENTS).where(API_CLIENTS.c.client_id == client_id).values(matches=kept)
            if not connection.execute(changed).rowcount:
                raise UnknownClientError(f"there is no client {client_id!r}")
            told = "all matches" if matches is None else ", ".join(matches)
            note(connection, f"grant {told}", who=who, now=now, client_id=client_id)
        return self.client(client_id)

    def revoke_keys(self, client_id: str, key_id: str | None, *, who: str, now: datetime) -> int:
        """Revoke one key of a client, or all of them. Returns how many there were."""
        chosen = [API_KEYS.c.client_id == client_id, API_KEYS.c.revoked_at.is_(None)]
        if key_id is not None:
            chosen.append(API_KEYS.c.key_id == key_id)
        of = {"client_id": client_id} | ({} if key_id is None else {"key_id": key_id})
        with writing(self._engine) as connection:
            count = connection.execute(update(API_KEYS).where(*chosen).values(revoked_at=now)).rowcount
            if count:
                note(connection, f"revoke {count} keys", who=who, now=now, **of)
        return count

    def revoke(self, name_or_key: str, *, who: str, now: datetime) -> int:
        """Revoke one key, or all keys of a client given by name or id. Returns how many there were."""
        line = self.key(name_or_key)
        if line is not None:
            return self.revoke_keys(line.client_id, line.key_id, who=who, now=now)
        try:
            return self.revoke_keys(self.client_id(name_or_key), None, who=who, now=now)
        except UnknownClientError:
            return 0

    def client_id(self, name: str) -> str:
        """A client's id by its name or id. Raises UnknownClientError."""
        chosen = or_(API_CLIENTS.c.name == name, API_CLIENTS.c.client_id == name)
        found = rows(self._engine, select(API_CLIENTS.c.client_id).where(chosen))
        if not found:
            raise UnknownClientError(f"there is no client {name!r}")
        return str(found[0]["client_id"])

    def newest_key(self, client_id: str, *, now: datetime) -> KeyLine | None:
        """The newest valid key of a client, or else the newest expired one; never a revoked one."""
        found = [line for line in self.keys([client_id]) if line.revoked_at is None]
        taken = (line for line in found if line.expires_at is None or line.expires_at > now)
        return next(taken, found[0] if found else None)

    def client(self, client_id: str) -> ClientLine:
        """One client. Raises UnknownClientError."""
        found = rows(self._engine, select(API_CLIENTS).where(API_CLIENTS.c.client_id == client_id))
        if not found:
            raise UnknownClientError(f"there is no client {client_id!r}")
        return _client(found[0])

    def all(self, name: str, *, limit: int, after: str | None = None) -> list[ClientLine]:
        """Clients whose name contains this text, ignoring case, in order of name, after the name `after`."""
        query = select(API_CLIENTS).order_by(API_CLIENTS.c.name).limit(limit)
        query = query.where(func.lower(API_CLIENTS.c.name).contains(name.lower(), autoescape=True))
        chosen = query if after is None else query.where(API_CLIENTS.c.name > after)
        return [_client(row) for row in rows(self._engine, chosen)]

    def keys(self, client_ids: Sequence[str] | None = None) -> list[KeyLine]:
        """All keys, or those of some clients, by client name; newest first within a client."""
        query = _LINES.order_by(API_CLIENTS.c.name, API_KEYS.c.created_at.desc(), API_KEYS.c.key_id)
        chosen = query if client_ids is None else query.where(API_KEYS.c.client_id.in_(client_ids))
        return self._lines(chosen)

    def key(self, key_id: str) -> KeyLine | None:
        """One key, whether still valid or not."""
        found = self._lines(_LINES.where(API_KEYS.c.key_id == key_id))
        return found[0] if found else None

    def named(self, key_ids: Sequence[str]) -> list[KeyLine]:
        """The keys with these ids that exist, whether still valid or not."""
        return self._lines(_LINES.where(API_KEYS.c.key_id.in_(key_ids)))

    def audit(self, *, after: tuple[datetime, str] | None, limit: int) -> list[AuditLine]:
        """The audit log, latest first; `after` is the time and id of the last known entry."""
        order = (AUDIT.c.at.desc(), AUDIT.c.entry_id.desc())
        query = select(AUDIT).order_by(*order).limit(limit)
        if after is not None:
            moment, entry_id = after
            earlier = and_(AUDIT.c.at == moment, AUDIT.c.entry_id < entry_id)
            query = query.where(or_(AUDIT.c.at < moment, earlier))
        return [AuditLine(**row) for row in rows(self._engine, query)]

    def _lines(self, query: Select[Any]) -> list[KeyLine]:
        return [_line(row) for row in rows(self._engine, query)]


_NEXT = timedelta(microseconds=1)
"""The offset between two acts at the same time: the audit log is ordered by time."""
_LINES = select(
    API_KEYS.c.key_id,
    API_KEYS.c.client_id,
    API_CLIENTS.c.name,
    API_CLIENTS.c.plan,
    API_CLIENTS.c.matches,
    API_KEYS.c.secret_hash,
    API_KEYS.c.scopes,
    API_KEYS.c.created_at,
    API_KEYS.c.expires_at,
    API_KEYS.c.revoked_at,
    API_KEYS.c.made_until,
).join(API_CLIENTS, API_CLIENTS.c.client_id == API_KEYS.c.client_id)


def _keep(connection: Connection, client_id: str, made: Made, *, now: datetime) -> None:
    row = {**structs.asdict(made), "scopes": list(made.scopes), "made_until": made.expires_at}
    connection.execute(insert(API_KEYS).values(**row, client_id=client_id, created_at=now))


def _line(row: Mapping[str, Any]) -> KeyLine:
    return KeyLine(**{**row, "matches": _patterns(row), "scopes": tuple(row["scopes"])})


def _client(row: Mapping[str, Any]) -> ClientLine:
    return ClientLine(**{**row, "matches": _patterns(row)})


def _patterns(row: Mapping[str, Any]) -> tuple[str, ...] | None:
    return None if row["matches"] is None else tuple(row["matches"])


def _ending(client_id: str, until: datetime) -> Update:
    """Make the client's keys that would expire later expire at `until`."""
    later = or_(API_KEYS.c.expires_at.is_(None), API_KEYS.c.expires_at > until)
    chosen = and_(API_KEYS.c.client_id == client_id, API_KEYS.c.revoked_at.is_(None), later)
    return update(API_KEYS).where(chosen).values(expires_at=until)
