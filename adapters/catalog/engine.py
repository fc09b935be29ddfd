"""The SQLAlchemy engine for a catalog URL: a private SQLite file, or Postgres connections that detect a vanished peer.

Belongs here: settings for every user of the catalog. Does not belong here: SQLite settings of one side only (`store`,
`reading`).
"""

from functools import partial
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url

from adapters.catalog.file import kept_private

ANSWERS_S = 4.0
"""Seconds that a Postgres statement may take if somebody waits for the answer, including waits for locks."""
NOTICES = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""libpq options that end a connection whose peer has vanished; options in the URL take precedence."""


def engine_at(url: str, *, answers_s: float | None = None) -> Engine:
    """An engine; nothing is opened yet. With `answers_s`, Postgres cancels each statement after that many seconds.
    Without it, statements have no limit, since background work should not be restarted again and again. Errors contain
    no parameter values, some of which are secrets."""
    place = make_url(url)
    if place.get_backend_name() != "postgresql":
        return kept_private(create_engine(place, hide_parameters=True))
    said = {name: value for name, value in NOTICES.items() if name not in place.query}
    engine = create_engine(place, connect_args=said, hide_parameters=True)
    if answers_s is not None:
        event.listen(engine, "connect", partial(_bound, round(answers_s * 1000)))
    return engine


def _bound(limit_ms: int, connection: Any, _: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = {limit_ms}")
    connection.commit()
