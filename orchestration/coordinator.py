"""How Dagster's queue takes runs in: those that last share a place, so that another is left to what was played just
now.

Belongs here: which runs these are. Does not belong here: how many places there are (`midround.batch`). None of them
waits for another run from within its own, so none can keep the place from what it waits for.
"""

from collections.abc import Mapping

from dagster import DagsterRun
from dagster._core.run_coordinator import QueuedRunCoordinator, SubmitRunContext
from dagster._core.storage.tags import BACKFILL_ID_TAG, PRIORITY_TAG

from orchestration.queueing import AHEAD, LASTING

PROMPT = frozenset({"map_chain", "hourly", "champion_watching", "champion_registering", "rollback_champion"})
"""Jobs of seconds, or that nobody may wait for. Whatever else there is may last, and so may what is started from the
asset graph."""


class SharingCoordinator(QueuedRunCoordinator):
    """The queue as Dagster has it; what lasts gets its tag on the way in, for nobody else tags a backfill's runs."""

    def submit_run(self, context: SubmitRunContext) -> DagsterRun:
        run = context.dagster_run
        self._instance.add_run_tags(run.run_id, added_tags(run.job_name, run.tags))
        return super().submit_run(context)


def added_tags(job: str, tags: Mapping[str, str]) -> dict[str, str]:
    """What a run bears besides. Of a backfill there are many: the others that last go before them, unless whoever
    launched it gave it another place than the job's own."""
    if BACKFILL_ID_TAG in tags:
        is_hurried = tags.get(PRIORITY_TAG, AHEAD) != AHEAD
        return {LASTING: "true"} if is_hurried else {LASTING: "true", PRIORITY_TAG: "-1"}
    return {} if job in PROMPT else {LASTING: "true"}
