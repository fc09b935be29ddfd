"""A store and a catalog that hold one whole match as the loader wrote it, for what is asked of finished matches."""

import threading
from collections.abc import Iterator
from functools import cache
from math import inf
from pathlib import Path
from typing import NamedTuple

import pytest

from adapters.catalog.store import open_catalog
from adapters.clickhouse.store import ClickHouseStore
from adapters.metrics import metrics
from api.public.access import ring
from api.public.directory import Directory
from api.public.live import session
from api.public.store import ClickHouseHistory
from game.messages import Message
from game.simulate.series import simulate
from game.simulate.setting import Setting
from models.fold import MatchFold
from models.predictor import load_champion
from streaming.loader import Loader
from tests.api.public.doubles import TIMES, Desk, records
from tests.api.public.office import Office
from tests.stores import embedded_store
from tests.streaming.doubles import Log

FOR_EVER = {"match_states": 3_650, "cs2_predictions": 3_650}
"""The match is of a fixed day, which the usual retention will have passed."""


@cache
def whole_match() -> tuple[Message, ...]:
    """A series of one map from its first event to its end."""
    events = tuple(simulate(Setting(seed=21, position_hz=0, best_of=1)))
    fold = MatchFold(events[0].match_id, load_champion())
    told = [message for event in events for message in fold.step(event, TIMES)]
    return (*told, *fold.finish(TIMES))


class Kept(NamedTuple):
    """Where it is."""

    store: str
    catalog: str


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    folder = tmp_path_factory.mktemp("finished")
    with embedded_store(folder) as running:
        where = Kept(running.url, f"sqlite:///{folder / 'catalog.sqlite'}")
        load(where, whole_match())
        yield where


def load(where: Kept, told: tuple[Message, ...]) -> None:
    """These messages as the loader writes them."""
    store, catalog = ClickHouseStore(where.store, ttl_days=FOR_EVER), open_catalog(where.catalog)
    store.prepare()
    log = Log(records(told))
    log.per_poll = 1_000_000
    loader = Loader(log, store, catalog=catalog, metrics=metrics(), stopping=threading.Event())
    loader.step()
    loader.flush()
    store.close()
    catalog.close()


@pytest.fixture
def finished(kept: Kept) -> Desk:
    """An API that has nothing in memory and asks that store and catalog."""
    return Desk(ClickHouseHistory(kept.store), directory=Directory(kept.catalog))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.close()


@pytest.fixture
def never_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """No source of a match counts as silent, however long a test takes."""
    monkeypatch.setattr(session, "SILENT_S", dict.fromkeys(session.SILENT_S, inf))
    monkeypatch.setattr(session, "APART_SILENT_S", inf)


@pytest.fixture
def remembers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "REMEMBERED_S", 0.0)
