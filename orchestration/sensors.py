"""Sensors: what starts by itself when something happened.

Belongs here: finding out, and asking for runs. Does not belong here: what the runs do.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from adapters.clickhouse.client import query_rows
from adapters.lake.partitions import Partition, partitions
from adapters.lake.tables import RAW_EVENTS
from adapters.lake.views import open_lake
from orchestration.assets.reports import ALARM, UNSEEN
from orchestration.jobs import map_chain, retraining
from orchestration.partitions import MAPS
from orchestration.resources import LakeResource, StoreResource

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

DECIDED = """
SELECT match_id, map_id, toString(toDate(min(day) OVER (PARTITION BY match_id))) AS date
FROM (
    SELECT match_id, map_id, argMin(ts_event, seq) AS day,
        countIf(facts LIKE '%"fact":"map_decided"%') AS decided
    FROM game_events FINAL
    WHERE is_retracted = 0
    GROUP BY match_id, map_id
)
QUALIFY decided > 0 AND map_id IS NOT NULL
"""
INTERVAL_S = 10


@dg.sensor(job=map_chain, minimum_interval_seconds=INTERVAL_S, default_status=dg.DefaultSensorStatus.RUNNING)
def decided_maps(
    context: dg.SensorEvaluationContext, lake: LakeResource, store: StoreResource
) -> dg.SensorResult | dg.SkipReason:
    """A map that was decided on air gets its partition, and its chain is run at once. Maps that were imported from
    files get theirs without a run: a season is rebuilt by a backfill, not by a thousand runs."""
    known = set(context.instance.get_dynamic_partitions(MAPS.name or ""))
    decided = [each for each in _decided(store) if each.key not in known]
    imported = [each for each in imported_maps(lake.root, known) if each not in decided]
    if not decided and not imported:
        return dg.SkipReason("no map was decided or imported since")
    return dg.SensorResult(
        dynamic_partitions_requests=[MAPS.build_add_request([each.key for each in (*decided, *imported)])],
        run_requests=[dg.RunRequest(run_key=each.key, partition_key=each.key) for each in decided],
    )


def decided_on_air(client: "Client") -> list[Partition]:
    """The maps that the stream saw decided, with the day of their match's first event."""
    rows = query_rows(client, DECIDED)
    found = (Partition(date=row["date"], match_id=row["match_id"], map_id=row["map_id"]) for row in rows)
    return sorted(found)


def imported_maps(root: Path, known: Iterable[str]) -> list[Partition]:
    """Maps whose events came into the lake from files and that are not known yet."""
    fresh = _matches_without(root, set(known))
    if not fresh:
        return []
    lake = open_lake(root, tables=[RAW_EVENTS.name])
    ids = [each.match_id for each in fresh]
    rows = lake.execute(
        "SELECT date::VARCHAR, match_id, map_id FROM raw_events "
        "WHERE match_id IN (SELECT unnest(?)) AND file IS NOT NULL AND map_id IS NOT NULL GROUP BY ALL",
        [ids],
    ).fetchall()
    return sorted(Partition(date=date, match_id=match_id, map_id=map_id) for date, match_id, map_id in rows)


def _matches_without(root: Path, known: set[str]) -> list[Partition]:
    prefixes = {key.rsplit(":", 1)[0] for key in known}
    return [each for each in partitions(root, RAW_EVENTS.name) if each.key not in prefixes]


def _decided(store: StoreResource) -> list[Partition]:
    return decided_on_air(store.client()) if store.is_there() else []


def retraining_due(after_maps: int) -> dg.SensorDefinition:
    """The sensor that starts retraining from `after_maps` maps on that are new to the champion, and at an alarm of
    drift; once for each report."""

    @dg.sensor(
        job=retraining,
        name="retraining_due",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Drift, or enough new maps, start retraining; gates decide what comes of it.",
    )
    def due(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        event = context.instance.get_latest_materialization_event(dg.AssetKey("drift_report"))
        report = None if event is None else event.asset_materialization
        if event is None or report is None:
            return dg.SkipReason("no drift report yet")
        unseen, is_alarm = report.metadata[UNSEEN].value, report.metadata[ALARM].value
        if not is_alarm and int(str(unseen)) < after_maps:
            return dg.SkipReason(f"{unseen} of {after_maps} new maps, no drift")
        return dg.RunRequest(
            run_key=f"drift-report-{event.run_id}", tags={"midround/why": _why(is_alarm=bool(is_alarm))}
        )

    return due


def _why(*, is_alarm: bool) -> str:
    return "drift" if is_alarm else "new maps"
