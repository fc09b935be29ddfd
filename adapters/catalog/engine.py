"""The engine over a catalog's URL: a private file of SQLite, or connections to Postgres that give up on who is gone.

Belongs here: what holds for whoever opens the catalog. Does not belong here: what of SQLite's only one side sets
(`store`, `reading`).
"""

from functools import partial
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url

from adapters.catalog.file import kept_private

ANSWERS_S = 4.0
"""How long a statement may take in Postgres for who has somebody waiting; also where another one holds a table."""
NOTICES = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""libpq's options by which a connection ends whose other side has vanished; those of the URL hold instead."""


def engine_at(url: str, *, answers_s: float | None = None) -> Engine:
    """Nothing is opened yet. With `answers_s` Postgres ends each statement after so long; without it as late as it is
    done: what nobody waits for should not be begun again and again. Its errors name no values: some are secrets."""
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
