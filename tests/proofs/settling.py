"""When a system has come to rest: the store holds what was published. No tests here."""

import time
from collections.abc import Sequence
from contextlib import closing

from adapters.clickhouse.client import connect, query_rows
from adapters.kafka.connection import LOADER_GROUP
from adapters.kafka.reading import consumer_lag
from adapters.kafka.records import TOPICS
from game.events import AnyEvent
from midround import parts
from tests.proofs.system import System

QUIET_S = 2.0
LIMIT_S = 180.0


def settle(system: System, events: Sequence[AnyEvent]) -> None:
    """Until the store has the last event, and for a while the loader has taken in all that was published."""
    quiet_since_s = time.monotonic()

    def is_settled() -> bool:
        nonlocal quiet_since_s
        time.sleep(0.2)
        if not is_loaded(system, events[-1]):
            quiet_since_s = time.monotonic()
        return time.monotonic() - quiet_since_s > QUIET_S

    system.until(is_settled, what="the store to have everything", limit_s=LIMIT_S)


def is_loaded(system: System, last: AnyEvent) -> bool:
    """Whether the match's last event is in the store and no message waits for the loader."""
    sql = "SELECT count() AS n FROM game_events WHERE match_id = {match:String} AND event_id = {event:String}"
    with closing(connect(parts.clickhouse_url(system.settings))) as client:
        [row] = query_rows(client, sql, {"match": last.match_id, "event": last.event_id})
    return bool(row["n"]) and not any(consumer_lag(system.broker, LOADER_GROUP, topics=TOPICS).values())
