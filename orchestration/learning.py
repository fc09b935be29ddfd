"""Training data from the lake: the maps of a selection as the rows that training takes.

Belongs here: from the tables `states` and `round_starts` to `models.dataset.RecordedMap`, which maps are trusted, the
evidence that their rows are checked against (`orchestration.training_checks`). Does not belong here: sampling of states
(`models.dataset`), training (`models.retraining`).
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pyarrow.compute as pc
from msgspec import Struct

from adapters.lake import files, raw
from adapters.lake.partitions import LakeError, Partition, partitions
from adapters.lake.tables import FACTS, PARITY, QUALITY, ROUND_STARTS, STATES
from adapters.lake.views import open_lake
from game import events as e
from game.facts import MapBegan
from game.features import FEATURE_NAMES, Features
from game.rules import DEFAULTS, Rules, rules_on
from models.dataset import RecordedMap, Sample, Start, ids_of, is_a, other_rules
from models.partitions import played_digest
from orchestration.derivation import Derived, known
from orchestration.freshness import OLDER, unmade
from orchestration.parity import DIFFERS

LOGGER = logging.getLogger("midround.orchestration")
T = TypeVar("T")
Among = Callable[[str, str, date], bool]
"""A filter on the name, ids (`models.dataset.ids_of`) and day of a map."""
DECIDED = frozenset({"final", "amended"})
NOT_COUNTED = "its score is not the count of its rounds"
TOLD_OTHERWISE = "the stream told other facts"
NOT_OF_ITS_EVENTS = "it was made from other raw events than its match has now"
RULES_UNKNOWN = "nothing tells by which rules it was played"
UNTOLD_SHARE = 0.1
"""Largest share of a map's rounds in which the equipment of a side is unknown. Recorded maps have none; a map that was
joined midway has its first."""
UNDECIDED = """
SELECT match_id, map_id, avg((ct_won IS NULL)::INTEGER) FROM states
WHERE match_id IN (SELECT unnest(?)) GROUP BY ALL
"""
WINNERS = """
SELECT match_id, map_id, round_no, max_by(body ->> '$.winner_side', seq)
FROM facts
WHERE fact = 'round_decided' AND match_tag IN ('live', 'overtime') AND match_id IN (SELECT unnest(?))
GROUP BY ALL
"""
ENDS = """
SELECT match_id, map_id, max_by(body, (seq, fact_no)) ->> '$.winner_team'
FROM facts
WHERE fact = 'map_decided' AND match_id IN (SELECT unnest(?))
GROUP BY ALL
"""


class Learnable(Struct, frozen=True, kw_only=True):
    """A map with its partition. Maps of one match stay together in every split."""

    partition: Partition
    map_: RecordedMap


class Believed(Struct, frozen=True, kw_only=True):
    """The decided maps that models may learn from and be judged by, with their names; why others are left out, by key;
    and the ids of the same maps in other matches, which are left out."""

    names: Mapping[Partition, str]
    left_out: Mapping[str, str]
    twins: Mapping[Partition, tuple[str, ...]]


class Survey(Struct, frozen=True, kw_only=True):
    """The decided maps that may be learned from, in the order of their names, and why others are left out, by key."""

    maps: tuple[Learnable, ...]
    left_out: Mapping[str, str]


class Evidence(Struct, frozen=True, kw_only=True):
    """Facts to check a map's rows against: whether CT won, by round; the share of states without an outcome, which are
    not trained on; the hash of the feature definition the states were sampled with, null if it was not recorded."""

    ct_won: Mapping[int, bool] = {}
    undecided: float = 0.0
    features: str | None = None


def evidence(root: Path, maps: Sequence[Learnable]) -> dict[Partition, Evidence]:
    """The evidence for each of these maps. Raises `adapters.lake.partitions.LakeError`."""
    lake, ids = (
        open_lake(root, tables=[FACTS.name, STATES.name]),
        sorted({at.partition.match_id for at in maps}),
    )
    won: dict[tuple[str, str], dict[int, bool]] = {}
    for match_id, map_id, round_no, side in lake.execute(WINNERS, [ids]).fetchall():
        won.setdefault((match_id, map_id), {})[round_no] = side == "ct"
    undecided = {(row[0], row[1]): row[2] for row in lake.execute(UNDECIDED, [ids]).fetchall()}
    return {
        at: Evidence(
            ct_won=won.get((at.match_id, at.map_id or ""), {}),
            undecided=undecided.get((at.match_id, at.map_id or ""), 0.0),
            features=_features(root, at),
        )
        for at in (each.partition for each in maps)
    }


def _features(root: Path, partition: Partition) -> str | None:
    manifest = files.read_manifest(root, STATES, partition)
    return None if manifest is None else manifest.made_from.get("features")


def learnable(root: Path, among: Among | None = None) -> list[Learnable]:
    """The maps of `surveyed` that may be learned from. Raises `adapters.lake.partitions.LakeError`."""
    return list(surveyed(root, among).maps)


def surveyed(root: Path, among: Among | None = None) -> Survey:
    """The rows of all trusted maps (`believed`). Raises `adapters.lake.partitions.LakeError`."""
    told = believed(root, among)
    won = _winners(root, told.names)
    found = (
        Learnable(
            partition=each,
            map_=_recorded(root, each, name=name, winner=won.get(each), twins=told.twins.get(each, ())),
        )
        for each, name in told.names.items()
    )
    return Survey(maps=tuple(sorted(found, key=lambda each: each.map_.file)), left_out=told.left_out)


def believed(root: Path, among: Among | None = None) -> Believed:
    """The lake's decided maps that are trusted, limited to those accepted by `among`; of others only the beginnings of
    rounds are read. Maps with wrong results or other rules are left out of training and evaluation. A map that is in
    several matches counts once, and not at all if `among` rejects it in one of them.

    A map is named after the file it was imported from, if that file was the match's only one, held one map and was
    imported into no other match, even if the map was on air as well. Else its name is its partition's key. Raises
    `adapters.lake.partitions.LakeError`.
    """
    files_of, names, left_out = _files(root), dict[Partition, str](), dict[str, str]()
    unwanted = list[Partition]()
    for each in partitions(root, QUALITY.name):
        name = files_of.get(each.match_id, each.key)
        ids = ids_of(each.match_id, each.map_id or "")
        if among is not None and not among(name, ids, date.fromisoformat(each.date)):
            unwanted.append(each)
            continue
        map_ = known(root, each)
        if map_.finality not in DECIDED:
            continue
        why = _wrong(root, map_)
        if why:
            left_out[each.key] = why
        else:
            names[each] = name
    twins = dict[Partition, tuple[str, ...]]()
    for first, *others in twins_among(root, [*unwanted, *names]):
        again = [each for each in others if names.pop(each, None) is not None]
        left_out |= {each.key: f"the same map as {first.key}" for each in again}
        twins[first] = tuple(ids_of(each.match_id, each.map_id or "") for each in again)
    return Believed(names=names, left_out=left_out, twins=twins)


def twins_among(root: Path, maps: Iterable[Partition]) -> Iterator[list[Partition]]:
    """Groups of maps that are the same play in several matches, in the given order. Full rows are read only of maps
    whose rounds begin alike; a map without play has no twin. A map that cannot be read is logged and has no twin:
    whatever needs its rows will raise the error."""
    alike: dict[str, list[Partition]] = {}
    for each in maps:
        beginnings = _readable(root, each, _beginnings)
        if beginnings is not None:
            alike.setdefault(beginnings, []).append(each)
    for group in (group for group in alike.values() if len(group) > 1):
        same: dict[str, list[Partition]] = {}
        for each in group:
            map_ = _readable(root, each, partial(_recorded, name=each.key))
            if map_ is not None and map_.samples:
                same.setdefault(played_digest(map_), []).append(each)
        yield from (found for found in same.values() if len(found) > 1)


def _readable(root: Path, partition: Partition, read: Callable[[Path, Partition], T | None]) -> T | None:
    try:
        return read(root, partition)
    except LakeError as error:
        LOGGER.warning("not compared with others: %s", error)
        return None


def _beginnings(root: Path, partition: Partition) -> str | None:
    """How a map's rounds began and who won them, independent of which team is A; null if it has none."""
    if files.read_manifest(root, ROUND_STARTS, partition) is None:
        return None
    columns = ("map_name", "round_no", "ct_equipment", "t_equipment", "ct_won")
    return str(files.read(root, ROUND_STARTS, partition, columns=columns).to_pylist())


def _wrong(root: Path, map_: Derived) -> str:
    """Why a map is not trusted, by its raw events, scorecard, rules, missing equipment, or parity with the stream for
    these very facts; empty if it is."""
    if unmade(root, map_.partition) == OLDER:
        return NOT_OF_ITS_EVENTS
    if not map_.card.is_counted:
        return NOT_COUNTED
    rules = _rules(root, map_.partition)
    if rules is None:
        return RULES_UNKNOWN
    if why := other_rules(rules):
        return why
    if why := _unequipped(root, map_.partition):
        return why
    if files.read_manifest(root, PARITY, map_.partition) is None:
        return ""
    (compared,) = files.read(root, PARITY, map_.partition).to_pylist()
    is_of_these = compared["facts_digest"] == map_.card.facts_digest
    return TOLD_OTHERWISE if is_of_these and compared["verdict"] == DIFFERS else ""


def _rules(root: Path, partition: Partition) -> Rules | None:
    """The rules in the map's last `map_began` fact; null if there is none. Usually their id identifies them; if a
    server's settings changed them, the settings are in the event that started the map."""
    facts = files.read(root, FACTS, partition, columns=("fact", "seq", "event_id", "body"))
    begun = facts.filter(pc.field("fact") == MapBegan.__struct_config__.tag).to_pylist()
    if not begun:
        return None
    last = max(begun, key=lambda row: int(row["seq"]))
    rules_id = msgspec.json.decode(last["body"], type=MapBegan).rules_id
    if rules_id in DEFAULTS:
        return DEFAULTS[rules_id]
    event = raw.event_told(root, partition, last["event_id"])
    return rules_on(event.ts_event, event.payload) if isinstance(event, e.MapStarted) else None


def _unequipped(root: Path, partition: Partition) -> str:
    """Why the map's equipment is unusable; empty if it is usable. Every living player holds at least a pistol, so zero
    means unknown, while a model would read it as an eco."""
    starts = files.read(root, ROUND_STARTS, partition, columns=("ct_equipment", "t_equipment")).to_pylist()
    bare = sum(not (row["ct_equipment"] and row["t_equipment"]) for row in starts)
    if bare <= UNTOLD_SHARE * len(starts):
        return ""
    return f"nobody told what its sides held in {bare} of {len(starts)} rounds"


def _files(root: Path) -> dict[str, str]:
    """The file of each match that was imported from one file with one map, if no other match came from that file."""
    rows = open_lake(root, tables=["raw_events"]).execute(
        "SELECT match_id, min(file) FROM raw_events GROUP BY match_id "
        "HAVING min(file) = max(file) AND count(DISTINCT map_id) = 1 "
        "QUALIFY count(*) OVER (PARTITION BY min(file)) = 1"
    )
    return dict(rows.fetchall())


def _winners(root: Path, maps: Collection[Partition]) -> dict[Partition, str | None]:
    """The team that won each of these maps, by the latest fact; null for a draw or an abandoned map."""
    rows = open_lake(root, tables=[FACTS.name]).execute(ENDS, [sorted({each.match_id for each in maps})])
    told = {(match_id, map_id): winner for match_id, map_id, winner in rows.fetchall()}
    return {each: told.get((each.match_id, each.map_id)) for each in maps}


def _recorded(
    root: Path, partition: Partition, *, name: str, winner: str | None = None, twins: tuple[str, ...] = ()
) -> RecordedMap:
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
        a_won=is_a(winner),
        twins=twins,
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
