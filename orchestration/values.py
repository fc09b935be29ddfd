"""What one asset hands to the next: a file for each run.

Belongs here: where values stand, whose value a run goes on with, which are forgotten. Does not belong here: what they
are (`orchestration.assets`).

Dagster's own manager has one file for each asset: of two retrainings at once the first would go on with what the second
wrote. Here a run takes its own values, then those of the run that it goes on with, then the newest that there is.
"""

import pickle
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import dagster as dg

from adapters.whole import replacing

KEPT = 3
"""Runs whose values stay, for who goes on with one that broke off; those of running ones stay besides."""
_ENDING = ".pickle"


class ValueMissingError(dg.DagsterError):
    """The value of an asset is in no run that this one may go on with: the asset is to be materialised again."""


class RunValues(dg.ConfigurableIOManager):
    """Values as pickles in `folder`, by asset and run."""

    folder: str

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Put the value there whole, or not at all."""
        place = self._of(context) / f"{context.run_id}{_ENDING}"
        place.parent.mkdir(parents=True, exist_ok=True)
        with replacing(place, unfinished=f"{context.run_id}.part") as file:
            pickle.dump(obj, file, protocol=pickle.HIGHEST_PROTOCOL)
        _forget(place.parent, context.step_context.instance)

    def load_input(self, context: dg.InputContext) -> Any:
        """The value that this run goes on with. Raises ValueMissingError."""
        folder = self._of(context.upstream_output or context)
        for run_id in _runs(context):
            with suppress(FileNotFoundError):
                return pickle.loads((folder / f"{run_id}{_ENDING}").read_bytes())
        raise ValueMissingError(f"{folder.name}: its value is gone; materialise it again")

    def _of(self, context: dg.InputContext | dg.OutputContext) -> Path:
        """The folder of an asset, or of an output of an op that is none."""
        if isinstance(context, dg.OutputContext) and not context.has_asset_key:
            return Path(self.folder, context.step_key, context.name)
        return Path(self.folder, *context.asset_key.path)


def _runs(context: dg.InputContext) -> Iterator[str]:
    """This run, those that it goes on with, and the one that materialised the asset last."""
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
    """All but the newest values; a run that still needs its own keeps it."""
    oldest_last = sorted(folder.glob(f"*{_ENDING}"), key=lambda place: place.stat().st_mtime_ns, reverse=True)
    for place in oldest_last[KEPT:]:
        run = instance.get_run_by_id(place.stem)
        if run is None or run.is_finished:
            place.unlink(missing_ok=True)
