"""What keeps the batch path in order: old runs forgotten, failures told, the store's retention watched.

Belongs here: jobs and sensors about the batch path itself. Does not belong here: what it makes
(`orchestration.assets`).
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from adapters.clickhouse.client import query_rows
from adapters.clickhouse.tables import CS2_EVENTS_RAW
from adapters.lake import raw
from adapters.lake.partitions import of_match
from adapters.lake.tables import RAW_EVENTS
from orchestration.resources import LakeResource, StoreResource, WebhookResource

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

RUNS_KEPT_DAYS = 90
FORGOTTEN_AT_ONCE = 500
SOON = timedelta(days=7)
"""How long before the store forgets a record the lake must have it."""
MOST_NAMED = 20
EXPIRING = """
SELECT match_id, groupArray((topic, partition, offset)) AS places
FROM cs2_events_raw FINAL
WHERE received_at < {before:DateTime64(6, 'UTC')}
GROUP BY match_id ORDER BY match_id
"""


class Forgetting(dg.Config):
    """Runs that ended longer ago than this many days are forgotten with their events."""

    days: int = RUNS_KEPT_DAYS


@dg.op
def forget(context: dg.OpExecutionContext, config: Forgetting) -> int:
    """The number of runs that were forgotten."""
    ended = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    before = datetime.now(UTC) - timedelta(days=config.days)
    old = context.instance.get_run_records(
        dg.RunsFilter(statuses=ended, created_before=before), limit=FORGOTTEN_AT_ONCE
    )
    for record in old:
        context.instance.delete_run(record.dagster_run.run_id)
    context.log.info("%d runs of before %s are forgotten", len(old), before.date())
    return len(old)


@dg.job(
    executor_def=dg.in_process_executor,
    description="Forgets old runs and their events; what they made stays in the lake.",
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
    """One line for a person, one object for a machine."""
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


@dg.asset_check(
    asset=RAW_EVENTS.name,
    description="Nothing is about to expire in the store that the lake does not hold: it would be the only copy.",
)
def only_copy(lake: LakeResource, store: StoreResource) -> dg.AssetCheckResult:
    """Records that the store's retention removes within a week, against the lake."""
    if not store.is_there():
        return dg.AssetCheckResult(
            passed=True, metadata={"store": "does not answer: nothing expires meanwhile"}
        )
    days = kept_days(store)
    if not days:
        return dg.AssetCheckResult(
            passed=True, metadata={"retention": "none: the store keeps its rows for ever"}
        )
    lost = dict(missing(lake, store.client(), before=datetime.now(UTC) - timedelta(days=days) + SOON))
    named = "\n".join(
        f"- `{match_id}`: {count} records" for match_id, count in list(lost.items())[:MOST_NAMED]
    )
    return dg.AssetCheckResult(
        passed=not lost,
        metadata={
            "retention_days": days,
            "matches": len(lost),
            "records": sum(lost.values()),
            "which": dg.MetadataValue.md(named or "none"),
        },
    )


def kept_days(store: StoreResource) -> int:
    """Days that the store keeps raw records; 0 for ever."""
    default = CS2_EVENTS_RAW.ttl_days or 0
    return int(store.ttl_days.get(CS2_EVENTS_RAW.name, default))


def missing(lake: LakeResource, client: "Client", *, before: datetime) -> Iterator[tuple[str, int]]:
    """(match, records of before that moment that the lake does not hold), where there are any."""
    for row in query_rows(client, EXPIRING, {"before": before}):
        partition = of_match(lake.root, RAW_EVENTS.name, row["match_id"])
        known = raw.raw_events(lake.root, partition) if partition is not None else []
        held = {(each.topic, each.partition, each.offset) for each in known}
        absent = sum(tuple(place) not in held for place in row["places"])
        if absent:
            yield row["match_id"], absent
