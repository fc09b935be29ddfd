"""Schedules: what is due by the clock.

Belongs here: when. Does not belong here: what (`orchestration.jobs`).
"""

import dagster as dg

from orchestration.jobs import nightly, watch

every_night = dg.ScheduleDefinition(
    name="every_night",
    job=nightly,
    cron_schedule="15 4 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
every_hour = dg.ScheduleDefinition(
    name="every_hour",
    job=watch,
    cron_schedule="30 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
