"""Publishes the scorecards of maps from the lake to the store, for serving.

Belongs here: a match's rows in the lake, and making the store's equal. Does not belong here: the columns
(`adapters.clickhouse.quality`), the contents of a scorecard (`models.replay`), replacing rows (`publishing`).
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.clickhouse.client import query_rows
from adapters.clickhouse.marts import served
from adapters.clickhouse.migrations import migrate
from adapters.clickhouse.quality import QUALITY
from adapters.lake import files
from adapters.lake.partitions import Partition, maps_of
from adapters.lake.tables import QUALITY as SCORECARDS
from orchestration.publishing import Published, by_key, made_equal

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client


def publish_quality(client: "Client", root: Path, matches: Sequence[Partition]) -> Published:
    """Makes the store's scorecards of these matches equal to the lake's; a missing table is created. Unchanged rows are
    not written again; the newest version of a map wins.

    Raises `adapters.lake.partitions.LakeError` before writing anything, and clickhouse-connect's errors.
    """
    made = by_key(QUALITY, (row for match in matches for row in _cards(root, match)))
    migrate(client, tables=(QUALITY,))
    names = ", ".join(f"`{column.name}`" for column in served(QUALITY))
    sql = f"SELECT {names} FROM `{QUALITY.name}` FINAL WHERE NOT is_retracted AND match_id IN {{ids:Array(String)}}"
    known = query_rows(client, sql, {"ids": sorted({match.match_id for match in matches})})
    return made_equal(client, QUALITY, made=made, known=by_key(QUALITY, known))


def _cards(root: Path, match: Partition) -> Iterator[Mapping[str, Any]]:
    for partition in maps_of(root, SCORECARDS.name, match.match):
        for row in files.read(root, SCORECARDS, partition).to_pylist():
            yield {**row, "date": partition.date}
