"""Jobs: selections of assets that run together.

Belongs here: selections and how they run. Does not belong here: when (`orchestration.schedules`, `sensors`).
"""

import dagster as dg

from adapters.lake.tables import DERIVED, QUALITY, RAW_EVENTS
from orchestration.queueing import AHEAD, ALONE

WATCHING = dg.AssetSelection.checks(
    dg.AssetCheckKey(dg.AssetKey(RAW_EVENTS.name), "only_copy"),
    dg.AssetCheckKey(dg.AssetKey(QUALITY.name), "fresh"),
    dg.AssetCheckKey(dg.AssetKey(QUALITY.name), "played_once"),
)
"""Checks that compare store and lake as a whole, and are not part of any map's chain."""

map_chain = dg.define_asset_job(
    "map_chain",
    selection=dg.AssetSelection.assets(
        RAW_EVENTS.name, *(each.name for each in DERIVED), "parity_report", "amendments", "published_quality"
    )
    - WATCHING,
    executor_def=dg.in_process_executor,
    tags={"dagster/priority": AHEAD},
    description="A map from the log to its scorecard and parity, amended where it must be; in one process, ahead of "
    "all that waits in the queue with it.",
)

champion_watching = dg.define_asset_job(
    "champion_watching",
    selection=dg.AssetSelection.assets("champion_watch"),
    executor_def=dg.in_process_executor,
    description="Whether what was played since refutes the champion.",
)

retraining = dg.define_asset_job(
    "retraining",
    selection=dg.AssetSelection.groups("training"),
    executor_def=dg.in_process_executor,
    tags={ALONE: "training"},
    description="From the decided maps of the lake to a judged candidate, on air where every gate lets it pass.",
)

hourly = dg.define_asset_job(
    "hourly",
    selection=WATCHING,
    executor_def=dg.in_process_executor,
    description="Whether all that was decided came to the lake in time, and nothing expires that it does not hold.",
)

nightly = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.groups("marts", "staging")
    | dg.AssetSelection.assets("drift_report", "calibration_report"),
    executor_def=dg.in_process_executor,
    description="The season's statistics with their tests, in the store too; what drifted, how the champion holds.",
)
