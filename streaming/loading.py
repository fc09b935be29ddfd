"""The loader process.

Belongs here: its connections, its signals, its metrics port. Does not belong here: the work (`streaming.loader`).
"""

import logging
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException
from msgspec import structs

from adapters.catalog.changes import Change
from adapters.clickhouse.store import ClickHouseStore
from adapters.kafka.connection import LAST_WORDS_S, LOADER_GROUP, BrokerError, Connection
from adapters.kafka.origin import ForeignRecoveryError
from adapters.kafka.reading import Place, commit, committed_offsets, consumer
from adapters.kafka.records import TOPICS, Record
from adapters.kafka.tail import Start, Tail
from adapters.metrics import Exporter, Metrics, metrics
from streaming.loader import LIMITS, Loader, Stopped
from streaming.showing import Showing

if TYPE_CHECKING:
    from adapters.catalog.store import Catalog

LOGGER = logging.getLogger("midround.loader")
GATHERS_S = 0.1
LOG_GOES_TOO = structs.replace(LIMITS, last_words_s=LAST_WORDS_S, patience_s=LAST_WORDS_S)
"""Limits for a log that ends with its broker: all of it is read, even if a busy machine takes long."""


class GroupReader:
    """Reads every topic from the offsets of the loader's group, and commits when told. Waits for the broker when it is
    opened, but not for long once `stopping` is set; of a log that ends with its broker it is read even then.

    If the broker comes back with another log, that log is read from its beginning: the committed offsets belong to the
    log that no longer exists.
    """

    def __init__(self, connection: Connection, counted: Metrics, *, stopping: threading.Event) -> None:
        self._connection = connection
        self._metrics = counted
        self._stopping = None if connection.embedded else stopping
        self._tail: Tail | None = None
        self._is_another_log = False
        self._committer = consumer(connection, LOADER_GROUP)

    def open(self) -> None:
        """Find the offsets from which to read. Raises BrokerError."""
        self._opened()

    def poll(self, timeout_s: float) -> list[Record]:
        """The records that have arrived. Raises BrokerError while no broker is there, and ForeignRecoveryError once
        when the broker has another log."""
        tail = self._opened()
        try:
            records = tail.poll(timeout_s)
        except ForeignRecoveryError:
            self._tail, self._is_another_log = None, True
            tail.close()
            raise
        for gap in tail.take_gaps():
            self._metrics.error("gap").inc(gap.resumed_at - gap.first_missing)
            LOGGER.error("the broker forgot messages before they were loaded: %s", gap)
        return records

    def ends(self) -> Mapping[Place, int]:
        """The end offsets of the log. Raises BrokerError."""
        return self._opened().ends()

    def is_at(self, ends: Mapping[Place, int]) -> bool:
        """Whether every record below `ends` has been polled. Also True after a change of log: then there is nothing to
        wait for."""
        return self._tail is None or self._tail.is_at(ends)

    def commit(self, positions: Mapping[Place, int]) -> None:
        """Commit the group's offsets, except those that were read from an earlier log. Raises BrokerError."""
        read = {} if self._tail is None else self._tail.positions()
        known = [(place, offset) for place, offset in positions.items() if offset <= read.get(place, 0)]
        if not known:
            return
        try:
            commit(self._committer, known)
        except KafkaException as error:
            raise BrokerError(f"offsets not committed: {error.args[0]}") from error

    def lag(self) -> Mapping[Place, int]:
        return {} if self._tail is None else self._tail.lag()

    def close(self) -> None:
        if self._tail is not None:
            self._tail.close()
        self._committer.close()

    def _opened(self) -> Tail:
        if self._tail is None:
            try:
                self._tail = self._tailed()
            except KafkaException as error:
                raise BrokerError(f"no offsets of {LOADER_GROUP}: {error.args[0]}") from error
        return self._tail

    def _tailed(self) -> Tail:
        to, stopping = self._connection, self._stopping
        committed = committed_offsets(to, LOADER_GROUP, topics=TOPICS, stopping=stopping)
        start: Start = "beginning" if self._is_another_log else committed
        return Tail(to, TOPICS, start=start, gathers_s=GATHERS_S, stopping=stopping)


class LazyCatalog:
    """The catalog at a URL, imported, opened and migrated at first use: SQLAlchemy and Alembic are half of what the
    loader imports, and nothing needs them before the first event. The loader waits for a catalog that is away."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._catalog: Catalog | None = None

    def apply(self, changes: Sequence[Change]) -> int:
        """Apply the changes. Returns how many external ids had no room. Raises CatalogAwayError, ChangeRefusedError."""
        from adapters.catalog.store import open_catalog

        self._catalog = self._catalog or open_catalog(self._url)
        return self._catalog.apply(changes)

    def close(self) -> None:
        if self._catalog is not None:
            self._catalog.close()


def run(
    connection: Connection,
    *,
    clickhouse_url: str,
    catalog_url: str,
    metrics_port: int,
    clickhouse_options: Mapping[str, str] | None = None,
    ttl_days: Mapping[str, int] | None = None,
    redis_url: str = "",
    stopping: threading.Event | None = None,
) -> int:
    """Load until SIGTERM or SIGINT (or `stopping`), then write and commit what was read. Returns 0, or 1 if a
    dependency was away at the end, so that part of what was read will be read again.

    With `redis_url`, the newest state and prediction of each match are written there. `/metrics`, `/health` and
    `/ready` are served on `metrics_port`; ready means that broker and store answer.
    """
    stop = stopping or _stop_on_signals()
    counted = metrics()
    with ExitStack() as opened:
        reader = opened.enter_context(closing(GroupReader(connection, counted, stopping=stop)))
        store = opened.enter_context(
            closing(ClickHouseStore(clickhouse_url, options=clickhouse_options, ttl_days=ttl_days))
        )
        catalog = opened.enter_context(closing(LazyCatalog(catalog_url)))
        showing = opened.enter_context(shown_in(redis_url, counted)) if redis_url else None
        loader = Loader(
            reader,
            store,
            catalog=catalog,
            metrics=counted,
            stopping=stop,
            showing=showing,
            limits=LOG_GOES_TOO if connection.embedded else LIMITS,
        )
        opened.enter_context(
            closing(Exporter(counted.registry, port=metrics_port, is_ready=lambda: loader.is_ready))
        )
        return _loaded(loader)


@contextmanager
def shown_in(redis_url: str, counted: Metrics) -> Iterator[Showing]:
    """A `Showing` over the Redis at `redis_url`. The Redis client is imported only when needed."""
    from adapters.cache.redis import RedisNewest

    with closing(RedisNewest(redis_url)) as newest:
        yield Showing(newest, counted)


def _loaded(loader: Loader) -> int:
    try:
        loader.run()
    except Stopped as error:
        if loader.is_amid_a_batch:
            LOGGER.warning("stopped with messages that will be read again: %s", error)
            return 1
        LOGGER.info("stopped while waiting: %s", error)
    return 0


def _stop_on_signals() -> threading.Event:
    stopping = threading.Event()

    def stop(signal_number: int, frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return stopping
