"""Slices: the parts of play on which a model is evaluated separately.

Belongs here: the dimensions, and which rows belong to which slice of each. Does not belong here: figures
(`models.judgement`), thresholds (`models.gates`).

Each dimension covers every row of the clock grid once. Buy classes are those at the start of the round.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from game.rules import MR12
from models.baselines import AT
from models.chain_fit import kind_of
from models.dataset import RecordedMap, Start
from models.evaluation import Mask, Table
from models.map_model import PAIRS, PISTOL

DIMENSIONS = ("map", "phase", "alive difference", "buy class", "pistol", "tier", "score state")
GATED = DIMENSIONS[:5]
"""Dimensions whose calibration is gated; the others are only reported."""
CLASSES = ("low", "half", "full")
OPENING_S, LATE_S = 30, 75
CLEAR_LEAD = 4


class Slice(Struct, frozen=True, kw_only=True):
    """One slice; `mask` selects its rows of the table."""

    dimension: str
    name: str
    mask: Mask


def slices_of(table: Table, maps: Sequence[RecordedMap]) -> Iterator[Slice]:
    """Every slice that has clock rows."""
    for dimension, labels in labels_of(table, maps).items():
        for name in sorted(set(labels[table.is_clock].tolist())):
            yield Slice(dimension=dimension, name=name, mask=table.is_clock & (labels == name))


def labels_of(table: Table, maps: Sequence[RecordedMap]) -> dict[str, npt.NDArray[np.str_]]:
    """The name of each row's slice, by dimension."""
    index = table.map_index.astype(int)
    starts = {(i, start.round_no): start for i, map_ in enumerate(maps) for start in map_.starts}
    rounds = list(zip(index.tolist(), table.round_no.astype(int).tolist(), strict=True))
    buys = {at: _buys(start) for at, start in starts.items()}
    scores = {at: _score(start) for at, start in starts.items()}
    return {
        "map": np.array([map_.map_name or "unknown" for map_ in maps])[index],
        "phase": _phases(table),
        "alive difference": _alive(table),
        "buy class": np.array([buys.get(at, "unknown") for at in rounds]),
        "pistol": np.where(table.columns[:, AT["is_pistol"]] > 0, "pistol", "no pistol"),
        "tier": np.array([map_.tier or "unknown" for map_ in maps])[index],
        "score state": np.array([scores.get(at, "unknown") for at in rounds]),
    }


def _phases(table: Table) -> npt.NDArray[np.str_]:
    columns = table.columns
    return np.select(
        [
            columns[:, AT["is_defusing"]] > 0,
            columns[:, AT["is_planted"]] > 0,
            table.second < OPENING_S,
            table.second < LATE_S,
        ],
        ["defusing", "planted", "opening", "middle"],
        "late",
    )


def _alive(table: Table) -> npt.NDArray[np.str_]:
    difference = table.columns[:, AT["ct_alive"]] - table.columns[:, AT["t_alive"]]
    return np.select(
        [difference <= -2, difference == -1, difference == 0, difference == 1],
        ["T two up or more", "T one up", "level", "CT one up"],
        "CT two up or more",
    )


def _buys(start: Start) -> str:
    if start.is_pistol:
        return "pistol"
    if not start.is_overtime and not (start.ct_equipment and start.t_equipment):
        return "unknown"  # never reported; not an eco, since nobody carries less than a pistol
    kind = kind_of(start)
    assert kind != PISTOL
    ct, t = PAIRS[kind]
    return f"CT {CLASSES[ct]}, T {CLASSES[t]}"


def _score(start: Start) -> str:
    if start.is_overtime:
        return "overtime"
    lead = start.score_a - start.score_b
    if max(start.score_a, start.score_b) == MR12.max_rounds // 2:
        return "match point"
    ct_lead = lead if start.a_side == "ct" else -lead
    if not ct_lead:
        return "level"
    side = "CT" if ct_lead > 0 else "T"
    return f"{side} clearly ahead" if abs(ct_lead) >= CLEAR_LEAD else f"{side} ahead"
