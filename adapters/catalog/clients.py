"""Clients of the API and their keys in the catalog: made, renewed, revoked, looked up. Every act is in the audit.

Belongs here: what is kept of a client and a key. Does not belong here: how a key looks and is checked
(`api.public.access`), what a plan allows. A secret never comes here, only its hash.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Engine, Select, Update, and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from adapters.catalog.audit import note
from adapters.catalog.changes import CatalogAwayError
from adapters.catalog.schema import API_CLIENTS, API_KEYS


class ClientError(Exception):
    """What cannot be done to a client or key, in words."""


class Made(Struct, frozen=True, kw_only=True):
    """What is kept of a new key."""

    key_id: str
    secret_hash: str


class KeyLine(Struct, frozen=True, kw_only=True):
    """A key with its client, as it is kept. `matches` null: the client may see all."""

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


class Clients:
    """Over an open engine. Every method may raise CatalogAwayError."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, name: str, *, plan: str, matches: Sequence[str] | None, who: str, now: datetime) -> str:
        """A new client; its id. Raises ClientError where the name is taken."""
        client_id = str(uuid.uuid4())
        row = {
            "client_id": client_id,
            "name": name,
            "plan": plan,
            "matches": None if matches is None else list(matches),
            "created_at": now,
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(API_CLIENTS).values(row))
                note(connection, "create client", who=who, now=now, client_id=client_id)
        except IntegrityError as error:
            raise ClientError(f"there is a client {name!r} already") from error
        except SQLAlchemyError as error:
            raise CatalogAwayError(type(error).__name__) from error
        return client_id

    def add_key(
        self,
        client_id: str,
        made: Made,
        *,
        scopes: Sequence[str],
        expires_at: datetime | None,
        who: str,
        now: datetime,
        others_until: datetime | None = None,
    ) -> None:
        """Keep a new key. With `others_until` the client's other keys end at that moment at the latest: a rotation."""
        row = {
            "key_id": made.key_id,
            "client_id": client_id,
            "secret_hash": made.secret_hash,
            "scopes": list(scopes),
            "created_at": now,
            "expires_at": expires_at,
        }
        try:
            with self._engine.begin() as connection:
                if others_until is not None:
                    connection.execute(_ending(client_id, others_until))
                connection.execute(insert(API_KEYS).values(row))
                act = "add key" if others_until is None else "rotate keys"
                note(connection, act, who=who, now=now, client_id=client_id, key_id=made.key_id)
        except SQLAlchemyError as error:
            raise CatalogAwayError(type(error).__name__) from error

    def revoke(self, name_or_key: str, *, who: str, now: datetime) -> int:
        """Take one key, or all keys of a client by its name or id, no more; how many there were."""
        of_client = select(API_CLIENTS.c.client_id).where(
            or_(API_CLIENTS.c.name == name_or_key, API_CLIENTS.c.client_id == name_or_key)
        )
        chosen = or_(API_KEYS.c.key_id == name_or_key, API_KEYS.c.client_id.in_(of_client))
        statement = update(API_KEYS).where(and_(chosen, API_KEYS.c.revoked_at.is_(None)))
        try:
            with self._engine.begin() as connection:
                count = connection.execute(statement.values(revoked_at=now)).rowcount
                if count:
                    note(connection, f"revoke {count} keys of {name_or_key}", who=who, now=now)
        except SQLAlchemyError as error:
            raise CatalogAwayError(type(error).__name__) from error
        return count

    def client_id(self, name: str) -> str:
        """A client's id by its name or id. Raises ClientError for an unknown one."""
        chosen = or_(API_CLIENTS.c.name == name, API_CLIENTS.c.client_id == name)
        with self._engine.connect() as connection:
            found = connection.execute(select(API_CLIENTS.c.client_id).where(chosen)).scalar()
        if found is None:
            raise ClientError(f"there is no client {name!r}")
        return str(found)

    def keys(self) -> list[KeyLine]:
        """All keys, the newest of each client first."""
        return self._lines(_LINES.order_by(API_CLIENTS.c.name, API_KEYS.c.created_at.desc()))

    def key(self, key_id: str) -> KeyLine | None:
        """One key, whether it is still taken or not."""
        found = self._lines(_LINES.where(API_KEYS.c.key_id == key_id))
        return found[0] if found else None

    def _lines(self, query: Select[Any]) -> list[KeyLine]:
        try:
            with self._engine.connect() as connection:
                return [_line(row) for row in connection.execute(query).mappings()]
        except SQLAlchemyError as error:
            raise CatalogAwayError(type(error).__name__) from error


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
).join(API_CLIENTS, API_CLIENTS.c.client_id == API_KEYS.c.client_id)


def _line(row: Mapping[Any, Any]) -> KeyLine:
    told = {str(name): value for name, value in row.items()}
    told["matches"] = None if told["matches"] is None else tuple(told["matches"])
    return KeyLine(**told | {"scopes": tuple(told["scopes"])})


def _ending(client_id: str, until: datetime) -> Update:
    """Keys that would live longer end at `until`."""
    later = or_(API_KEYS.c.expires_at.is_(None), API_KEYS.c.expires_at > until)
    chosen = and_(API_KEYS.c.client_id == client_id, API_KEYS.c.revoked_at.is_(None), later)
    return update(API_KEYS).where(chosen).values(expires_at=until)
