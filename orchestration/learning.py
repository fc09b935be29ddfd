"""What the models learn from, out of the lake: the maps of a selection as the rows that training takes.

Belongs here: from the tables `states` and `round_starts` to `models.dataset.RecordedMap`. Does not belong here: how
states were sampled (`models.dataset`), what is done with them (`models.retraining`).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from msgspec import Struct

from adapters.lake import files
from adapters.lake.partitions import Partition, partitions
from adapters.lake.tables import QUALITY, ROUND_STARTS, STATES
from adapters.lake.views import open_lake
from game.features import FEATURE_NAMES, Features
from models.dataset import RecordedMap, Sample, Start, ids_of

DECIDED = frozenset({"final", "amended"})


class Learnable(Struct, frozen=True, kw_only=True):
    """A map and the match it belongs to: maps of one match stay together in every split."""

    partition: Partition
    map_: RecordedMap


def learnable(root: Path, chosen: Iterable[Partition] | None = None) -> list[Learnable]:
    """The decided maps of the lake in the order of their keys, or those of them that are chosen.

    A map is named by the file it was imported from where that was its match's only one and no other match came from
    one of that name, also where it was on air besides; else by its partition's key.
    Raises `adapters.lake.partitions.LakeError`.
    """
    wanted = None if chosen is None else set(chosen)
    names = _files(root)
    found = [
        Learnable(partition=each, map_=_recorded(root, each, name=names.get(each.match_id, each.key)))
        for each in partitions(root, QUALITY.name)
        if (wanted is None or each in wanted) and _is_decided(root, each)
    ]
    return sorted(found, key=lambda each: each.map_.file)


def _files(root: Path) -> dict[str, str]:
    """By match the one file that it was imported from, where it has one map and the name is no other match's."""
    rows = open_lake(root, tables=["raw_events"]).execute(
        "SELECT match_id, min(file) FROM raw_events GROUP BY match_id "
        "HAVING min(file) = max(file) AND count(DISTINCT map_id) = 1 "
        "QUALIFY count(*) OVER (PARTITION BY min(file)) = 1"
    )
    return dict(rows.fetchall())


def _is_decided(root: Path, partition: Partition) -> bool:
    finality = files.read(root, QUALITY, partition).column("finality").to_pylist()
    return bool(finality) and finality[0] in DECIDED


def _recorded(root: Path, partition: Partition, *, name: str) -> RecordedMap:
    states = files.read(root, STATES, partition).to_pylist()
    starts = files.read(root, ROUND_STARTS, partition).to_pylist()
    return RecordedMap(
        file=name,
        match=partition.match_id,
        ids=ids_of(partition.match_id, partition.map_id or ""),
        map_name=_map_name(states, starts),
        day=date.fromisoformat(partition.date),
        samples=tuple(_sample(row) for row in states if row["ct_won"] is not None),
        starts=tuple(Start(**{field: row[field] for field in Start.__struct_fields__}) for row in starts),
        a_won=_a_won(starts),
    )


def _map_name(*tables: Sequence[Mapping[str, Any]]) -> str:
    return next((row["map_name"] for rows in tables for row in rows if row["map_name"]), "")


def _sample(row: Mapping[str, Any]) -> Sample:
    return Sample(
        round_no=row["round_no"],
        second=int(row["round_time_s"]),
        is_clock=row["grid"] == "clock",
        features=Features(**{name: row[name] for name in FEATURE_NAMES}),
        ct_won=row["ct_won"],
    )


def _a_won(starts: Sequence[Mapping[str, Any]]) -> bool:
    if not starts:
        return False
    last = starts[-1]
    a = last["score_a"] + (last["ct_won"] == (last["a_side"] == "ct"))
    b = last["score_b"] + (last["ct_won"] != (last["a_side"] == "ct"))
    return bool(a > b)
