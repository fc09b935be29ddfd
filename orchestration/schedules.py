"""Schedules: jobs that run at fixed times.

Belongs here: when. Does not belong here: what (`orchestration.jobs`).
"""

import dagster as dg

from orchestration.jobs import hourly, nightly

every_night = dg.ScheduleDefinition(
    name="every_night",
    description="The season, drift and calibration, when little is played.",
    job=nightly,
    cron_schedule="15 4 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
every_hour = dg.ScheduleDefinition(
    name="every_hour",
    description="Whether the lake has all that was decided and all that expires in the store.",
    job=hourly,
    cron_schedule="30 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
