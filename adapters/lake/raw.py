"""Adds raw events to the lake and reads them back.

Belongs here: the received records of a match, added once however often they are imported. Does not belong here: where
they come from (`orchestration.gathering`), what they mean (`game`).

There are two inputs with one result: a record of the log is identified by its position there, an event of a file by its
bytes. An event that came first from one of them and then from the other is kept once. The manifest's `content` is a
digest of the bytes of each event in order, counting only the first of equal ones, so that it is the same for both
inputs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from adapters.lake.files import Manifest, added, locked, read, read_manifest, with_offsets, written
from adapters.lake.partitions import LakeError, Partition, of_match
from adapters.lake.tables import RAW_EVENTS
from game.codec import DecodeError, digest
from game.events import AnyEvent, type_of
from game.sources.records import event_of

UNDATED = "1970-01-01"
"""The day of a match none of whose records could be decoded."""
DECODED_AT_ONCE = 1_024
Place = tuple[str, int, int, datetime | None]


class RawEvent(Struct, frozen=True, kw_only=True):
    """One record as it was received. Times and place are null for events of a file, `file` for the others."""

    raw: bytes
    headers: Mapping[str, str] = {}
    received_at: datetime | None = None
    published_at: datetime | None = None
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    file: str | None = None

    @property
    def place(self) -> Place | None:
        """The position in the log; None for an event of a file."""
        if self.topic is None or self.partition is None or self.offset is None:
            return None
        return (self.topic, self.partition, self.offset, self.published_at)

    @property
    def event(self) -> AnyEvent | DecodeError:
        """The decoded event, or the error."""
        return event_of(self.raw, {name: text.encode() for name, text in self.headers.items()})


class Added(Struct, frozen=True, kw_only=True):
    """The result of an import: `rows` were added, `total` are there now."""

    partition: Partition
    rows: int
    total: int
    content: str


def add(root: Path, match_id: str, events: Iterable[RawEvent], *, code_version: str) -> Added:
    """Add those of `events` that the lake does not have. Raises `LakeError`, and then nothing was added."""
    given = list(events)
    if partition := of_match(root, RAW_EVENTS.name, match_id):
        return _added(root, partition, given, code_version=code_version)
    if not given:
        raise LakeError(f"there is no event of match {match_id!r}")
    with locked(root / RAW_EVENTS.name):  # concurrent first imports must agree on the match's day
        partition = of_match(root, RAW_EVENTS.name, match_id) or dated(match_id, given)
        return _added(root, partition, given, code_version=code_version)


def _added(root: Path, partition: Partition, given: Sequence[RawEvent], *, code_version: str) -> Added:
    folder = partition.folder(root, RAW_EVENTS.name)
    with locked(folder):
        before = read_manifest(root, RAW_EVENTS, partition)
        known = raw_events(root, partition) if before is not None else []
        fresh = _fresh(known, given)
        if not fresh and before is not None:
            return Added(partition=partition, rows=0, total=before.rows, content=before.content)
        content = _content(event.raw for event in (*known, *fresh))
        part = written(folder, RAW_EVENTS, _columns(partition.match_id, fresh, first=len(known)))
        part = with_offsets(part, _offsets(fresh))
        added(
            root,
            RAW_EVENTS,
            partition,
            part=part,
            content=content,
            before=before,
            code_version=code_version,
        )
    return Added(partition=partition, rows=len(fresh), total=len(known) + len(fresh), content=content)


def content(root: Path, partition: Partition) -> str:
    """The `content` that the manifest should have. Raises `LakeError`."""
    return _content(_rows(root, partition, ("raw",)).column("raw").to_pylist())


def _content(told: Iterable[bytes]) -> str:
    return digest(dict.fromkeys(told))


def lacking(root: Path, partition: Partition, events: Iterable[RawEvent]) -> int:
    """How many of `events` would be added to the match. Raises `LakeError`."""
    return len(_fresh(raw_events(root, partition), list(events)))


def raw_events(root: Path, partition: Partition) -> list[RawEvent]:
    """The received records of a match, in order. Raises `LakeError`, also if a part is missing in the middle."""
    return list(records(root, partition))


def records(root: Path, partition: Partition) -> Iterator[RawEvent]:
    """The same as an iterator. Raises `LakeError` like `raw_events`, before the first record."""
    rows = _rows(root, partition, _OF_EVENT)
    return chain.from_iterable(map(_records, rows.to_batches(max_chunksize=DECODED_AT_ONCE)))


def _records(batch: pa.RecordBatch) -> Iterator[RawEvent]:
    return map(_event, batch.to_pylist(maps_as_pydicts="strict"))


def events(root: Path, partition: Partition) -> Iterator[AnyEvent | DecodeError]:
    """The decoded events of `raw_events` as an iterator. Raises `LakeError` likewise, before the first event."""
    rows = _rows(root, partition, ("raw", "headers"))
    return chain.from_iterable(map(_events, rows.to_batches(max_chunksize=DECODED_AT_ONCE)))


def event_told(root: Path, partition: Partition, event_id: str) -> AnyEvent | DecodeError | None:
    """The match's first event with that id; None if there is none. Raises `LakeError`."""
    rows = read(root, RAW_EVENTS, partition.match, columns=("event_id", "raw", "headers"))
    found = rows.filter(pc.field("event_id") == event_id).slice(0, 1)
    return next(chain.from_iterable(map(_events, found.to_batches())), None)


def _events(batch: pa.RecordBatch) -> Iterator[AnyEvent | DecodeError]:
    received, headers = (batch.column(name).to_pylist() for name in ("raw", "headers"))
    for raw, pairs in zip(received, headers, strict=True):
        yield event_of(raw, {name: text.encode() for name, text in pairs})


def _rows(root: Path, partition: Partition, columns: Sequence[str]) -> pa.Table:
    rows = read(root, RAW_EVENTS, partition.match, columns=("n", *columns))
    if rows.column("n").to_pylist() != list(range(rows.num_rows)):
        raise LakeError(f"raw_events {partition.key}: events are missing in the middle")
    return rows.select(columns)


def manifest_of(root: Path, partition: Partition) -> Manifest:
    """The manifest of a match's raw events. Raises `LakeError`."""
    manifest = read_manifest(root, RAW_EVENTS, partition.match)
    if manifest is None:
        raise LakeError(f"raw_events {partition.key}: is not in the lake")
    return manifest


_OF_EVENT = RawEvent.__struct_fields__


def _event(row: Mapping[str, Any]) -> RawEvent:
    return RawEvent(**row)


def _fresh(known: Sequence[RawEvent], given: Sequence[RawEvent]) -> list[RawEvent]:
    places = {event.place for event in known if event.place is not None}
    of_files = {event.raw for event in known if event.place is None}
    all_bytes = {event.raw for event in known}
    fresh: list[RawEvent] = []
    for event in given:
        place = event.place
        is_known = event.raw in all_bytes if place is None else place in places or event.raw in of_files
        if is_known:
            continue
        fresh.append(event)
        if place is None:
            all_bytes.add(event.raw)
        else:
            places.add(place)
    return fresh


def dated(match_id: str, given: Iterable[RawEvent]) -> Partition:
    """The partition of a match that is new to the lake: its day is that of the first of these records that can be
    decoded."""
    found = (event.event for event in given)
    day = next((e.ts_event.date().isoformat() for e in found if not isinstance(e, DecodeError)), UNDATED)
    return Partition(date=day, match_id=match_id)


def _columns(match_id: str, events: Sequence[RawEvent], *, first: int) -> dict[str, list[Any]]:
    decoded = [event.event for event in events]
    told = [None if isinstance(event, DecodeError) else event for event in decoded]
    return {
        "match_id": [match_id] * len(events),
        "n": list(range(first, first + len(events))),
        "raw": [event.raw for event in events],
        "headers": [list(event.headers.items()) for event in events],
        **{
            name: [getattr(event, name) for event in events]
            for name in _OF_EVENT
            if name not in {"raw", "headers"}
        },
        "event_id": [None if e is None else e.event_id for e in told],
        "map_id": [None if e is None else e.map_id for e in told],
        "round_no": [None if e is None else e.round_no for e in told],
        "type": [None if e is None else type_of(e) for e in told],
        "ts_event": [None if e is None else e.ts_event.astimezone(UTC) for e in told],
    }


def _offsets(events: Sequence[RawEvent]) -> dict[str, tuple[int, int]]:
    ranges: dict[str, tuple[int, int]] = {}
    for event in events:
        if event.topic is not None and event.partition is not None and event.offset is not None:
            name = f"{event.topic}/{event.partition}"
            low, high = ranges.get(name, (event.offset, event.offset))
            ranges[name] = (min(low, event.offset), max(high, event.offset))
    return ranges
