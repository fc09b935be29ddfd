"""`midround config`: prints the effective settings and their origins, with secrets masked."""

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
    """Print every setting with its value and origin; exits with 2 if a setting is invalid."""
    from adapters.configuration import shown

    lines = shown(console.settings(os.environ, file, {}))
    if json:
        for line in lines:
            console.emit(line.model_dump())
        return
    for line in lines:
        console.out().print(f"{line.name:<29} {line.value!s:<12} {line.origin}", markup=False)
