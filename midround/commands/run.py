"""`midround run PART`: one part in the foreground, for containers and service managers that supervise processes
themselves."""

import os
from typing import Annotated

import typer

from adapters.exit_codes import WRONG_USE
from midround import console
from midround.commands.up import ConfigFile

HELP = """
Run one part in the foreground, with the same settings as `up`: broker, store, stream, loader, ticker, shadow,
webhooks, intake, api; of the batch path mlflow, code, webserver and daemon.

Examples:

  midround run intake

  MIDROUND_STREAM__INDEX=1 MIDROUND_STREAM__COUNT=4 midround run stream
"""


def run(name: Annotated[str, typer.Argument(metavar="PART")], config: ConfigFile = None) -> None:
    """Run one part until a signal and exit with its code, or with 2 if there is no such part."""
    from midround import part, parts

    if name not in part.BODIES:
        console.fail(f"no part {name!r}; there are {', '.join(part.BODIES)}", WRONG_USE)
    settings = console.settings(os.environ, config, {}).settings
    plain = parts.plain(settings, name, index=settings.stream.index)
    raise typer.Exit(part.run(plain))
