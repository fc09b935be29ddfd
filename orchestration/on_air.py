"""Recent activity of the live path, read from the store without scanning the season.

Belongs here: which matches were touched, which of their maps were published and decided, what the lake lacks. Does not
belong here: requesting runs (`orchestration.sensors`), reading a match (`orchestration.gathering`).

The first query finds matches with recently received records; all further queries are limited to those, by the tables'
sort order. Recent means since the newest record seen, minus `LOOK_BACK` for records that reach the store late. Every
`WHOLE_EVERY` all matches are scanned, so that even later records are found. A record with a reception time in the
future came from a fast clock and counts as of now.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from adapters.clickhouse.client import query_rows
from adapters.lake.files import read_manifest
from adapters.lake.partitions import LakeError, Partition, of_match
from adapters.lake.raw import dated, lacking
from adapters.lake.tables import RAW_EVENTS
from orchestration import gathering

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

LOGGER = logging.getLogger("midround.batch")
LOOK_BACK = timedelta(minutes=15)
WHOLE_EVERY = timedelta(hours=1)
PUBLISHING = timedelta(minutes=1)
"""Longest time between the timestamp of a manifest and the moment it becomes visible."""
EVER = datetime(1970, 1, 1, tzinfo=UTC)
TOUCHED = """
SELECT match_id, max(received_at) AS last_at FROM cs2_events_raw
WHERE received_at >= {since:DateTime64(6, 'UTC')}
GROUP BY match_id ORDER BY match_id
"""
DECIDED = """
SELECT DISTINCT match_id, map_id FROM game_events FINAL
WHERE match_id IN {ids:Array(String)} AND is_retracted = 0 AND map_id IS NOT NULL
    AND facts LIKE '%"fact":"map_decided"%'
ORDER BY match_id, map_id
"""
TOLD = """
SELECT DISTINCT match_id, map_id FROM game_events FINAL
WHERE match_id IN {ids:Array(String)} AND is_retracted = 0
ORDER BY match_id, map_id
"""
COUNTED = """
SELECT match_id, sum(of_place.records) AS records, groupArray((of_place.name, of_place.low, of_place.high)) AS places
FROM (
    SELECT match_id, concat(topic, '/', toString(partition)) AS name, uniqExact(offset, published_at) AS records,
        min(offset) AS low, max(offset) AS high
    FROM cs2_events_raw
    WHERE match_id IN {ids:Array(String)}
    GROUP BY match_id, topic, partition
) AS of_place
GROUP BY match_id
"""


class Touched(Struct, frozen=True, kw_only=True):
    """A match with received records, and the time of the last one."""

    match_id: str
    last_at: datetime


class Look(Struct, frozen=True, kw_only=True):
    """A sensor's cursor: the newest record seen, and the times of the last full scan of matches, of the last scan of
    imports into the lake, and of the last scan of all matches of the lake without a known map."""

    newest: datetime = EVER
    whole_at: datetime = EVER
    imports_at: datetime = EVER
    mapless_at: datetime = EVER

    def since(self, now: datetime) -> datetime:
        """The start of the next scan."""
        return EVER if self._is_whole_due(now) else min(self.newest, now) - LOOK_BACK

    def after(self, touched: Iterable[Touched], now: datetime) -> "Look":
        """The cursor after a scan that found these matches."""
        newest = max((each.last_at for each in touched), default=self.newest)
        whole_at = now if self._is_whole_due(now) else self.whole_at
        return replace(self, newest=min(max(newest, self.newest), now), whole_at=whole_at)

    def imports_since(self) -> datetime:
        """Matches whose manifests are newer than this may have imports that were not seen yet."""
        return max(EVER, self.imports_at - PUBLISHING)

    def is_mapless_due(self, now: datetime) -> bool:
        """Whether all matches without a known map are due for a scan: one may have been repaired or restored."""
        return now - self.mapless_at >= WHOLE_EVERY

    def after_imports(self, now: datetime) -> "Look":
        """The cursor after a scan of the imports up to now."""
        mapless_at = now if self.is_mapless_due(now) else self.mapless_at
        return replace(self, imports_at=now, mapless_at=mapless_at)

    def _is_whole_due(self, now: datetime) -> bool:
        return now - self.whole_at >= WHOLE_EVERY

    def cursor(self) -> str:
        """The cursor as text."""
        return msgspec.json.encode(self).decode()


def look_of(cursor: str | None) -> Look:
    """The `Look` in a cursor; the initial one if there is none or its format has changed."""
    try:
        return msgspec.json.decode(cursor or "{}", type=Look)
    except msgspec.DecodeError:
        return Look()


def touched(client: "Client", since: datetime) -> list[Touched]:
    """The matches of which something was received since then."""
    return [Touched(**row) for row in query_rows(client, TOUCHED, {"since": since})]


def decided(client: "Client", root: Path, match_ids: Sequence[str]) -> list[Partition]:
    """The maps of these matches that are decided according to the stream."""
    return _partitions(client, root, _rows_of(client, DECIDED, match_ids))


def told(client: "Client", root: Path, match_ids: Sequence[str]) -> list[Partition]:
    """The maps of these matches of which the stream published anything."""
    return _partitions(client, root, _rows_of(client, TOLD, match_ids))


def unheard(client: "Client", match_ids: Sequence[str]) -> list[str]:
    """The matches of which the stream published nothing."""
    heard = {row["match_id"] for row in _rows_of(client, TOLD, match_ids)}
    return sorted(set(match_ids) - heard)


def _rows_of(client: "Client", sql: str, match_ids: Sequence[str]) -> list[dict[str, Any]]:
    return query_rows(client, sql, {"ids": list(match_ids)}) if match_ids else []


def _partitions(client: "Client", root: Path, rows: Iterable[Mapping[str, Any]]) -> list[Partition]:
    maps: dict[str, list[str]] = {}
    for row in rows:
        if row["map_id"] is not None:
            maps.setdefault(row["match_id"], []).append(row["map_id"])
    days = {match_id: day_of(client, root, match_id) for match_id in maps}
    return sorted(
        Partition(date=days[match_id], match_id=match_id, map_id=map_id)
        for match_id, of in maps.items()
        for map_id in of
    )


def day_of(client: "Client", root: Path, match_id: str) -> str:
    """The date of a match's partitions: as in the lake, or else as it will be once the match is gathered."""
    known = of_match(root, RAW_EVENTS.name, match_id)
    return known.date if known is not None else dated(match_id, gathering.records(client, match_id)).date


def behind(client: "Client", root: Path, match_ids: Sequence[str]) -> list[str]:
    """The matches of which the store has a record that the lake lacks. A match whose partition cannot be read is logged
    and left out, since gathering would not repair it."""
    if not match_ids:
        return []
    rows = query_rows(client, COUNTED, {"ids": list(match_ids)})
    return sorted(each["match_id"] for each in rows if _is_behind(client, root, each))


def _is_behind(client: "Client", root: Path, kept: Mapping[str, Any]) -> bool:
    try:
        return _lacks(client, root, kept)
    except LakeError as error:
        LOGGER.warning("not gathered: %s", error)
        return False


def _lacks(client: "Client", root: Path, kept: Mapping[str, Any]) -> bool:
    """Decided by counts if the lake has fewer records, and by the ranges of offsets if it has as many. Otherwise the
    records are compared, since the store may have dropped some, or a file may have supplied some."""
    match_id, records = kept["match_id"], kept["records"]
    partition = of_match(root, RAW_EVENTS.name, match_id)
    manifest = None if partition is None else read_manifest(root, RAW_EVENTS, partition)
    if partition is None or manifest is None or records > manifest.rows:
        return True
    places = {name: (low, high) for name, low, high in kept["places"]}
    if records == manifest.rows and places == manifest.offsets:
        return False
    return bool(lacking(root, partition, gathering.records(client, match_id)))
