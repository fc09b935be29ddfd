"""`midround train`: fits the shipped models from recorded maps."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.exit_codes import WRONG_USE
from midround import console

if TYPE_CHECKING:
    from game.sources.cs2df import Recording

DATA = "recorded matches of MIDROUND_DATA, else ../shared/data"
Paths = Annotated[
    list[Path] | None, typer.Argument(metavar="[PATH...]", help="cs2df zips or folders.", show_default=DATA)
]

HELP = """
Fit round and map model from recorded maps: deterministic, one thread, the same data give the same bytes.

Examples:

  midround train

  midround train matches --out build/model --version 2026.11
"""


def train(
    paths: Paths = None,
    *,
    out: Annotated[Path, typer.Option(help="The folder that the bundle is written to.")] = Path(
        "models/champion"
    ),
    version: Annotated[str, typer.Option(help="Name of the model.")] = "cs2-2026-11",
) -> None:
    """Write the bundle and print its folder and hash; exits with 2 if recordings cannot be read."""
    from models import training

    manifest = training.train(recordings(paths), out, version=version, say=console.say)
    console.out().print(f"{out / manifest.model_version} {manifest.model_hash}", markup=False)


def recordings(paths: list[Path] | None) -> "list[Recording]":
    """Return the recordings in `paths` that were played by rules the models know; the others are reported and skipped.
    Ends the command if a recording cannot be read or none is left."""
    from adapters.recordings import open_recording, recording_paths
    from game.rules import rules_on
    from game.sources.cs2df import RecordingError
    from models.dataset import other_rules

    found: list[Recording] = []
    for path in recording_paths(paths or [console.recorded_folder()]):
        recording = open_recording(path)
        if isinstance(recording, RecordingError):
            console.fail(str(recording), WRONG_USE)
        why = other_rules(rules_on(recording.day, recording.settings))
        if why:
            console.say(f"{recording.file} is left out: {why}")
        else:
            found.append(recording)
    if not found:
        console.fail("no recordings there", WRONG_USE)
    return found
