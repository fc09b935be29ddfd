"""Consequences of a refuted champion: an alarm, and a rollback if the settings say so.

Belongs here: the sensors. Does not belong here: the test (`models.watch`), its figures
(`orchestration.assets.reports`), what a rollback does (`orchestration.rollback`).

A refuted champion is reported once and rolled back once per promotion, which its hash and time identify. A rollback
would not help if the previous champion was ever refuted itself, if no map new to both supports it, or if there is none:
then the alarm says so, and people decide.
"""

import json
import logging

import dagster as dg

from orchestration.assets.reports import CAN_GO_BACK, MODEL_HASH, REFUTED, SAYS, SINCE
from orchestration.jobs import champion_watching, map_chain
from orchestration.resources import WebhookResource
from orchestration.rollback import Rollback, rollback_champion

LOGGER = logging.getLogger("midround.batch")
WATCH = dg.AssetKey("champion_watch")
INTERVAL_S = 30


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[map_chain],
    request_job=champion_watching,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="After each map's chain the champion is asked for again.",
)
def watch_due(context: dg.RunStatusSensorContext) -> dg.RunRequest:
    """Requests one watch run per run of a chain, however many maps that had."""
    return dg.RunRequest(run_key=f"watch-{context.dagster_run.run_id}")


def champion_refuted(*, rolls_back: bool) -> dg.SensorDefinition:
    """The sensor that raises the alarm and, if `rolls_back`, requests the rollback."""

    @dg.sensor(
        job=rollback_champion,
        name="champion_refuted",
        minimum_interval_seconds=INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells the log, and the webhook of the settings where there is one, of a champion that the live "
        "maps refute; rolls it back where the settings say so.",
    )
    def refuted(
        context: dg.SensorEvaluationContext, webhook: WebhookResource
    ) -> dg.SensorResult | dg.SkipReason:
        event = context.instance.get_latest_materialization_event(WATCH)
        report = None if event is None else event.asset_materialization
        if report is None or SINCE not in report.metadata:  # never watched, or only by an earlier version
            return dg.SkipReason("the champion was not watched yet")
        metadata = report.metadata
        found, since, says = (str(metadata[name].value) for name in (MODEL_HASH, SINCE, SAYS))
        if not metadata[REFUTED].value:
            return dg.SkipReason(says)
        reign = f"{found}@{since}"
        if context.cursor == reign:
            return dg.SkipReason(f"told before: {says}")
        can_go_back = bool(metadata[CAN_GO_BACK].value)
        is_going = rolls_back and can_go_back
        _tell(webhook, found, says=says, follows=_follows(is_going=is_going, can_go_back=can_go_back))
        requests = [_rollback(found, says, reign=reign)] if is_going else []
        return dg.SensorResult(cursor=reign, run_requests=requests)

    return refuted


def _follows(*, is_going: bool, can_go_back: bool) -> str:
    if is_going:
        return "rollback asked for"
    return "decide: midround models rollback" if can_go_back else "none before that holds: decide"


def _tell(webhook: WebhookResource, model_hash: str, *, says: str, follows: str) -> None:
    """Reports the alarm to the log for people, and to the webhook for machines."""
    told = {"event": "champion_refuted", "model_hash": model_hash, "message": says, "follows": follows}
    LOGGER.error("%s", json.dumps(told))
    webhook.tell(told)


def _rollback(model_hash: str, says: str, *, reign: str) -> dg.RunRequest:
    config = dg.RunConfig(ops={"roll_back": Rollback(why=f"refuted on air: {says}", refuted=model_hash)})
    return dg.RunRequest(run_key=f"refuted-{reign}", run_config=config)
