"""`midround train`: fit the shipped models from recorded maps."""

from pathlib import Path
from typing import Annotated

import typer

from midround import console

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
    version: Annotated[
        str | None, typer.Option(help="Name of the model.", show_default="from the data")
    ] = None,
) -> None:
    """The command."""
    from adapters.recordings import recording_paths
    from models import training

    found = list(recording_paths(paths or [console.recorded_folder()]))
    if not found:
        console.fail("no recordings there", console.WRONG_USE)
    bundle = training.train(found, out, version=version, say=console.err().print)
    console.out().print(str(bundle))
