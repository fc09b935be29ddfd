"""Scorecards in the store are those of the lake: the newest version of each map, nothing written twice."""

from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client
from msgspec.structs import replace

from adapters.clickhouse.client import query_rows
from adapters.clickhouse.marts import served
from adapters.clickhouse.quality import QUALITY
from adapters.lake.partitions import LakeError, Partition
from adapters.lake.tables import QUALITY as IN_THE_LAKE
from orchestration.scorecards import publish_quality
from tests.orchestration.made_lake import card_of, write

FIRST = Partition(date="2026-11-20", match_id="m", map_id="a")
SERVED = """
SELECT map_id, finality, revision, date FROM quality FINAL WHERE NOT is_retracted ORDER BY map_id
"""


def put(root: Path, partition: Partition, **said: object) -> None:
    row = {**card_of(partition), **said}
    write(root, IN_THE_LAKE, partition, rows=[row], content=str(said))


def test_the_store_and_the_lake_declare_the_same_scorecard() -> None:
    """But for the day, which the lake has in the folder's name."""
    names = [column.name for column in served(QUALITY) if column.name != "date"]
    assert names == [column.name for column in IN_THE_LAKE.columns]
    nullable = {column.name for column in QUALITY.columns if column.is_nullable}
    assert nullable == {column.name for column in IN_THE_LAKE.columns if column.is_nullable}


@pytest.mark.slow
def test_a_map_grows_final_and_is_amended_in_the_store(client: Client, tmp_path: Path) -> None:
    match = FIRST.match
    for revision, finality in enumerate(("provisional", "final", "amended")):
        put(tmp_path, FIRST, finality=finality, revision=revision)
        done = publish_quality(client, tmp_path, [match])
        assert (done.rows, done.written, done.retracted) == (1, 1, 0)
        assert publish_quality(client, tmp_path, [match]).written == 0
        assert query_rows(client, SERVED) == [
            {"map_id": "a", "finality": finality, "revision": revision, "date": FIRST.date}
        ]


def test_other_matches_are_left_alone_and_a_map_that_is_gone_is_withdrawn(
    client: Client, tmp_path: Path
) -> None:
    second, other = replace(FIRST, map_id="b"), replace(FIRST, match_id="n", map_id="c")
    for each in (FIRST, second, other):
        put(tmp_path / "all", each, finality="final")
    publish_quality(client, tmp_path / "all", [FIRST.match, other.match])
    put(tmp_path / "less", FIRST, finality="final")
    done = publish_quality(client, tmp_path / "less", [FIRST.match])
    assert (done.written, done.retracted) == (0, 1)
    assert [row["map_id"] for row in query_rows(client, SERVED)] == ["a", "c"]


def test_a_damaged_scorecard_is_named_and_nothing_is_published(client: Client, tmp_path: Path) -> None:
    put(tmp_path, FIRST, finality="final")
    publish_quality(client, tmp_path, [FIRST.match])
    put(tmp_path, FIRST, finality="amended")
    for file in FIRST.folder(tmp_path, "quality").glob("*.parquet"):
        file.write_bytes(b"no parquet")
    with pytest.raises(LakeError, match="part-"):
        publish_quality(client, tmp_path, [FIRST.match])
    assert [row["finality"] for row in query_rows(client, SERVED)] == ["final"]
