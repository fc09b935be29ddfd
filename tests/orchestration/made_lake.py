"""A lake of made maps: their states and rounds as derivation would have left them. No tests here."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from adapters.lake import files
from adapters.lake.partitions import Partition
from adapters.lake.tables import PREDICTIONS, QUALITY, ROUND_STARTS, STATES, LakeTable
from models.dataset import RecordedMap
from models.predictor import Predictor


def put(root: Path, map_: RecordedMap) -> None:
    """The map as the lake has it."""
    partition = Partition(date=map_.day.isoformat(), match_id=map_.file, map_id="map")
    at = {"match_id": map_.file, "map_id": "map", "map_name": map_.map_name}
    states = [
        {
            **at,
            "round_no": sample.round_no,
            "seq": number,
            "event_id": str(number),
            "ts_event": datetime(map_.day.year, map_.day.month, map_.day.day, tzinfo=UTC),
            "grid": "clock" if sample.is_clock else "event",
            "round_time_s": float(sample.second),
            "a_side": "ct",
            "score_a": 0,
            "score_b": 0,
            "is_overtime": False,
            **msgspec.structs.asdict(sample.features),
            "ct_won": sample.ct_won,
        }
        for number, sample in enumerate(map_.samples, start=1)
    ]
    starts = [{**at, **msgspec.structs.asdict(start)} for start in map_.starts]
    write(root, STATES, partition, rows=states)
    write(root, ROUND_STARTS, partition, rows=starts)
    write(root, QUALITY, partition, rows=[{**card_of(partition), **at, "finality": "final"}])


def card_of(partition: Partition) -> dict[str, Any]:
    """A scorecard that says nothing."""
    bare = {
        column.name: None if column.is_nullable else _empty(str(column.type)) for column in QUALITY.columns
    }
    return {**bare, "match_id": partition.match_id, "map_id": partition.map_id}


def write(
    root: Path, table: LakeTable, partition: Partition, *, rows: Sequence[dict[str, Any]], content: str = ""
) -> None:
    columns = {name: [row[name] for row in rows] for name in table.schema.names}
    files.replaced(
        root, table, partition, columns=columns, content=content, code_version="test", made_from={}
    )


def _empty(kind: str) -> object:
    return {"string": "", "bool": False}.get(kind, 0)


def told(root: Path, map_: RecordedMap, predictor: Predictor) -> None:
    """The model's chances at the map's states, as the lake has predictions."""
    partition = Partition(date=map_.day.isoformat(), match_id=map_.file, map_id="map")
    bare = {
        column.name: None if column.is_nullable else _empty(str(column.type))
        for column in PREDICTIONS.columns
    }
    moment = datetime(map_.day.year, map_.day.month, map_.day.day, tzinfo=UTC)
    rows = [
        {
            **bare,
            "match_id": map_.file,
            "map_id": "map",
            "round_no": sample.round_no,
            "seq": number,
            "ts_event": moment,
            "round_p_ct": predictor.live(sample.features).p,
            "model_hash": predictor.model_hash,
        }
        for number, sample in enumerate(map_.samples, start=1)
    ]
    write(root, PREDICTIONS, partition, rows=rows)
