"""Sensors: they request runs when something happens.

Belongs here: detection, and requests for runs. Does not belong here: what the runs do.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from msgspec import Struct
from msgspec.structs import replace

from adapters.lake.files import read, read_manifest
from adapters.lake.partitions import MANIFEST, LakeError, Partition, partition_of, published
from adapters.lake.tables import RAW_EVENTS
from models.contest import LEAST_LATER
from orchestration.amending import SILENT
from orchestration.assets.reports import ALARM, MODEL_HASH, UNSEEN, UNSEEN_MATCHES
from orchestration.freshness import LOOKED_AT, OLDER, unmade, unsettled
from orchestration.jobs import map_chain, retraining
from orchestration.on_air import EVER, WHOLE_EVERY, Look, Touched, behind, decided, look_of, told, touched
from orchestration.partitions import MAPS, by_match
from orchestration.queueing import WHY
from orchestration.registering import FOR
from orchestration.resources import LakeResource, StoreResource
from orchestration.selection import ALL, NEW

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

LOGGER = logging.getLogger("midround.batch")
INTERVAL_S = 10
QUIET = timedelta(seconds=60)
"""A match silent for this long is over or between two maps; new records since the chains of
its maps are then gathered."""
GROWTH = 1.5
"""Growth of the number of new maps before a retraining for the same reason is requested again. Each retraining tests
the candidate at the same level, so one per night would pass eventually by chance."""
DRIFT, MORE = "drift", "new maps"
UNSEEN_THEN, REPORT = "midround/unseen", "midround/report"
"""Tags of a retraining besides `WHY` and `FOR` (the champion that the maps were new to): the number of new maps, and
the run whose report led to the request."""
BROKEN = frozenset({dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED})
LOOKED_THROUGH = 50
"""Number of the newest runs of a reason that are searched for one that did not fail."""


@dg.sensor(job=map_chain, minimum_interval_seconds=INTERVAL_S, default_status=dg.DefaultSensorStatus.RUNNING)
def decided_maps(
    context: dg.SensorEvaluationContext, lake: LakeResource, store: StoreResource
) -> dg.SensorResult | dg.SkipReason:
    """Registers maps as partitions and requests runs of their chains.

    A map that was decided on air gets its partition and a run at once; one that was not gets them when its match is
    silent. The chain runs again when the match is quiet and the log has more of it (late events, an amendment), when
    the chain did not complete, and when an amendment had to wait. Maps imported from files get partitions without runs,
    since a season is rebuilt by a backfill rather than by a thousand runs. Once made, they are made again when files
    add to their match.
    """
    known = set(context.instance.get_dynamic_partitions(MAPS.name or ""))
    look, seen, now = look_of(context.cursor), Seen(), datetime.now(UTC)
    if store.is_there():
        look, seen = looked(store.client(), lake.root, look, known=known, now=now)
    since, is_mapless_due = look.imports_since(), look.is_mapless_due(now)
    found = imported_maps(lake.root, known, since=since, is_mapless_due=is_mapless_due)
    is_deaf = store.is_expected and not store.is_there()
    outgrown = {} if is_deaf else outgrown_maps(lake.root, known, EVER if is_mapless_due else since, now=now)
    look, imported = look.after_imports(now), [each.key for each in found if each.key not in seen.fresh]
    requests = [
        dg.RunRequest(partition_key=key) for key in seen.fresh
    ]  # also of a partition that was deleted
    requests += [
        dg.RunRequest(run_key=f"{key}@{mark}", partition_key=key) for key, mark in seen.again.items()
    ]
    requests += [
        dg.RunRequest(run_key=f"{key}@{mark}", partition_key=key)
        for key, mark in outgrown.items()
        if key not in {*seen.fresh, *seen.again}
    ]
    added = [*seen.fresh, *imported]
    if not added and not requests:
        context.update_cursor(look.cursor())
        return dg.SkipReason("no map was decided or imported since, none has grown")
    return dg.SensorResult(
        dynamic_partitions_requests=[MAPS.build_add_request(added)] if added else [],
        run_requests=requests,
        cursor=look.cursor(),
    )


class Seen(Struct, frozen=True, kw_only=True):
    """The result of a scan: keys of new maps, and keys of known maps whose chain is due again, each with a mark for its
    run key, so that the same run is requested once."""

    fresh: tuple[str, ...] = ()
    again: Mapping[str, str] = {}


def looked(
    client: "Client", root: Path, look: Look, *, known: Collection[str], now: datetime
) -> tuple[Look, Seen]:
    """Scans the store; returns the next cursor and what was found."""
    found = touched(client, look.since(now))
    silent = _quiet(found, now, SILENT)
    maps = {*decided(client, root, [each.match_id for each in found]), *told(client, root, sorted(silent))}
    fresh = tuple(each.key for each in sorted(maps) if each.key not in known)
    of_match = by_match(known)
    quiet = _quiet((each for each in found if each.match_id in of_match), now, QUIET)
    grown = {
        each.key: f"{quiet[match_id].isoformat()}+{_doublings(now - quiet[match_id])}"
        for match_id in behind(client, root, sorted(quiet))
        for each in of_match[match_id]
    }
    left = {
        each.key: mark
        for match_id, last_at in silent.items()
        for each in of_match.get(match_id, ())
        if (mark := _left(root, each, silence=now - last_at, is_told=each in maps))
    }
    return look.after(found, now), Seen(fresh=fresh, again=left | grown)


def _doublings(silence: timedelta) -> int:
    """The number of doublings of the hours of silence. With each one, a run without success is requested again."""
    return (silence // WHOLE_EVERY).bit_length()


def _left(root: Path, partition: Partition, *, silence: timedelta, is_told: bool) -> str:
    """The mark of a run for a map of a silent match of which the lake has all records; empty if none is due. A chain
    that did not complete is due with each doubling of the silence, since the cause may have passed; but only once if
    the stream published nothing of the map, which may then not belong to the match. If the stream was behind or the
    match had not ended, a run is due with each doubling on the match's own day. If the lake cannot be read, no run is
    due, since it would not help."""
    try:
        raw = read_manifest(root, RAW_EVENTS, partition.match)
        if raw is None:
            return ""
        if unmade(root, partition):
            return f"{raw.content}/unmade+{_doublings(silence) if is_told else 0}"
        is_due = silence < LOOKED_AT and unsettled(root, partition)
        return f"{raw.content}+{_doublings(silence)}" if is_due else ""
    except LakeError as error:
        LOGGER.warning("not asked for again: %s", error)
        return ""


def _quiet(found: Iterable[Touched], now: datetime, bound: timedelta) -> dict[str, datetime]:
    """The time of the last record of each match that has been quiet for at least `bound`."""
    return {each.match_id: each.last_at for each in found if now - each.last_at >= bound}


def imported_maps(
    root: Path, known: Iterable[str], *, since: datetime = EVER, is_mapless_due: bool = False
) -> list[Partition]:
    """Maps whose events came into the lake from files and that are not known yet: of matches that were extended since
    then, and with `is_mapless_due` of all matches without a known map. A match that cannot be read is logged, and does
    not affect others."""
    keys = set(known)
    mapped = {key.rsplit(":", 1)[0] for key in keys}
    found = (
        each
        for match in _received(root)
        if _written_at(root, match) >= since.timestamp() or (is_mapless_due and match.key not in mapped)
        for each in _of_files(root, match)
    )
    return sorted(each for each in found if each.key not in keys)


def outgrown_maps(root: Path, known: Iterable[str], since: datetime, *, now: datetime) -> dict[str, str]:
    """Known maps whose chain is older than what came into the lake from files since then, each with a mark for its run.
    The mark changes with each doubling of the time since, as the cause of a failure may have passed."""
    of_match, found = by_match(known), dict[str, str]()
    for match in _received(root):
        written_at = _written_at(root, match)
        if match.match_id in of_match and written_at >= since.timestamp():
            times = _doublings(timedelta(seconds=max(0.0, now.timestamp() - written_at)))
            older = {each: of for each in of_match[match.match_id] if (of := _outgrown(root, each))}
            own = _of_files(root, match) if older else []
            found |= {each.key: f"{older[each]}/outgrown+{times}" for each in own if each in older}
    return found


def _outgrown(root: Path, partition: Partition) -> str:
    """The content digest of the raw events, if the map was made from other ones; else empty."""
    try:
        raw = read_manifest(root, RAW_EVENTS, partition.match)
        return raw.content if raw is not None and unmade(root, partition) == OLDER else ""
    except LakeError as error:
        LOGGER.warning("not asked for again: %s", error)
        return ""


def _of_files(root: Path, match: Partition) -> list[Partition]:
    try:
        rows = read(root, RAW_EVENTS, match, columns=("map_id", "file"))
    except LakeError as error:
        LOGGER.warning("a match has no partitions: %s", error)
        return []
    pairs = zip(rows.column("map_id").to_pylist(), rows.column("file").to_pylist(), strict=True)
    maps = {map_id for map_id, file in pairs if map_id is not None and file is not None}
    return [replace(match, map_id=map_id) for map_id in maps]


def _received(root: Path) -> Iterator[Partition]:
    for folder in published(root, RAW_EVENTS.name):
        try:
            yield partition_of(folder)
        except LakeError as error:
            LOGGER.warning("a match has no partitions: %s", error)


def _written_at(root: Path, match: Partition) -> float:
    return (match.folder(root, RAW_EVENTS.name) / MANIFEST).stat().st_mtime


class Reported(Struct, frozen=True, kw_only=True):
    """The drift report's figures: the number of maps new to the champion, that of their
    matches, and whether it alarms."""

    unseen: int
    matches: int
    is_alarm: bool


class Asked(Struct, frozen=True, kw_only=True):
    """The number of maps new to this champion at the last retraining under it, by the reason of the request."""

    drift: int = 0
    more: int = 0


def due(reported: Reported, asked: Asked, *, after_maps: int) -> str | None:
    """The reason for a retraining if one is due; drift takes precedence over more maps."""
    are_enough = reported.matches >= LEAST_LATER
    if reported.is_alarm and are_enough and reported.unseen >= GROWTH * asked.drift:
        return DRIFT
    return MORE if reported.unseen >= max(after_maps, GROWTH * asked.more) else None


def retraining_due(after_maps: int) -> dg.SensorDefinition:
    """The sensor that requests a retraining when at least `after_maps` maps are new to the champion, or on a drift
    alarm; for the same reason again once there are half as many new maps more (`GROWTH`)."""

    @dg.sensor(
        job=retraining,
        name="retraining_due",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Drift starts a retraining on the maps since, enough new maps one on all; gates decide.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        event = context.instance.get_latest_materialization_event(dg.AssetKey("drift_report"))
        report = None if event is None else event.asset_materialization
        if event is None or report is None or MODEL_HASH not in report.metadata:
            return dg.SkipReason("no drift report yet")
        reported, champion = _reported(report.metadata), str(report.metadata[MODEL_HASH].value)
        asked = asked_before(context.instance, event.run_id, champion)
        why = due(reported, asked, after_maps=after_maps)
        if why is None:
            return dg.SkipReason(_wanting(reported, asked, after_maps=after_maps))
        return dg.RunRequest(
            run_key=f"{why} {event.run_id}",
            run_config=_learned_from(NEW if why == DRIFT else ALL),
            tags={WHY: why, FOR: champion, UNSEEN_THEN: str(reported.unseen), REPORT: event.run_id},
        )

    return sensor


def asked_before(instance: dg.DagsterInstance, report: str, champion: str) -> Asked:
    """The requests before this report under the champion with this hash, according to the runs; for another champion
    other maps were new. A failed run tested nothing, so the next report may request it again; one report requests once
    for each reason."""

    def unseen(why: str) -> int:
        runs = instance.get_runs(
            dg.RunsFilter(job_name=retraining.name, tags={WHY: why}), limit=LOOKED_THROUGH
        )
        own = (run for run in runs if run.tags.get(FOR, champion) == champion)  # older runs lack the tag
        counted = (run for run in own if run.status not in BROKEN or run.tags.get(REPORT) == report)
        return next((int(run.tags.get(UNSEEN_THEN, 0)) for run in counted), 0)

    return Asked(drift=unseen(DRIFT), more=unseen(MORE))


def _reported(metadata: Mapping[str, dg.MetadataValue[Any]]) -> Reported:
    unseen, matches = (int(str(metadata[name].value)) for name in (UNSEEN, UNSEEN_MATCHES))
    return Reported(unseen=unseen, matches=matches, is_alarm=bool(metadata[ALARM].value))


def _wanting(reported: Reported, asked: Asked, *, after_maps: int) -> str:
    unseen, matches = reported.unseen, reported.matches
    drift = (
        f"drift, but {unseen} of {max(LEAST_LATER, ceil(GROWTH * asked.drift))} new maps, of {matches} of "
        f"{LEAST_LATER} matches"
    )
    more = f"{unseen} of {max(after_maps, ceil(GROWTH * asked.more))} new maps"
    return f"{more}, {drift if reported.is_alarm else 'no drift'}"


def _learned_from(maps: str) -> dict[str, object]:
    """The run config. After a drift, training uses only the new maps: old ones would teach the old game again."""
    return {"ops": {"training_rows": {"config": {"maps": maps}}}}
