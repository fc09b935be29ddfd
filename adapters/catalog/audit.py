"""The audit log of clients, keys and webhooks: one entry per act, in the same transaction as the act."""

import uuid
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.engine import Connection

from adapters.catalog.schema import AUDIT


def note(connection: Connection, act: str, *, who: str, now: datetime, **of: str | None) -> None:
    """Record one act; `of` names the client and key concerned."""
    row = {"entry_id": str(uuid.uuid4()), "at": now, "who": who, "act": act, **of}
    connection.execute(insert(AUDIT).values(row))
