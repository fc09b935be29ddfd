"""`midround config`: the effective settings, where each came from, secrets masked."""

import os

from midround import console
from midround.commands.up import AsJson, ConfigFile

HELP = """
Show every setting with its value and where it came from: default, file or environment. Secrets are masked.

Examples:

  midround config

  MIDROUND_API__PORT=8090 midround config --json
"""


def config(file: ConfigFile = None, *, json: AsJson = False) -> None:
    """The command."""
    from rich.markup import escape
    from rich.table import Table

    from adapters.configuration import shown

    lines = shown(console.settings(os.environ, file, {}))
    if json:
        for line in lines:
            console.emit(line.model_dump())
        return
    table = Table("setting", "value", "origin", box=None, pad_edge=False)
    for line in lines:
        table.add_row(line.name, escape(str(line.value)), line.origin)
    console.out().print(table, soft_wrap=False)
