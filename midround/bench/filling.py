"""A store with many matches: one is simulated and goes through the loader, the others are copies under other ids.

Belongs here: filling. Does not belong here: queries (`queries`).

A copy has the same rows with another match id, and its events some days earlier, so that they lie in several
partitions. Ids inside text columns, such as a prediction's message, stay those of the original.
"""

import threading
from collections.abc import Mapping, Sequence

from clickhouse_connect.driver.client import Client

from adapters.catalog.changes import Change
from adapters.clickhouse.client import connect, query_rows
from adapters.clickhouse.store import ClickHouseStore
from adapters.kafka.records import Record
from adapters.metrics import metrics
from midround.bench.tellings import simulated, stamped
from streaming.loader import Loader

TABLES = ("game_events", "cs2_predictions", "match_states", "cs2_round_metrics", "player_stats", "swings")
AT_ONCE_BYTES = 100_000_000
"""Bytes per insert; the store holds several times as much in memory."""
DAYS = 150
TIMEOUTS = {"send_receive_timeout": "600"}
SETTINGS = {"max_partitions_per_insert_block": "0"}


class Log:
    """A log for the loader whose records are all available from the start."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = list(records)

    def open(self) -> None:
        """The records are here."""

    def poll(self, timeout_s: float) -> list[Record]:
        found, self._records = self._records, []
        return found

    def ends(self) -> Mapping[tuple[str, int], int]:
        return {}

    def is_at(self, ends: Mapping[tuple[str, int], int]) -> bool:
        return not self._records

    def commit(self, positions: Mapping[tuple[str, int], int]) -> None:
        """Nothing to commit: nothing is read twice."""

    def lag(self) -> Mapping[tuple[str, int], int]:
        return {}

    def close(self) -> None:
        """Nothing to close."""


class NoCatalog:
    """A catalog that ignores everything: nothing here reads it."""

    def apply(self, changes: Sequence[Change]) -> int:
        """Discard the changes."""
        return 0


def filled(url: str, *, rows: int, events: int | None = None) -> list[str]:
    """Fill the store at `url` with at least `rows` rows of events, and return the match ids. `events` bounds the
    simulated match, for small runs."""
    store = ClickHouseStore(url)
    store.prepare()
    log = Log([stamped(record) for record in simulated(0, events)])
    loader = Loader(log, store, catalog=NoCatalog(), metrics=metrics(), stopping=threading.Event())
    loader.step()
    loader.flush()
    store.close()
    client = connect(url, TIMEOUTS)
    own = query_rows(client, "SELECT any(match_id) AS id, count() AS rows FROM game_events FINAL")[0]
    copies = -(-rows // own["rows"]) - 1
    for table in TABLES:
        _copy(client, table, match_id=own["id"], copies=copies)
    client.close()
    return [own["id"], *(f"bench-{number:06d}" for number in range(copies))]


def _copy(client: Client, table: str, *, match_id: str, copies: int) -> None:
    asked = {"match_id": match_id}
    counted = f"SELECT sum(byteSize(*)) AS bytes FROM {table} WHERE match_id = {{match_id:String}}"
    own_bytes = int(query_rows(client, counted, asked)[0]["bytes"] or 0)
    step = max(1, AT_ONCE_BYTES // max(1, own_bytes))
    earlier = f", ts_event - toIntervalDay(n.number % {DAYS}) AS ts_event" if table == "game_events" else ""
    for first in range(0, copies, step):
        sql = f"""
INSERT INTO {table}
SELECT b.* REPLACE (concat('bench-', leftPad(toString(n.number), 6, '0')) AS match_id{earlier})
FROM (SELECT * FROM {table} WHERE match_id = {{match_id:String}}) AS b
CROSS JOIN (SELECT number FROM numbers({first}, {min(step, copies - first)})) AS n
"""
        client.command(sql, parameters=asked, settings=SETTINGS)
