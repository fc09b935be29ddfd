"""The audit: who did what to clients, keys and webhooks. One entry an act, in the transaction of the act."""

import uuid
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.engine import Connection

from adapters.catalog.schema import AUDIT


def note(connection: Connection, act: str, *, who: str, now: datetime, **of: str | None) -> None:
    """Keep one act; `of` names the client and the key that it was done to."""
    row = {"entry_id": str(uuid.uuid4()), "at": now, "who": who, "act": act, **of}
    connection.execute(insert(AUDIT).values(row))
