"""The store operations of the loader: prepare, insert, withdraw, read a round back.

Belongs here: one lazily created client, and telling temporary errors from permanent ones. Does not belong here: which
rows are written (`streaming.loader`).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec
import urllib3.exceptions
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import Error

from adapters.clickhouse import inserts, migrations
from adapters.clickhouse.client import connect, query_rows
from adapters.clickhouse.quality import QUALITY
from adapters.clickhouse.tables import TABLES, table

T = TypeVar("T")

REFUSED_CODES = frozenset({6, 26, 27, 33, 38, 41, 44, 53, 69, 70, 72, 117, 131, 321, 349, 407, 457})
"""ClickHouse's error codes for data that it will never accept: values that cannot be parsed, converted, bound, or are
out of range."""


class StoreAwayError(Exception):
    """The store is unreachable, starting, overloaded or full: the same call may succeed later."""


class RowsRefusedError(Exception):
    """At least one of the rows can never be written or read; treat no row of the batch as written."""


class FactsOfMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one message as stored."""

    seq: int
    ts_event: datetime
    facts: str


class Withdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a match with `from_seq <= seq <= to_seq` are invalid because of the message with `cause_seq`."""

    match_id: str
    from_seq: int
    to_seq: int
    cause_seq: int


class ClickHouseStore:
    """One ClickHouse database. Not thread-safe.

    Every method raises StoreAwayError for temporary failures. The next call connects and migrates again, so a store
    that comes back empty gets its tables.
    """

    def __init__(
        self, url: str, *, options: Mapping[str, str] | None = None, ttl_days: Mapping[str, int] | None = None
    ) -> None:
        """Connects at first use. `ttl_days`: retention by table, see `migrations.migrate`."""
        self._url = url
        self._options = dict(options or {})
        self._ttl_days = dict(ttl_days or {})
        self._client: Client | None = None

    def prepare(self) -> None:
        """Connect, create the database and bring its tables up to date, including the scorecards': the batch path fills
        those, but they can be read before its first run. Raises SchemaConflict."""
        self._guarded(self._connected)

    def insert(self, name: str, rows: Sequence[inserts.Row]) -> None:
        """Write rows to the named table; they are stored when it returns. Raises RowsRefusedError."""
        try:
            self._guarded(lambda: inserts.insert(self._connected(), table(name), rows))
        except inserts.RowError as error:
            raise RowsRefusedError(str(error)) from error

    def withdraw(self, name: str, withdrawn: Withdrawn) -> None:
        """Write the withdrawn rows of the named table again, marked as retracted, with a higher version. Idempotent.

        Raises RowsRefusedError.
        """
        sql = withdraw_sql(name)
        parameters, settings = msgspec.structs.asdict(withdrawn), dict(inserts.SETTINGS)
        self._guarded(lambda: self._connected().command(sql, parameters=parameters, settings=settings))

    def round_facts(self, match_id: str, *, map_id: str, round_no: int) -> list[FactsOfMessage]:
        """The valid facts of one round, by seq. Raises RowsRefusedError for parameters that cannot denote a round."""
        parameters = {"match_id": match_id, "map_id": map_id, "round_no": round_no}
        rows = self._guarded(lambda: query_rows(self._connected(), ROUND_FACTS, parameters))
        return [msgspec.convert(row, FactsOfMessage) for row in rows]

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _connected(self) -> Client:
        if self._client is None:
            migrations.create_database(self._url, self._options)
            client = connect(self._url, self._options)
            migrations.migrate(client, ttl_days=self._ttl_days, tables=(*TABLES, QUALITY))
            self._client = client
        return self._client

    def _guarded(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except (Error, urllib3.exceptions.HTTPError, OSError) as error:
            if getattr(error, "code", None) in REFUSED_CODES:
                raise RowsRefusedError(str(error)) from error
            self._client = None
            raise StoreAwayError(str(error)) from error


ROUND_FACTS = """
SELECT seq, ts_event, facts FROM game_events FINAL
WHERE match_id = {match_id:String} AND map_id = {map_id:String} AND round_no = {round_no:UInt16} AND NOT is_retracted
ORDER BY seq
"""


def withdraw_sql(name: str) -> str:
    """The INSERT SELECT that writes rows again as retracted; its parameters are `Withdrawn`'s fields."""
    kept = [column for column in table(name).column_names if column not in {"is_retracted", "version"}]
    columns = ", ".join(f"`{column}`" for column in kept)
    return (
        f"INSERT INTO `{name}` ({columns}, is_retracted, version)\n"
        f"SELECT {columns}, true, greatest(version + 1, {{cause_seq:UInt64}}) FROM `{name}` FINAL\n"
        "WHERE match_id = {match_id:String} AND seq BETWEEN {from_seq:UInt64} AND {to_seq:UInt64}"
        " AND NOT is_retracted"
    )
