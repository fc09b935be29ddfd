"""Maintenance of the batch path: deleting old runs, reporting failures, applying and checking the store's retention.

Belongs here: jobs, sensors and checks about the batch path itself. Does not belong here: what it makes
(`orchestration.assets`).
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

import dagster as dg

from adapters.lake.partitions import partitions
from adapters.lake.tables import QUALITY, RAW_EVENTS
from orchestration.amending import SILENT
from orchestration.checks import MOST_NAMED
from orchestration.freshness import BOUND, overdue
from orchestration.learning import twins_among
from orchestration.partitions import MAPS
from orchestration.queueing import ALONE, WHY
from orchestration.resources import LakeResource, StoreResource, WebhookResource
from orchestration.retention import Day, compared, forgotten, kept_days, over

RUNS_KEPT_DAYS = 90
FORGOTTEN_AT_ONCE = 500
KEPT = frozenset({"dagster/partition", "dagster/asset_partition_range_start", WHY})
"""Tags of runs that are kept: those of maps, which would look as if never made, and
retrainings requested by a sensor."""
SOON = timedelta(days=7)
"""The lake must have a record this long before the store deletes it."""


class Forgetting(dg.Config):
    """Runs that were created longer ago than this many days are deleted with their events, except those of maps and
    retrainings requested by a sensor."""

    days: int = RUNS_KEPT_DAYS


@dg.op
def forget(context: dg.OpExecutionContext, config: Forgetting) -> int:
    """Deletes old runs; returns how many."""
    before = datetime.now(UTC) - timedelta(days=config.days)
    old = list(islice(_forgettable(context.instance, before), FORGOTTEN_AT_ONCE))
    for run_id in old:
        context.instance.delete_run(run_id)
    context.log.info("%d runs of before %s are forgotten", len(old), before.date())
    return len(old)


def _forgettable(instance: dg.DagsterInstance, before: datetime) -> Iterator[str]:
    """Ids of ended runs that may be deleted. Runs of maps may not: Dagster knows only by
    their events what they made."""
    ended = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    old, cursor = dg.RunsFilter(statuses=ended, created_before=before), None
    while records := instance.get_run_records(old, limit=FORGOTTEN_AT_ONCE, cursor=cursor):
        cursor = records[-1].dagster_run.run_id
        yield from (
            record.dagster_run.run_id for record in records if KEPT.isdisjoint(record.dagster_run.tags)
        )


@dg.job(
    executor_def=dg.in_process_executor,
    description="Forgets old runs and their events, but for those of maps; what they made stays in the lake.",
)
def forget_old_runs() -> None:
    forget()


forget_nightly = dg.ScheduleDefinition(
    job=forget_old_runs, cron_schedule="45 4 * * *", default_status=dg.DefaultScheduleStatus.RUNNING
)


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    monitor_all_code_locations=True,
    description="Tells the log, and the webhook of the settings where there is one, of every failed run.",
)
def failed_runs(context: dg.RunFailureSensorContext, webhook: WebhookResource) -> None:
    """Reports the failure to the log for people, and to the webhook for machines."""
    run = context.dagster_run
    told = {
        "event": "run_failed",
        "job": run.job_name,
        "run_id": run.run_id,
        "partition": run.tags.get("dagster/partition"),
        "message": context.failure_event.message,
    }
    context.log.error("%s", json.dumps(told))
    webhook.tell(told)


@dg.op
def forget_records(context: dg.OpExecutionContext, lake: LakeResource, store: StoreResource) -> int:
    """The number of raw records deleted from the store. Raises if a day had to be kept, after all others are done."""
    days = kept_days(store.ttl_days)
    if not days or not store.is_there():
        context.log.info("nothing is forgotten: the store %s", "does not answer" if days else "keeps all")
        return 0
    found = list(forgotten(store.client(), lake.root, before=over(datetime.now(UTC), days)))
    refused = [day for day in found if day.lacking]
    done = sum(day.records for day in found if not day.lacking)
    context.log.info("%d records of %d days are forgotten", done, len(found) - len(refused))
    if refused:
        raise dg.Failure(f"the lake does not hold, so the store keeps:\n{_named(refused)}")
    return done


@dg.job(
    executor_def=dg.in_process_executor,
    tags={ALONE: "retention"},
    description="The store forgets days of raw events that are older than the settings keep them, once the lake holds "
    "every record of the day, by content.",
)
def forget_raw_events() -> None:
    forget_records()


forget_raw_nightly = dg.ScheduleDefinition(
    job=forget_raw_events, cron_schedule="15 5 * * *", default_status=dg.DefaultScheduleStatus.RUNNING
)


@dg.asset_check(
    asset=RAW_EVENTS.name,
    description="Nothing is about to expire in the store that the lake does not hold: it would be the only copy.",
)
def only_copy(lake: LakeResource, store: StoreResource) -> dg.AssetCheckResult:
    """Checks the days that the store may delete within a week against the lake."""
    days = kept_days(store.ttl_days)
    if not days:
        return dg.AssetCheckResult(
            passed=True, metadata={"retention": "none: the store keeps its rows for ever"}
        )
    if not store.is_there():
        return _unknown()
    soon = over(datetime.now(UTC), days) + SOON
    lacking = [day for day in compared(store.client(), lake.root, before=soon) if day.lacking]
    return dg.AssetCheckResult(
        passed=not lacking,
        metadata={
            "retention_days": days,
            "days": len(lacking),
            "records": sum(sum(day.lacking.values()) for day in lacking),
            "which": dg.MetadataValue.md(_named(lacking) or "none"),
        },
    )


@dg.asset_check(
    asset=QUALITY.name,
    description="Every map that was decided on air is in the lake as the log has it, "
    f"{BOUND.seconds // 60} minutes after its match's last record; every other that was told, so long after a silence "
    f"of {SILENT.seconds // 60}; of every match that was received something was told.",
)
def fresh(
    context: dg.AssetCheckExecutionContext, lake: LakeResource, store: StoreResource
) -> dg.AssetCheckResult:
    """Checks each map of the last day against its bound, and whether every older known map was made."""
    if not store.is_there():
        return _unknown()
    known = context.instance.get_dynamic_partitions(MAPS.name or "")
    late = list(overdue(store.client(), lake.root, known=known, now=datetime.now(UTC)))
    named = "\n".join(f"- `{key}`: {why}" for key, why in late[:MOST_NAMED])
    return dg.AssetCheckResult(
        passed=not late,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"overdue": len(late), "which": dg.MetadataValue.md(named or "none")},
    )


@dg.asset_check(
    asset=QUALITY.name,
    description="No map is in the lake in several matches, as where a file was imported alone and in its series.",
)
def played_once(lake: LakeResource) -> dg.AssetCheckResult:
    """Compares every map with all others. Models count a duplicate map once; marts count every copy."""
    twins = list(twins_among(lake.root, partitions(lake.root, QUALITY.name)))
    named = "\n".join("- " + ", ".join(f"`{each.key}`" for each in group) for group in twins[:MOST_NAMED])
    return dg.AssetCheckResult(
        passed=not twins,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"maps": len(twins), "which": dg.MetadataValue.md(named or "none")},
    )


def _unknown() -> dg.AssetCheckResult:
    """The result of a check without a store to ask: a warning that nothing is known."""
    return dg.AssetCheckResult(
        passed=False,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"store": "does not answer: nothing is known"},
    )


def _named(days: Sequence[Day]) -> str:
    """Days with their matches, limited to the first of each."""
    return "\n".join(f"- {day.day}: {', '.join(_lacking(day))}" for day in days[:MOST_NAMED])


def _lacking(day: Day) -> list[str]:
    return [f"{match_id} ({records} records)" for match_id, records in day.lacking.items()][:MOST_NAMED]
