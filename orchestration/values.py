"""The values that one asset passes to the next: a file per asset and run.

Belongs here: where values are stored, which run's value is loaded, which are deleted. Does not belong here: what they
are (`orchestration.assets`).

Dagster's own manager has one file per asset, so of two concurrent retrainings the first would continue with the values
of the second. Here a run loads its own value, else that of the run it continues, else the newest one.
"""

import pickle
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import dagster as dg

from adapters.whole import replacing

KEPT = 3
"""Number of runs whose values are kept for a continuation; values of unfinished runs are kept as well."""
_ENDING = ".pickle"


class ValueMissingError(dg.DagsterError):
    """No run that this one may continue has the asset's value: materialise the asset again."""


class RunValues(dg.ConfigurableIOManager):
    """Values as pickles in `folder`, by asset and run."""

    folder: str

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Stores the value, whole or not at all."""
        place = self._of(context) / f"{context.run_id}{_ENDING}"
        place.parent.mkdir(parents=True, exist_ok=True)
        with replacing(place, unfinished=f"{context.run_id}.part") as file:
            pickle.dump(obj, file, protocol=pickle.HIGHEST_PROTOCOL)
        _forget(place.parent, context.step_context.instance)

    def load_input(self, context: dg.InputContext) -> Any:
        """The value for this run. Raises ValueMissingError."""
        folder = self._of(context.upstream_output or context)
        for run_id in _runs(context):
            with suppress(FileNotFoundError):
                return pickle.loads((folder / f"{run_id}{_ENDING}").read_bytes())
        raise ValueMissingError(f"{folder.name}: its value is gone; materialise it again")

    def _of(self, context: dg.InputContext | dg.OutputContext) -> Path:
        """The folder of an asset, or of the output of an op that is no asset."""
        if isinstance(context, dg.OutputContext) and not context.has_asset_key:
            return Path(self.folder, context.step_key, context.name)
        return Path(self.folder, *context.asset_key.path)


def _runs(context: dg.InputContext) -> Iterator[str]:
    """This run, the runs that it continues, and the run that last materialised the asset."""
    run: dg.DagsterRun | None = context.step_context.dagster_run
    while run is not None:
        yield run.run_id
        run = None if run.parent_run_id is None else context.instance.get_run_by_id(run.parent_run_id)
    if not context.has_asset_key:
        return
    newest = context.instance.get_latest_materialization_event(context.asset_key)
    if newest is not None:
        yield newest.run_id


def _forget(folder: Path, instance: dg.DagsterInstance) -> None:
    """Deletes all but the newest values, and keeps those of unfinished runs."""
    oldest_last = sorted(folder.glob(f"*{_ENDING}"), key=lambda place: place.stat().st_mtime_ns, reverse=True)
    for place in oldest_last[KEPT:]:
        run = instance.get_run_by_id(place.stem)
        if run is None or run.is_finished:
            place.unlink(missing_ok=True)
