"""When a system has come to rest: the store holds what was published. No tests here."""

import time
from collections.abc import Sequence
from contextlib import closing

from adapters.clickhouse.client import connect, query_rows
from adapters.kafka.connection import LOADER_GROUP
from adapters.kafka.reading import consumer_lag
from adapters.kafka.records import TOPICS
from game.events import AnyEvent
from midround import places
from tests.proofs.system import System

QUIET_LOOKS = 10
"""In a row, two tenths of a second and a question apart: a machine that stalls takes no looks."""
LIMIT_S = 180.0


def settle(system: System, events: Sequence[AnyEvent]) -> None:
    """Until the store has the last event, and for some looks the loader has taken in all that was published."""
    looks = 0

    def is_settled() -> bool:
        nonlocal looks
        time.sleep(0.2)
        looks = looks + 1 if is_loaded(system, events[-1]) else 0
        return looks >= QUIET_LOOKS

    system.until(is_settled, what="the store to have everything", limit_s=LIMIT_S)


def is_loaded(system: System, last: AnyEvent) -> bool:
    """Whether the match's last event is in the store and no message waits for the loader."""
    sql = "SELECT count() AS n FROM game_events WHERE match_id = {match:String} AND event_id = {event:String}"
    with closing(connect(places.clickhouse_url(system.settings))) as client:
        [row] = query_rows(client, sql, {"match": last.match_id, "event": last.event_id})
    return bool(row["n"]) and not any(consumer_lag(system.broker, LOADER_GROUP, topics=TOPICS).values())
