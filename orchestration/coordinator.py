"""Dagster's run queue with one shared place for long runs, so that the other places stay free for current matches.

Belongs here: which runs count as long. Does not belong here: the number of places (`midround.batch`). No run waits for
another one from within, so sharing a place cannot deadlock.
"""

from collections.abc import Mapping

from dagster import DagsterRun
from dagster._core.run_coordinator import QueuedRunCoordinator, SubmitRunContext
from dagster._core.storage.tags import BACKFILL_ID_TAG, PRIORITY_TAG

from orchestration.queueing import AHEAD, LASTING

PROMPT = frozenset({"map_chain", "hourly", "champion_watching", "champion_registering", "rollback_champion"})
"""Jobs that take seconds, or must not wait. All others count as long, as do runs started from the asset graph."""


class SharingCoordinator(QueuedRunCoordinator):
    """Dagster's queue, which tags long runs on submission: nothing else would tag the runs of a backfill."""

    def submit_run(self, context: SubmitRunContext) -> DagsterRun:
        run = context.dagster_run
        self._instance.add_run_tags(run.run_id, added_tags(run.job_name, run.tags))
        return super().submit_run(context)


def added_tags(job: str, tags: Mapping[str, str]) -> dict[str, str]:
    """The tags to add to a run. Runs of a backfill are numerous, so other long runs go before them, unless the backfill
    was launched with a priority other than the job's own."""
    if BACKFILL_ID_TAG in tags:
        is_hurried = tags.get(PRIORITY_TAG, AHEAD) != AHEAD
        return {LASTING: "true"} if is_hurried else {LASTING: "true", PRIORITY_TAG: "-1"}
    return {} if job in PROMPT else {LASTING: "true"}
