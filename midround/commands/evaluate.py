"""`midround evaluate`: out-of-fold figures of the model beside its baselines."""

import os
from pathlib import Path
from typing import Annotated

import typer

from midround import console
from midround.commands.train import Paths

HELP = """
Predict every recorded map by a model that has not seen it, and print the figures beside the baselines on the same rows.
Writes the predictions in the format of `midround fold --predictions`.

Examples:

  midround evaluate

  midround evaluate matches --out build/evaluation --snapshots snapshots
"""


def evaluate(
    paths: Paths = None,
    *,
    out: Annotated[Path, typer.Option(help="The folder for predictions and figures.")] = Path(
        "build/evaluation"
    ),
    snapshots: Annotated[
        Path | None,
        typer.Option(help="Round states with exact labels.", show_default="beside the recordings"),
    ] = None,
) -> None:
    """The command."""
    from adapters.recordings import recording_paths
    from models import evaluation

    found = list(recording_paths(paths or [console.recorded_folder()]))
    if not found:
        console.fail("no recordings there", console.WRONG_USE)
    beside = console.data_folder(os.environ) / "snapshots"
    chosen = snapshots if snapshots is not None else beside if beside.is_dir() else None
    evaluation.evaluate(found, out, snapshots=chosen, say=console.err().print)
