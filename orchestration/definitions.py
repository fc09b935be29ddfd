"""Dagster's code location: the definitions that webserver and daemon load.

Belongs here: the list of definitions, configured by this machine's settings. Does not belong here: their bodies.
"""

import os

import dagster as dg

from adapters.configuration import load
from adapters.settings import Dagster, Settings
from orchestration.assets import maps, marts, reports, training
from orchestration.importing import import_recordings
from orchestration.jobs import champion_watching, hourly, map_chain, nightly, retraining
from orchestration.refutation import champion_refuted, watch_due
from orchestration.registering import champion_registering, registering_due
from orchestration.resources import (
    LOOPBACK,
    BrokerResource,
    CatalogResource,
    LakeResource,
    ModelsResource,
    StoreResource,
    TrackingResource,
    WebhookResource,
)
from orchestration.rollback import rollback_champion
from orchestration.schedules import every_hour, every_night
from orchestration.sensors import decided_maps, retraining_due
from orchestration.upkeep import (
    failed_runs,
    forget_nightly,
    forget_old_runs,
    forget_raw_events,
    forget_raw_nightly,
    fresh,
    only_copy,
    played_once,
)
from orchestration.values import RunValues

ASSETS = (
    maps.chain,
    training.training_rows,
    training.contest,
    training.fit,
    training.evaluation,
    training.champion,
    reports.drift_report,
    reports.calibration_report,
    reports.champion_watch,
)
"""All assets except the marts, whose location depends on the settings."""


def definitions(settings: Settings) -> dg.Definitions:
    """All definitions for these settings."""
    home = settings.home.resolve()
    return dg.Definitions(
        assets=[*ASSETS, *marts.assets(home / "marts" / "marts.duckdb")],
        asset_checks=[only_copy, fresh, played_once],
        jobs=[
            *(map_chain, hourly, nightly, champion_watching, retraining),
            *(import_recordings, champion_registering, rollback_champion),
            *(forget_old_runs, forget_raw_events),
        ],
        schedules=[every_hour, every_night, forget_nightly, forget_raw_nightly],
        sensors=sensors(settings.dagster),
        executor=dg.in_process_executor,
        resources={
            "lake": LakeResource(path=str(settings.lake_path.resolve())),
            "store": StoreResource(
                url=settings.clickhouse.url or f"http://{LOOPBACK}:{settings.clickhouse.port}/midround",
                options=dict(settings.clickhouse.options),
                ttl_days=dict(settings.clickhouse.ttl_days),
                embedded="" if settings.clickhouse.url else str(settings.store_path.resolve()),
            ),
            "broker": BrokerResource.of(settings),
            "catalog": CatalogResource(url=settings.catalog.url or f"sqlite:///{home / 'catalog.sqlite'}"),
            "dbt": marts.resource(),
            "tracking": TrackingResource.of(settings),
            "io_manager": RunValues(folder=str(home / "dagster" / "run_values")),
            "webhook": WebhookResource(url=settings.dagster.webhook_url),
            "models": ModelsResource(
                folder=settings.stream.champion or str(home / "models"),
                is_given=bool(settings.stream.champion),
            ),
        },
    )


def sensors(settings: Dagster) -> list[dg.SensorDefinition]:
    """The sensors that start runs, configured by these settings."""
    return [
        decided_maps,
        retraining_due(settings.retrain_after_maps),
        watch_due,
        champion_refuted(rolls_back=settings.rollback_when_refuted),
        registering_due,
        failed_runs,
    ]


defs = definitions(load(os.environ).settings)
