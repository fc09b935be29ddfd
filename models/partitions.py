"""The training dataset as a frozen list of partitions with digests, so that a model can be reproduced from its run.

Belongs here: the description of a dataset, its digests, checks that make a partition unfit for training. Does not
belong here: the rows themselves (`models.dataset`), storage.

A partition is one recorded map. Digests cover the rows as canonical JSON (fields in declared order, no spaces).
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from math import isfinite

import msgspec
from msgspec import Struct

from game.features import FEATURE_NAMES, SCHEMA_HASH, Features
from models.dataset import RecordedMap

MOST = {"alive": 5, "hp": 500, "armor": 500, "helmets": 5, "grenades": 25, "primaries": 5, "kits": 5}
SHOWN = 3


class DatasetError(ValueError):
    """A partition is unfit for training, or differs from the frozen one. Names the partition and the reason."""

    def __init__(self, partition: str, reason: str) -> None:
        super().__init__(f"{partition}: {reason}")
        self.partition = partition
        self.reason = reason


class Partition(Struct, frozen=True, kw_only=True):
    """One recorded map. `rows` counts its samples, `rounds` its round starts."""

    key: str
    digest: str
    map_name: str
    day: date
    rows: int
    rounds: int


class Dataset(Struct, frozen=True, kw_only=True):
    """Partitions sorted by key; `digest` covers all other fields."""

    partitions: tuple[Partition, ...]
    code_version: str
    feature_schema_hash: str
    digest: str

    def keys(self) -> tuple[str, ...]:
        return tuple(partition.key for partition in self.partitions)


def rows_digest(map_: RecordedMap) -> str:
    """SHA-256 of a map's rows and name, regardless of its ids."""
    told = {name: getattr(map_, name) for name in map_.__struct_fields__ if name not in {"ids", "twins"}}
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def played_digest(map_: RecordedMap) -> str:
    """SHA-256 of what was played: independent of the map's file, its match, and which team is called A."""
    starts = [(start.round_no, start.ct_equipment, start.t_equipment, start.ct_won) for start in map_.starts]
    return hashlib.sha256(msgspec.json.encode((map_.map_name, map_.samples, starts))).hexdigest()


def partition_of(map_: RecordedMap) -> Partition:
    return Partition(
        key=map_.file,
        digest=rows_digest(map_),
        map_name=map_.map_name,
        day=map_.day,
        rows=len(map_.samples),
        rounds=len(map_.starts),
    )


def frozen(maps: Sequence[RecordedMap], code_version: str) -> Dataset:
    """The description of `maps`. Raises `DatasetError` for an unfit or duplicate partition, or if `maps` is empty."""
    if not maps:
        raise DatasetError("dataset", "has no partitions")
    for map_ in maps:
        problem = next(problems(map_), None)
        if problem is not None:
            raise DatasetError(map_.file, problem)
    partitions = sorted((partition_of(map_) for map_ in maps), key=lambda partition: partition.key)
    for one, next_ in pairwise(partitions):
        if one.key == next_.key:
            raise DatasetError(one.key, "is there twice")
    return _sealed(tuple(partitions), code_version)


def _sealed(partitions: tuple[Partition, ...], code_version: str) -> Dataset:
    bare = Dataset(
        partitions=partitions, code_version=code_version, feature_schema_hash=SCHEMA_HASH, digest=""
    )
    return msgspec.structs.replace(bare, digest=hashlib.sha256(msgspec.json.encode(bare)).hexdigest())


def selected(dataset: Dataset, maps: Sequence[RecordedMap]) -> list[RecordedMap]:
    """The maps of `dataset` in its order, taken from `maps`.

    Raises `DatasetError` for a missing partition, for rows that differ from the frozen ones, for another definition of
    the features, and for an altered description.
    """
    if dataset.feature_schema_hash != SCHEMA_HASH:
        raise DatasetError("dataset", f"is for features {dataset.feature_schema_hash}, not {SCHEMA_HASH}")
    if _sealed(dataset.partitions, dataset.code_version).digest != dataset.digest:
        raise DatasetError("dataset", "was altered: its digest is another one")
    found = {map_.file: map_ for map_ in maps}
    return [_same(partition, found.get(partition.key)) for partition in dataset.partitions]


def _same(partition: Partition, map_: RecordedMap | None) -> RecordedMap:
    if map_ is None:
        raise DatasetError(partition.key, "is missing")
    digest = rows_digest(map_)
    if digest != partition.digest:
        raise DatasetError(partition.key, f"has digest {digest}, the dataset says {partition.digest}")
    return map_


def problems(map_: RecordedMap) -> Iterator[str]:
    """Why a map is unfit for training; each kind of problem once."""
    won = {start.round_no: start.ct_won for start in map_.starts}
    if not map_.clock():
        yield "has no seconds of live play"
    strays = sorted({s.round_no for s in map_.samples if s.round_no not in won})
    if strays:
        yield f"has samples of rounds that it has no start of: {_some(strays)}"
    turned = sorted({s.round_no for s in map_.samples if won.get(s.round_no, s.ct_won) != s.ct_won})
    if turned:
        yield f"has samples whose outcome is not their round's: rounds {_some(turned)}"
    wrong = sorted({name for sample in map_.samples for name in out_of_range(sample.features)})
    if wrong:
        yield f"has features out of range: {', '.join(wrong)}"


def _some(rounds: Sequence[int]) -> str:
    more = f" and {len(rounds) - SHOWN} more" if len(rounds) > SHOWN else ""
    return ", ".join(map(str, rounds[:SHOWN])) + more


def out_of_range(features: Features) -> Iterator[str]:
    """Names of features whose value no legal state has."""
    for name in FEATURE_NAMES:
        value = float(getattr(features, name))
        if not isfinite(value) or value < 0 or value > MOST.get(name.partition("_")[2], value):
            yield name
