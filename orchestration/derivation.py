"""Derives everything that follows from a match's raw events in the lake, map by map.

Belongs here: one match in, its derived partitions out. Does not belong here: how the tables are derived
(`models.replay`), when (`orchestration.assets`), files (`adapters.lake`).

A match is folded once for all of its tables. Tables are not derived again from equal raw events, model and code. Many
matches can be divided among several processes, each with its own predictor, since matches share nothing.
"""

import gc
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from adapters.lake import files, raw
from adapters.lake.partitions import LakeError, Partition, maps_of
from adapters.lake.tables import DERIVED, PARITY, QUALITY, LakeTable, table
from game.codec import DecodeError
from game.facts import Quality
from game.features import SCHEMA_HASH
from game.messages import Processed
from models.code import code_version
from models.lineup import Lineup
from models.predictor import CHAMPION, Predictor
from models.replay import MapReplay, Replay, Scorecard, replayed
from models.replay import maps_of as maps_told
from models.shelf import Models

NO_MODEL = "none"
MODEL_UNKNOWN = "model_unknown"
LACKING = "models_lacking"
RECORDS = "records"
FAULTS = (LakeError, ArithmeticError, LookupError, OSError, TypeError, ValueError)
"""Errors of a single match's derivation, which must not stop other matches."""
COLLECTIONS = (200_000, 50, 100)
"""Thresholds of the garbage collector. A match's messages and rows live until written, so frequent collection would
take a fifth of the time in vain."""


class Derived(Struct, frozen=True, kw_only=True):
    """One map as it is in the lake now. `is_changed` is false if nothing had to be written."""

    partition: Partition
    card: Scorecard
    finality: str
    revision: int
    is_changed: bool


class Attempt(Struct, frozen=True, kw_only=True):
    """The result for one of many matches: its maps, or the `error`, which names the partition or file."""

    match: Partition
    maps: tuple[Derived, ...] = ()
    error: str | None = None


def derive(
    root: Path,
    match: Partition,
    predictor: Predictor | None,
    *,
    models: Models | None = None,
    is_forced: bool = False,
) -> list[Derived]:
    """Replays a match and publishes its maps to the lake; maps that it no longer has are withdrawn. The match starts
    with `predictor`, and its log may switch to others of `models`. Concurrent derivations of a match wait for each
    other.

    Raises `adapters.lake.partitions.LakeError`. Each map is then published as a whole or not at all.
    """
    raw.manifest_of(root, match)  # raises before a folder is created for a match that is not in the lake
    with files.locked(match.match.folder(root, QUALITY.name)), _collecting_rarely():
        sources = sources_of(root, match, predictor)
        if not is_forced and (known := _as_known(root, match, sources, models=models)):
            return known
        replay = replayed(match.match_id, raw.events(root, match), predictor, models=models)
        told = maps_told(replay)
        _withdraw_others(root, match, told)
        made_from = _of_all(sources, maps=len(told), lacking=_lacking(replay))
        return [_published(root, match, map_, made_from=made_from) for map_ in told]


def derive_many(
    root: Path,
    matches: Sequence[Partition],
    *,
    models: Path | None = CHAMPION,
    processes: int = 1,
    is_forced: bool = False,
) -> Iterator[Attempt]:
    """Derives each match and yields the results in order; a failing match does not stop others. `models` is the folder
    of `champion.json`, null for no model. With more than one process, new ones are spawned and end with the iteration.

    Raises `models.bundle.BundleError`.
    """
    now = datetime.now(UTC)
    if models is not None:
        _lineup(models, now)
    task = partial(_attempted, root, models, now=now, is_forced=is_forced)
    if processes == 1:
        yield from map(task, matches)
        return
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        done = [pool.submit(task, match) for match in matches]
        try:
            for match, future in zip(matches, done, strict=True):
                try:
                    yield future.result()
                except BrokenProcessPool:
                    yield Attempt(match=match, error=f"{match.key}: a process ended before it was derived")
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _attempted(
    root: Path, models: Path | None, match: Partition, *, now: datetime, is_forced: bool
) -> Attempt:
    lineup = None if models is None else _lineup(models, now)
    try:
        predictor = None if lineup is None else begun_with(root, match, lineup)
        return Attempt(
            match=match, maps=tuple(derive(root, match, predictor, models=lineup, is_forced=is_forced))
        )
    except FAULTS as error:
        return Attempt(match=match, error=f"{match.key}: {error}")


@lru_cache(1)
def _lineup(folder: Path, now: datetime) -> Lineup:
    """The models, loaded once per process and call."""
    return Lineup(folder, now=now)


@contextmanager
def _collecting_rarely() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(*COLLECTIONS)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def begun_with(root: Path, match: Partition, lineup: Lineup) -> Predictor:
    """The champion in force at the time of the match's first log record, as in the stream; the latest one for a match
    from files. Raises `adapters.lake.partitions.LakeError`."""
    for told in raw.records(root, match):
        event = told.event
        if not isinstance(event, DecodeError) and event.match_id == match.match_id:
            return lineup.latest() if told.published_at is None else lineup.starting(told.published_at)
    return lineup.latest()


def sources_of(root: Path, match: Partition, predictor: Predictor | None) -> dict[str, str]:
    """What a match's derived tables depend on. `RECORDS` includes duplicates, which do not change the content but are
    counted in the scorecard."""
    manifest = raw.manifest_of(root, match)
    return {
        "raw_events": manifest.content,
        RECORDS: str(manifest.rows),
        "model": NO_MODEL if predictor is None else predictor.model_hash,
        "code": code_version(),
        "features": SCHEMA_HASH,
    }


def known_maps(root: Path, match: Partition) -> list[Derived]:
    """The maps of a match as they are in the lake."""
    return [known(root, each) for each in maps_of(root, QUALITY.name, match.match)]


def _of_all(sources: Mapping[str, str], *, maps: int, lacking: str) -> dict[str, str]:
    """The sources, with the number of maps, which shows whether all of them were published, and with the models that
    the log switches to but that were missing."""
    return {**sources, "maps": str(maps), **({LACKING: lacking} if lacking else {})}


def _lacking(replay: Replay) -> str:
    facts = (fact for message in replay.messages if isinstance(message, Processed) for fact in message.facts)
    asked = {fact.detail for fact in facts if isinstance(fact, Quality) and fact.rule == MODEL_UNKNOWN}
    return " ".join(sorted(asked))


def _as_known(
    root: Path, match: Partition, sources: Mapping[str, str], *, models: Models | None
) -> list[Derived]:
    """The maps as they are in the lake, if all are there, derived from exactly these sources, and no formerly missing
    model has become available; else empty."""
    found = maps_of(root, QUALITY.name, match.match)
    made = [files.read_manifest(root, each, partition) for partition in found for each in DERIVED]
    lacking = next((manifest.made_from.get(LACKING, "") for manifest in made if manifest is not None), "")
    made_from = _of_all(sources, maps=len(found), lacking=lacking)
    if any(manifest is None or manifest.made_from != made_from for manifest in made):
        return []
    if models is not None and any(models.find(each) for each in lacking.split()):
        return []
    return [known(root, partition) for partition in found]


def _withdraw_others(root: Path, match: Partition, told: Sequence[MapReplay]) -> None:
    """Withdraws maps that the match no longer has. This happens before publishing, so that leftovers of a crash make
    the match count as changed and are removed the next time."""
    ids = {map_.card.map_id for map_ in told}
    for of in (QUALITY, *(each for each in DERIVED if each is not QUALITY), PARITY):
        for partition in maps_of(root, of.name, match.match):
            if partition.map_id not in ids:
                files.withdraw(root, of, partition)


def known(root: Path, partition: Partition) -> Derived:
    """A map as it is in the lake. Raises `LakeError`."""
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
    """(finality, revision). A final map whose facts change is `amended`, provided that it is still over."""
    if files.read_manifest(root, QUALITY, partition) is None:
        return card.finality, 0
    before = known(root, partition)
    if before.card.facts_digest == card.facts_digest:
        is_amended = before.finality == "amended"
        return ("amended" if is_amended and card.finality == "final" else card.finality), before.revision
    is_amended = card.finality == "final" and before.finality in {"final", "amended"}
    return ("amended" if is_amended else card.finality), before.revision + 1
