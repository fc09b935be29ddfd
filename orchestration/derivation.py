"""From a match's raw events in the lake to everything that follows from them, map by map.

Belongs here: one match in, its derived partitions out. Does not belong here: how they follow (`models.replay`), when
(`orchestration.assets`), files (`adapters.lake`).

A match is folded once for all of its tables. What follows from the same raw events, model and code is not made again.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from adapters.lake import files, raw
from adapters.lake.partitions import Partition, maps_of
from adapters.lake.tables import DERIVED, QUALITY, LakeTable, table
from game.codec import DecodeError
from models.code import code_version
from models.lineup import Lineup
from models.predictor import Predictor
from models.replay import MapReplay, Scorecard, replayed
from models.replay import maps_of as maps_told
from models.shelf import Models

NO_MODEL = "none"


class Derived(Struct, frozen=True, kw_only=True):
    """One map as it stands in the lake now. `is_changed` is false where nothing had to be written."""

    partition: Partition
    card: Scorecard
    finality: str
    revision: int
    is_changed: bool


def derive(
    root: Path,
    match: Partition,
    predictor: Predictor | None,
    *,
    models: Models | None = None,
    is_forced: bool = False,
) -> list[Derived]:
    """The maps of a match, replayed and published. Raises `adapters.lake.partitions.LakeError`; a map is then published
    as a whole or not at all. The match begins with `predictor`, and its log may switch it to others of `models`."""
    made_from = sources_of(root, match, predictor)
    if not is_forced and (known := _as_known(root, match, made_from)):
        return known
    events = [event.event for event in raw.raw_events(root, match)]
    told = maps_told(replayed(match.match_id, events, predictor, models=models))
    return [_published(root, match, map_, made_from=made_from) for map_ in told]


def begun_with(root: Path, match: Partition, lineup: Lineup) -> Predictor:
    """The champion in force when the log got the match's first record, as in the stream; for a match from files the
    last one. Raises `adapters.lake.partitions.LakeError`."""
    for told in raw.raw_events(root, match):
        event = told.event
        if not isinstance(event, DecodeError) and event.match_id == match.match_id:
            return lineup.latest() if told.published_at is None else lineup.starting(told.published_at)
    return lineup.latest()


def sources_of(root: Path, match: Partition, predictor: Predictor | None) -> dict[str, str]:
    """What the derived tables of a match follow from."""
    return {
        "raw_events": raw.manifest_of(root, match).content,
        "model": NO_MODEL if predictor is None else predictor.model_hash,
        "code": code_version(),
    }


def known_maps(root: Path, match: Partition) -> list[Derived]:
    """The maps of a match as the lake has them."""
    return [_derived(root, each) for each in maps_of(root, QUALITY.name, match.match)]


def _as_known(root: Path, match: Partition, made_from: Mapping[str, str]) -> list[Derived]:
    """The maps, where all their tables follow from just this; nothing otherwise."""
    found = maps_of(root, QUALITY.name, match.match)
    for partition in found:
        for each in DERIVED:
            manifest = files.read_manifest(root, each, partition)
            if manifest is None or manifest.made_from != made_from:
                return []
    return [_derived(root, partition) for partition in found]


def _derived(root: Path, partition: Partition) -> Derived:
    row = files.read(root, QUALITY, partition).to_pylist()[0]
    finality, revision = row.pop("finality"), row.pop("revision")
    card = Scorecard(finality="provisional" if finality == "provisional" else "final", **row)
    return Derived(partition=partition, card=card, finality=finality, revision=revision, is_changed=False)


def _published(root: Path, match: Partition, map_: MapReplay, *, made_from: Mapping[str, str]) -> Derived:
    partition = Partition(date=match.date, match_id=match.match_id, map_id=map_.card.map_id)
    finality, revision = _standing(root, partition, map_.card)
    is_changed = False
    for name, columns in map_.tables.items():
        is_changed |= _replaced(
            root, table(name), partition, columns=columns, card=map_.card, made_from=made_from
        )
    row = {**msgspec.structs.asdict(map_.card), "finality": finality, "revision": revision}
    columns = {name: [value] for name, value in row.items()}
    is_changed |= _replaced(root, QUALITY, partition, columns=columns, card=map_.card, made_from=made_from)
    return Derived(
        partition=partition, card=map_.card, finality=finality, revision=revision, is_changed=is_changed
    )


def _replaced(
    root: Path,
    of: LakeTable,
    partition: Partition,
    *,
    columns: Mapping[str, Sequence[Any]],
    card: Scorecard,
    made_from: Mapping[str, str],
) -> bool:
    return files.replaced(
        root,
        of,
        partition,
        columns=columns,
        content=card.predictions_digest if of.name == "predictions" else card.facts_digest,
        code_version=code_version(),
        made_from=made_from,
    )


def _standing(root: Path, partition: Partition, card: Scorecard) -> tuple[str, int]:
    """Finality and revision: a final map that comes out otherwise is amended."""
    if files.read_manifest(root, QUALITY, partition) is None:
        return card.finality, 0
    before = _derived(root, partition)
    if before.card.facts_digest == card.facts_digest:
        is_amended = before.finality == "amended"
        return ("amended" if is_amended and card.finality == "final" else card.finality), before.revision
    is_amended = before.finality in {"final", "amended"}
    return ("amended" if is_amended else card.finality), before.revision + 1
