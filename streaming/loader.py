"""The loader: writes every topic to the store and the catalog, in batches, at least once and without loss.

Belongs here: when to write, what to do when a dependency is away, what to commit. Does not belong here: how a record
becomes rows and changes (`streaming.rows`, `rounds`, `lifecycle`), SQL (`adapters`), the process around the loader
(`streaming.loading`).

Offsets are committed after the store has accepted every row and the catalog every change before them, so a kill repeats
at most one batch. All rows have deterministic keys, so the repeated batch produces the same rows. While the store is
away, nothing is read or committed.
"""

import contextlib
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar, assert_never

import msgspec

from adapters.catalog.changes import CatalogAwayError, Change, ChangeRefusedError, match_of
from adapters.clickhouse.store import FactsOfMessage, RowsRefusedError, StoreAwayError, Withdrawn
from adapters.kafka.connection import BrokerError
from adapters.kafka.origin import ForeignRecoveryError
from adapters.kafka.records import PREDICTIONS, PROCESSED, SHADOW, STATE, Record
from adapters.kafka.unreadable import pass_over
from adapters.metrics import Kind, Metrics
from game.messages import Retraction
from streaming import lifecycle, rows
from streaming.rounds import RoundBook, RoundKey, merged, read_back, round_row
from streaming.rows import Row, Told
from streaming.showing import Showing

LOGGER = logging.getLogger("midround.loader")
T = TypeVar("T")

OF_CHANNEL: Mapping[str, tuple[str, ...]] = {
    PROCESSED: ("game_events", "cs2_round_metrics", "player_stats", "swings"),
    STATE: ("match_states",),
    PREDICTIONS: ("cs2_predictions",),
    SHADOW: ("shadow_predictions",),
}
"""The tables whose rows a retraction on a topic invalidates."""
MAY_PASS = (StoreAwayError, CatalogAwayError, BrokerError)
FIRST_WAIT_S, WAIT_GROWS, LONGEST_WAIT_S = 0.1, 1.4, 5.0
"""Seconds. Waits grow slowly: at a start the store usually answers within seconds, and a long wait would waste time."""


class Source(Protocol):
    """The records to load.

    `open` begins to read, once. `poll` returns the records that have arrived; it raises ForeignRecoveryError once when
    the reader turns to another log. `commit` takes the next offset by (topic, partition). `ends` returns the end
    offsets of the log, and `is_at` whether every record below the given ends has been returned.
    """

    def open(self) -> None: ...
    def poll(self, timeout_s: float) -> list[Record]: ...
    def ends(self) -> Mapping[tuple[str, int], int]: ...
    def is_at(self, ends: Mapping[tuple[str, int], int]) -> bool: ...
    def commit(self, positions: Mapping[tuple[str, int], int]) -> None: ...
    def lag(self) -> Mapping[tuple[str, int], int]: ...
    def close(self) -> None: ...


class Store(Protocol):
    """The store operations that the loader uses; `adapters.clickhouse.store.ClickHouseStore` documents them."""

    def prepare(self) -> None: ...
    def insert(self, name: str, rows: Sequence[Row]) -> None: ...
    def withdraw(self, name: str, withdrawn: Withdrawn) -> None: ...
    def round_facts(self, match_id: str, *, map_id: str, round_no: int) -> list[FactsOfMessage]: ...
    def close(self) -> None: ...


class Catalog(Protocol):
    """The catalog operation that the loader uses; `adapters.catalog.store.Catalog` documents it."""

    def apply(self, changes: Sequence[Change]) -> int: ...


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits at which a batch is written: rows, bytes of one partition, or age.

    The byte limit matters on the embedded broker, which blocks producers once a reader is 3 MiB behind with its
    commits.
    """

    rows: int = 20_000
    partition_bytes: int = 1_000_000
    age_s: float = 0.5
    last_words_s: float = 1.0
    """The longest time for which a loader that was told to stop continues to read."""
    patience_s: float = 0.0
    """How long after that it tries again what fails, once it has begun to read."""


LIMITS = Limits()


class Stopped(Exception):
    """The loader was told to stop while a dependency was away; the pending batch was not committed."""


class Pending(msgspec.Struct, kw_only=True):
    """The rows, catalog changes and offsets that have been read but not yet written."""

    rows: dict[str, list[tuple[Row, Record]]] = msgspec.field(default_factory=dict)
    changes: list[Change] = msgspec.field(default_factory=list)
    seen: dict[str, Told] = msgspec.field(default_factory=dict)
    positions: dict[tuple[str, int], int] = msgspec.field(default_factory=dict)
    bytes: dict[tuple[str, int], int] = msgspec.field(default_factory=dict)
    row_count: int = 0
    since: float = 0.0


class Loader:
    """The loader over its ports: `step` does one iteration, `run` iterates until it is told to stop."""

    def __init__(
        self,
        source: Source,
        store: Store,
        *,
        catalog: Catalog,
        metrics: Metrics,
        stopping: threading.Event,
        showing: Showing | None = None,
        limits: Limits = LIMITS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._store = store
        self._catalog = catalog
        self._metrics = metrics
        self._stopping = stopping
        self._showing = showing
        self._limits = limits
        self._clock = clock
        self._book = RoundBook()
        self._models: set[str] = set()
        self._pending = Pending()
        self._patience_s = 0.0
        self._gives_up_s = math.inf
        self.is_ready = False
        """Whether the last call to a dependency succeeded."""

    @property
    def is_amid_a_batch(self) -> bool:
        """Whether records have been read that are not yet written and committed."""
        return bool(self._pending.positions)

    def run(self) -> None:
        """Load until told to stop, then write and commit what had arrived by then. Raises Stopped if that failed."""
        self._insist(self._prepare)
        self._patience_s = self._limits.patience_s
        while not self._stopping.is_set():
            self.step(timeout_s=0.1)
        self._read_on()
        self.flush()

    def _prepare(self) -> None:
        """Not ready before the log is open, so that what is sent to a system that is ready is read whatever follows."""
        self._store.prepare()
        self._source.open()

    def _read_on(self) -> None:
        """Read the last messages of the processes that stopped before this one: if the log ends with its broker, they
        cannot be read later."""
        end_s = self._clock() + self._limits.last_words_s
        with contextlib.suppress(Stopped):
            ends = self._insist(self._source.ends)
            while not self._source.is_at(ends) and self._clock() < end_s:
                self.step(timeout_s=0.2)

    def step(self, timeout_s: float = 0.0) -> None:
        """Read the records that have arrived, and write the batch if it is due."""
        records = self._insist(lambda: self._polled(timeout_s))
        for record in records:
            self._take(record)
            if self._is_full(record):
                self.flush()
        pending = self._pending
        if pending.positions and self._clock() - pending.since >= self._limits.age_s:
            self.flush()
        self._metrics.queue_depth.labels("loader").set(pending.row_count)

    def flush(self) -> None:
        """Write everything that was read, then commit its offsets. Raises Stopped."""
        pending = self._pending
        if not pending.positions:
            return
        self._write_rows()
        # The latest event of each match comes last: if it came first, the older changes would count as outdated.
        changes = [*pending.changes, *(lifecycle.seen(told) for told in pending.seen.values())]
        if changes:
            self._change(changes)
        if self._showing is not None:
            self._showing.write()
        self._insist(lambda: self._source.commit(pending.positions))
        for (topic, partition), lag in self._source.lag().items():
            self._metrics.consumer_lag.labels(topic, partition).set(lag)
        self._pending = Pending()

    def _polled(self, timeout_s: float) -> list[Record]:
        try:
            return self._source.poll(timeout_s)
        except ForeignRecoveryError:
            self._turn_to_another_log()
            raise

    def _turn_to_another_log(self) -> None:
        """Write what was read from the old log, then drop the state that was built from it."""
        self.flush()
        self._book = RoundBook()
        if self._showing is not None:
            self._showing.turn_to_another_log()

    def _take(self, record: Record) -> None:
        loaded = rows.load(record)
        if self._showing is not None:
            self._showing.take(record)
        pending = self._pending
        if not pending.positions:
            pending.since = self._clock()
        place = (record.topic, record.partition)
        pending.positions[place] = record.offset + 1
        pending.bytes[place] = pending.bytes.get(place, 0) + len(record.value)
        if loaded.problem:
            pass_over(record, loaded.problem, measured=self._metrics, logger=LOGGER)
        for name, row in loaded.rows:
            self._add(name, row, record=record)
        if loaded.told is not None:
            self._take_facts(loaded.told, record)
        if loaded.retraction is not None:
            self._retract(loaded.retraction, record)
        if loaded.prediction is not None:
            self._take_model(loaded.prediction.receipt.model_hash, lifecycle.model_seen(loaded.prediction))

    def _add(self, name: str, row: Row, *, record: Record) -> None:
        self._pending.rows.setdefault(name, []).append((row, record))
        self._pending.row_count += 1

    def _is_full(self, record: Record) -> bool:
        place_bytes = self._pending.bytes.get((record.topic, record.partition), 0)
        return self._pending.row_count >= self._limits.rows or place_bytes >= self._limits.partition_bytes

    def _take_model(self, model_hash: str, change: Change) -> None:
        if model_hash not in self._models:
            self._models.add(model_hash)
            self._pending.changes.append(change)

    def _take_facts(self, told: Told, record: Record) -> None:
        pending = self._pending
        pending.seen[told.match_id] = told
        pending.changes.extend(lifecycle.changes(told))
        decided = self._book.add(told)
        if decided is not None:
            self._add_round(decided, record)

    def _add_round(self, key: RoundKey, record: Record) -> None:
        told = self._book.known(key)
        if not self._book.is_whole(key):
            match_id, map_id, round_no = key
            try:
                kept = self._insist(
                    lambda: self._store.round_facts(match_id, map_id=map_id, round_no=round_no)
                )
            except RowsRefusedError as error:
                self._refused("cs2_round_metrics", record, reason=str(error))
                return
            told = merged(told, read_back(kept))
        row = round_row(key, told)
        if row is not None:
            self._add("cs2_round_metrics", row, record=record)

    def _retract(self, retraction: Retraction, record: Record) -> None:
        """Mark the retracted rows. Pending rows are written first, since only stored rows can be marked."""
        withdrawn = Withdrawn(
            match_id=retraction.match_id,
            from_seq=retraction.from_seq,
            to_seq=retraction.to_seq,
            cause_seq=retraction.seq,
        )
        self._write_rows()
        for name in OF_CHANNEL.get(record.topic, ()):
            self._withdraw(name, withdrawn, record=record)
        if record.topic == PROCESSED:
            self._book.retract(retraction.match_id, from_seq=retraction.from_seq, to_seq=retraction.to_seq)
            self._pending.changes.append(lifecycle.withdrawal(retraction))

    def _withdraw(self, name: str, withdrawn: Withdrawn, *, record: Record) -> None:
        try:
            self._insist(lambda: self._store.withdraw(name, withdrawn))
        except RowsRefusedError as error:
            self._refused(name, record, reason=str(error))

    def _write_rows(self) -> None:
        """Write the pending rows. A write that failed half-way is repeated; the keys make it idempotent.

        Events are written last: readers take the newest stored event as a sign that all rows derived from it are stored
        too.
        """
        pending = self._pending
        for name in sorted(pending.rows, key=lambda each: each == "game_events"):
            self._write(name, pending.rows[name])
        pending.rows = {}
        pending.row_count = 0

    def _write(self, name: str, batch: Sequence[tuple[Row, Record]]) -> None:
        """Write one batch. A row that the store will never accept is found by bisection and kept as a dead letter."""
        try:
            self._insist(lambda: self._store.insert(name, [row for row, _ in batch]))
        except RowsRefusedError as error:
            if len(batch) == 1:
                self._refused(name, batch[0][1], reason=str(error))
                return
            middle = len(batch) // 2
            self._write(name, batch[:middle])
            self._write(name, batch[middle:])

    def _change(self, changes: Sequence[Change]) -> None:
        """Apply the changes to the catalog. A change that it will never accept is found by bisection and skipped."""
        try:
            left_out = self._insist(lambda: self._catalog.apply(changes))
            if left_out:
                self._metrics.error("external_ids").inc(left_out)
        except ChangeRefusedError as error:
            if len(changes) == 1:
                self._leave_out(changes[0], reason=str(error))
                return
            middle = len(changes) // 2
            self._change(changes[:middle])
            self._change(changes[middle:])

    def _leave_out(self, change: Change, *, reason: str) -> None:
        self._metrics.error("refused_change").inc()
        about = {"match_id": match_of(change), "change": type(change).__name__}
        LOGGER.error("the catalog refuses a change, which is left out: %s", reason, extra=about)

    def _refused(self, name: str, record: Record, *, reason: str) -> None:
        problem = f"{name} refuses its row: {reason}"
        pass_over(record, problem, measured=self._metrics, logger=LOGGER)
        if name != "dead_letters":
            letter = rows.unreadable(record, reason=problem)
            self._write("dead_letters", [(row, record) for _, row in letter.rows])

    def _is_over(self, wait_s: float) -> bool:
        """Wait for the next attempt. Returns whether there is none: told to stop, and the patience is over."""
        if not self._stopping.wait(wait_s):
            return False
        self._gives_up_s = min(self._gives_up_s, self._clock() + self._patience_s)
        if self._clock() >= self._gives_up_s:
            return True
        time.sleep(wait_s)
        return False

    def _insist(self, call: Callable[[], T]) -> T:
        """Call until it succeeds, with growing waits. Raises Stopped when told to stop and out of patience."""
        wait_s = FIRST_WAIT_S
        while True:
            try:
                answer = call()
            except MAY_PASS as error:
                self.is_ready = False
                kind = _kind(error)
                self._metrics.error(kind).inc()
                LOGGER.warning(
                    "waiting %.1f s: %s", wait_s, error, extra={"awaits": kind.removesuffix("_away")}
                )
                if self._is_over(wait_s):
                    raise Stopped(str(error)) from error
                wait_s = min(wait_s * WAIT_GROWS, LONGEST_WAIT_S)
            else:
                self.is_ready = True
                return answer


def _kind(error: StoreAwayError | CatalogAwayError | BrokerError) -> Kind:
    """The error kind of the dependency that is away."""
    match error:
        case StoreAwayError():
            return "store_away"
        case CatalogAwayError():
            return "catalog_away"
        case BrokerError():
            return "broker_away"
        case _:
            assert_never(error)
