"""The raw log of a real store: a match is found by its id whatever characters that has."""

from collections.abc import Iterator
from itertools import islice
from threading import Event
from typing import TYPE_CHECKING

import msgspec
import pytest

from adapters.clickhouse.client import connect
from adapters.clickhouse.store import ClickHouseStore
from adapters.kafka.records import RAW, Record
from adapters.metrics import metrics
from game.codec import encode
from game.events import AnyEvent
from midround import inputs
from midround.rawlog import match_ids
from streaming.loader import Loader
from tests.stores import embedded_store
from tests.streaming.doubles import Ledger, Log

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

pytestmark = pytest.mark.slow

IDS = ("league 7/final", "100%2F", "a?b#c", "Финал/決勝 🏆", "a\\b'\"\t\n", "[/red]", "{match_id:String}")
EVENTS = 3


def events_of(match_id: str) -> list[AnyEvent]:
    events = islice(inputs.simulated(seed=5, best_of=1, position_hz=0).events(), EVENTS)
    return [msgspec.structs.replace(event, match_id=match_id) for event in events]


def raw_record(offset: int, event: AnyEvent) -> Record:
    return Record(
        topic=RAW,
        partition=0,
        offset=offset,
        key=event.match_id.encode(),
        value=encode(event),
        headers={"format": b"native+json"},
        timestamp_ms=int(event.ts_event.timestamp() * 1000) + offset,
    )


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Client"]:
    told = [event for name in IDS for event in events_of(name)]
    with embedded_store(tmp_path_factory.mktemp("store")) as running:
        store = ClickHouseStore(running.url, ttl_days={"cs2_events_raw": 3_650})
        store.prepare()
        log = Log([raw_record(offset, event) for offset, event in enumerate(told)])
        log.per_poll = len(told)
        loader = Loader(log, store, catalog=Ledger(), metrics=metrics(), stopping=Event())
        loader.step()
        loader.flush()
        store.close()
        yield connect(running.url)


@pytest.mark.parametrize("name", IDS, ids=ascii)
def test_a_match_of_any_id_is_read_back(client: "Client", name: str) -> None:
    assert list(inputs.stored(client, name).events()) == events_of(name)


def test_every_match_is_listed(client: "Client") -> None:
    assert set(match_ids(client)) == set(IDS)
