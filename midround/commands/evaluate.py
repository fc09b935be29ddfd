"""`midround evaluate`: out-of-fold metrics of the model beside its baselines."""

import os
from pathlib import Path
from typing import Annotated

import typer

from adapters.exit_codes import WRONG_USE
from midround import console
from midround.commands.train import Paths, recordings

HELP = """
Predict every recorded map by a model that has not seen it, and print the figures beside the baselines on the same rows.
Writes the predictions in the format of `midround fold --predictions`.

Examples:

  midround evaluate

  midround evaluate matches --out build/evaluation --snapshots states.parquet
"""


def evaluate(
    paths: Paths = None,
    *,
    out: Annotated[Path, typer.Option(help="The folder for predictions and figures.")] = Path(
        "build/evaluation"
    ),
    snapshots: Annotated[
        Path | None,
        typer.Option(help="A Parquet file of round states.", show_default="beside the recordings"),
    ] = None,
) -> None:
    """Print the metrics on standard error, and write them and the predictions to the folder; exits with 2 if the
    recordings or the round states cannot be read."""
    from game.sources.cs2df_series import match_of
    from midround.fold import fold_recording
    from models import evaluation
    from models.snapshots import SnapshotsError

    found = recordings(paths)
    beside = console.data_folder(os.environ) / "snapshots"
    states = snapshots if snapshots is not None else next(iter(sorted(beside.glob("*.parquet"))), None)
    try:
        evaluation.evaluate(
            found,
            out,
            fold=lambda recording, predictor: fold_recording(match_of(recording), predictor).predictions(),
            snapshots=states,
            say=console.say,
        )
    except SnapshotsError as error:
        console.fail(str(error), WRONG_USE)
