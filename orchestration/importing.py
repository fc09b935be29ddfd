"""Imports recorded matches into the lake from Dagster's launchpad, as `midround lake import` does.

Belongs here: the job. Does not belong here: reading recordings and writing the lake. The command does that in its own
process, so that the memory of a season's import is freed, and a crash ends nothing else.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from orchestration.resources import LakeResource

MOST_SAID = 4_000
"""Characters of the error output that are shown in the launchpad, counted from its end."""
COMMAND = (sys.executable, "-c", "from midround.cli import app; app()", "lake", "import", "--json")


class Import(dg.Config):
    """`paths` are cs2df zips, NDJSON of envelopes, or folders of them, on the machine of Dagster's code location.
    `is_series`: the files are the maps of one match."""

    paths: list[str]
    is_series: bool = False


@dg.op
def import_into_lake(context: dg.OpExecutionContext, config: Import, lake: LakeResource) -> list[str]:
    """The partitions that the recordings were imported into. Fails with the command's message, which
    names file, member and row."""
    if not config.paths:
        raise dg.Failure("paths: names no file")
    found = []
    for told in _imported(config.paths, is_series=config.is_series, root=str(lake.root)):
        context.log.info("%s: %s of %s events added", told["partition"], told["added"], told["total"])
        found.append(str(told["partition"]))
    return found


@dg.job(
    executor_def=dg.in_process_executor,
    description="Recorded matches into the lake; twice changes nothing. Partitions appear by themselves.",
)
def import_recordings() -> None:
    import_into_lake()


def _imported(paths: Sequence[str], *, is_series: bool, root: str) -> Iterator[dict[str, Any]]:
    """The command's report on each imported match; then raises Failure with its error output, if it failed."""
    options = ["--series"] if is_series else []
    environ = {**os.environ, "MIDROUND_LAKE__PATH": root}
    command = [*COMMAND, *options, "--", *paths]
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        out, said = process.communicate()
    for line in out.splitlines():
        yield json.loads(line)
    if process.returncode:
        raise dg.Failure(said.strip()[-MOST_SAID:] or f"ended with {process.returncode}")
