"""The champion on air in the registry too: what `models:/midround-round@champion` loads from the first start on.

Belongs here: the job, and the sensor that asks for it whenever another bundle is champion. Does not belong here: MLflow
(`models.registry`), promoting (`models.promotion`).

The one that ships, and one that was promoted by hand, come to the registry in this way alone; of a retraining's own the
aliases follow. Nobody else registers what is on air already: no bundle is there twice.
"""

import dagster as dg

from models import registry
from models.bundle import BundleError, read_manifest
from models.registry_record import record_of_bundle
from orchestration.queueing import ALONE
from orchestration.resources import ModelsResource, TrackingResource

INTERVAL_S = 30
SHIPPED = ("midround", "shipped")
"""Who put the champion on air that nobody promoted, and why."""


@dg.op
def register_champion(
    context: dg.OpExecutionContext, models: ModelsResource, tracking: TrackingResource
) -> None:
    """Registers the champion where it is not, and has the aliases follow. A bundle without its card cannot be
    registered: then no alias names a champion."""
    folder, champion = models.champion_folder(), models.pointer()
    try:
        version = registry.register(tracking.store(), record_of_bundle(folder))
        context.log.info("%s is %s %d", folder.name, registry.ROUND_MODEL, version.round_version)
    except BundleError as error:
        context.log.warning("not registered: %s", error)
    who, why = (champion.who, champion.why) if champion.since else SHIPPED
    problem = registry.follow(tracking.store(), read_manifest(folder).model_hash, who=who, why=why)
    if problem:
        context.log.warning("the registry does not follow: %s", problem)


@dg.job(
    executor_def=dg.in_process_executor,
    tags={ALONE: "registry"},
    description="The champion on air registered in MLflow, and its alias; twice changes nothing.",
)
def champion_registering() -> None:
    register_champion()


@dg.sensor(
    job=champion_registering,
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for the registry to follow at the first start and whenever another bundle is champion.",
)
def registering_due(
    context: dg.SensorEvaluationContext, models: ModelsResource
) -> dg.SensorResult | dg.SkipReason:
    """One run for each change of the champion."""
    try:
        champion = models.pointer()
    except BundleError as error:
        return dg.SkipReason(str(error))
    if context.cursor == champion.hash:
        return dg.SkipReason(f"{champion.bundle} was asked for")
    return dg.SensorResult(run_requests=[dg.RunRequest()], cursor=champion.hash)
