"""A lake of made maps: their states and rounds as derivation would have left them. No tests here."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from adapters.lake import files
from adapters.lake.partitions import Partition
from adapters.lake.tables import (
    AMENDMENTS,
    FACTS,
    PARITY,
    PREDICTIONS,
    QUALITY,
    ROUND_STARTS,
    STATES,
    LakeTable,
)
from game.facts import Fact, MapBegan, MapDecided, RoundDecided
from game.features import SCHEMA_HASH
from game.rules import MR12
from models.dataset import RecordedMap, Start
from models.predictor import Predictor

MADE_UP: Mapping[str, str] = {}


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
    decided = [
        {**_decided(start, number), **{name: at[name] for name in ("match_id", "map_id")}}
        for number, start in enumerate(map_.starts, start=1)
    ]
    write(root, STATES, partition, rows=states, made_from={"features": SCHEMA_HASH})
    write(root, FACTS, partition, rows=[_began(map_, partition), *decided, _ended(map_, partition)])
    write(root, ROUND_STARTS, partition, rows=starts)
    write(root, QUALITY, partition, rows=[{**card_of(partition), **at, "finality": "final"}])


def _began(map_: RecordedMap, partition: Partition) -> dict[str, Any]:
    """The fact of a map's beginning."""
    began = MapBegan(map_name=map_.map_name, map_number=1, rules_id=MR12.rules_id, a_side="ct")
    told = {"match_id": partition.match_id, "map_id": partition.map_id, "round_no": None}
    return _fact(MapBegan, msgspec.json.encode(began)) | told


def _ended(map_: RecordedMap, partition: Partition) -> dict[str, Any]:
    """The fact of a map's end, by the source's word."""
    winner = None if map_.a_won is None else "A" if map_.a_won else "B"
    told = {"match_id": partition.match_id, "map_id": partition.map_id, "round_no": None}
    at = {"seq": len(map_.starts) + 1, "match_tag": "over"}
    return _fact(MapDecided, msgspec.json.encode({"winner_team": winner})) | told | at


def _decided(start: Start, number: int) -> dict[str, Any]:
    """The fact of a round's end, as far as it is asked for."""
    body = msgspec.json.encode({"winner_side": "ct" if start.ct_won else "t"})
    return _fact(RoundDecided, body) | {"round_no": start.round_no, "seq": number, "match_tag": "live"}


def _fact(kind: type[Fact], body: bytes) -> dict[str, Any]:
    bare = {column.name: _empty(str(column.type)) for column in FACTS.columns if not column.is_nullable}
    at = {"ts_event": datetime(2026, 1, 1, tzinfo=UTC)}
    return {**bare, **at, "fact": kind.__struct_config__.tag, "body": body.decode()}


def card_of(partition: Partition) -> dict[str, Any]:
    """A scorecard that says nothing."""
    bare = {
        column.name: None if column.is_nullable else _empty(str(column.type)) for column in QUALITY.columns
    }
    return {**bare, "match_id": partition.match_id, "map_id": partition.map_id, "rules": "{}"}


def carded(
    root: Path, partition: Partition, *, made_from: str, facts: str = "", records: str | None = None
) -> None:
    """A scorecard that was made from raw events of that content and number, and the digest of its facts."""
    row = card_of(partition)
    sources = {"raw_events": made_from, **({} if records is None else {"records": records})}
    write(root, QUALITY, partition, rows=[row], content=facts, made_from=sources)


def answered(root: Path, match: Partition, outcome: str, *, about: str) -> None:
    """What became of a match that was to be amended, with raw events of that content."""
    row = {"match_id": match.match_id, "outcome": outcome, "reason": "none", "changed": "none", "sent": 0}
    write(root, AMENDMENTS, match.match, rows=[row], content=outcome, made_from={"raw_events": about})


def compared(root: Path, partition: Partition, *, stream_digest: str) -> None:
    """What the stream said of a map."""
    row = {column.name: _empty(str(column.type)) for column in PARITY.columns}
    at = {"match_id": partition.match_id, "map_id": partition.map_id, "stream_digest": stream_digest}
    write(root, PARITY, partition, rows=[{**row, **at}], content=stream_digest)


def write(
    root: Path,
    table: LakeTable,
    partition: Partition,
    *,
    rows: Sequence[dict[str, Any]],
    content: str = "",
    made_from: Mapping[str, str] = MADE_UP,
) -> None:
    columns = {name: [row[name] for row in rows] for name in table.schema.names}
    files.replaced(
        root,
        table,
        partition,
        columns=columns,
        content=content,
        code_version="test",
        made_from=made_from,
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
