"""Registers the champion on air, so that `models:/midround-round@champion` can be loaded from the first start on.

Belongs here: the job, and the sensor that requests it whenever the champion changes. Does not belong here: MLflow
(`models.registry`), promoting (`models.promotion`).

The shipped champion and ones promoted by hand are registered only here; for a retraining's own, only the aliases are
updated. Nothing else registers a champion on air, so no bundle is registered twice.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

from models import registry
from models.bundle import BundleError
from models.following import follow
from models.registry_record import record_of_bundle
from orchestration.queueing import ALONE
from orchestration.resources import ModelsResource, TrackingResource

INTERVAL_S = 30
FOR, SINCE = "midround/champion", "midround/since"
"""Tags of a run: the hash of the champion that it was requested for (also on retrainings),
and since when that is on air."""
AGAIN = timedelta(minutes=10)
"""Delay after a failed run before the next one is requested."""
FAILED = frozenset({dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED})


@dg.op
def register_champion(
    context: dg.OpExecutionContext, models: ModelsResource, tracking: TrackingResource
) -> None:
    """Registers the champion if needed and updates the aliases; fails if the champion's alias cannot be updated. A
    bundle without a card cannot be registered: then no alias names a champion."""
    folder, store = models.champion_folder(), tracking.store()
    is_registered = _is_registered(context, folder, store)
    problems = follow(store, models.pointer, models.challenger)
    if problems.champion and (is_registered or registry.CHAMPION in registry.aliases(store)):
        raise dg.Failure(f"the registry does not follow: {problems}")
    if problems.champion:
        context.log.warning("the registry has no champion: %s", problems.champion)
    if problems.challenger:
        context.log.warning("the alias of the challenger does not follow: %s", problems.challenger)


def _is_registered(context: dg.OpExecutionContext, folder: Path, store: registry.Store) -> bool:
    try:
        version = registry.register(store, record_of_bundle(folder))
    except BundleError as error:
        context.log.warning("not registered: %s", error)
        return False
    context.log.info("%s is %s %d", folder.name, registry.ROUND_MODEL, version.round_version)
    return True


@dg.job(
    executor_def=dg.in_process_executor,
    tags={ALONE: "registry"},
    description="The champion on air registered in MLflow, and the aliases as the files say; twice changes nothing.",
)
def champion_registering() -> None:
    register_champion()


@dg.sensor(
    job=champion_registering,
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for the registry to follow at the first start, whenever another bundle is champion, and again "
    "some time after a run failed.",
)
def registering_due(
    context: dg.SensorEvaluationContext, models: ModelsResource
) -> dg.RunRequest | dg.SkipReason:
    """Requests one run for each change of the champion, and further ones until one succeeds."""
    try:
        champion = models.pointer()
    except BundleError as error:
        return dg.SkipReason(str(error))
    tags = {FOR: champion.hash, SINCE: champion.since.isoformat() if champion.since else ""}
    asked = context.instance.get_run_records(
        dg.RunsFilter(job_name=champion_registering.name, tags=tags), limit=1
    )
    if asked and not _is_to_be_repeated(asked[0]):
        return dg.SkipReason(f"{champion.bundle} was asked for")
    return dg.RunRequest(tags=tags)


def _is_to_be_repeated(run: dg.RunRecord) -> bool:
    return run.dagster_run.status in FAILED and datetime.now(UTC) - run.update_timestamp >= AGAIN
