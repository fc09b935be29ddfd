"""The marts: a DuckDB file with the lake's views in it, and dbt run over it.

Belongs here: the location of the dbt project, preparing its target, running it in a process of its own. Does not belong
here: SQL (`dbt/`), Dagster, publishing to the store (`orchestration.publishing`).

dbt sees the lake through the views of `adapters.lake.views`, in the schema `lake` of the target. To run dbt by other
means, prepare the target first and pass `environment(target)` to dbt.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb
import msgspec
from msgspec import Struct

from adapters.lake.files import read_manifest
from adapters.lake.partitions import LakeError, partitions
from adapters.lake.tables import TABLES, LakeTable
from adapters.lake.views import CONFIG, view_sql

_INSTALLED = Path(__file__).resolve().parent / "dbt"
PROJECT = _INSTALLED if _INSTALLED.is_dir() else _INSTALLED.parents[1] / "dbt"
"""In the installed package, or else in the checkout; the profile is in the same folder."""
PROFILES = PROJECT
LAKE_SCHEMA = "lake"
TARGET_VARIABLE = "DBT_MARTS_FILE"
"""Environment variable by which the profile finds the target."""
TERSE = ("--no-use-colors", "--log-level-file", "info")
"""dbt options that avoid logging every event, which takes time."""
FAILED = frozenset({"error", "fail", "runtime error", "skipped", "partial success"})


class MartsError(Exception):
    """dbt failed to run; the message is dbt's output."""


class Outcome(Struct, frozen=True, kw_only=True):
    """The result of one model or test. `node` is dbt's unique id; `failures` counts the rows that a test found."""

    node: str
    status: str
    seconds: float
    failures: int = 0
    message: str = ""


class Built(Struct, frozen=True, kw_only=True):
    """The results of a run of dbt, in order of completion."""

    outcomes: tuple[Outcome, ...]

    @property
    def failed(self) -> tuple[Outcome, ...]:
        return tuple(each for each in self.outcomes if each.status in FAILED)


class _Result(Struct, frozen=True):
    unique_id: str
    status: str
    execution_time: float
    failures: int | None = None
    message: str | None = None


class _Results(Struct, frozen=True):
    results: tuple[_Result, ...]


def prepare_target(lake: Path, target: Path) -> None:
    """Defines the present views of the lake in the DuckDB file `target`, which is created if missing.

    Tables of earlier runs stay until dbt replaces them. Raises `LakeError` if a manifest cannot be read or another
    process has the file open.
    """
    views = [view_sql(table, _files(lake, table)) for table in TABLES]
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with duckdb.connect(target, config=CONFIG) as connection:
            connection.execute("BEGIN")
            connection.execute(f"DROP SCHEMA IF EXISTS {LAKE_SCHEMA} CASCADE")
            connection.execute(f"CREATE SCHEMA {LAKE_SCHEMA}")
            connection.execute(f"USE {LAKE_SCHEMA}")
            for view in views:
                connection.execute(view)
            connection.execute("COMMIT")
    except duckdb.Error as error:
        raise LakeError(f"{target}: cannot be prepared: {error}") from error


def environment(target: Path) -> dict[str, str]:
    """The environment variables that dbt needs: the target, the profile's folder, and no telemetry."""
    return {
        TARGET_VARIABLE: str(target.absolute()),
        "DBT_PROFILES_DIR": str(PROFILES),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def build(lake: Path, target: Path, *, select: Sequence[str] = ()) -> Built:
    """Prepares the target and builds every model (or those that `select` names) with its tests.

    dbt's artifacts go to the folder `dbt` beside the target. If a test fails, models downstream of its model are not
    built, and it is listed in `failed`. With a selection, only tests whose models are all selected run. Raises
    `LakeError`, and `MartsError` if dbt could not run at all.
    """
    prepare_target(lake, target)
    chosen = ["--indirect-selection", "cautious", "--select", *select] if select else []
    return _run(target, ["build", *chosen])


def check(target: Path, *, select: Sequence[str] = ()) -> Built:
    """Runs the tests on what is built in the target (or on the models that `select` names), without building."""
    return _run(target, ["test", *(["--select", *select] if select else [])])


def write_manifest(target: Path, into: Path) -> Path:
    """dbt's manifest of the project, written to the folder `into`, which only the caller may use, since dbt writes in
    place. The target need not exist yet. Raises `MartsError`."""
    _dbt(target, ["parse"], into=into)
    return into / "manifest.json"


def working(target: Path) -> Path:
    """The folder for dbt's artifacts and log."""
    return target.absolute().parent / "dbt"


def _run(target: Path, arguments: Sequence[str]) -> Built:
    into = working(target)
    results = into / "run_results.json"
    results.unlink(missing_ok=True)
    said = _dbt(target, arguments, into=into, is_failing_fine=True)
    try:
        found = msgspec.json.decode(results.read_bytes(), type=_Results)
    except (OSError, msgspec.DecodeError) as error:
        raise MartsError(said) from error
    return Built(
        outcomes=tuple(
            Outcome(
                node=each.unique_id,
                status=each.status,
                seconds=round(each.execution_time, 3),
                failures=each.failures or 0,
                message=each.message or "",
            )
            for each in found.results
        )
    )


def _dbt(target: Path, arguments: Sequence[str], *, into: Path, is_failing_fine: bool = False) -> str:
    """Runs dbt and returns its output. It runs in a process of its own: dbt keeps state,
    and memory that is then freed."""
    into.mkdir(parents=True, exist_ok=True)
    folders = ["--project-dir", str(PROJECT), "--target-path", str(into), "--log-path", str(into)]
    command = [sys.executable, "-m", "dbt.cli.main", *TERSE, *arguments, *folders]
    done = subprocess.run(
        command,
        env={**os.environ, **environment(target)},
        cwd=into,
        capture_output=True,
        text=True,
        check=False,
    )
    said = (done.stdout + done.stderr).strip()
    if done.returncode and not is_failing_fine:
        raise MartsError(said)
    return said


def _files(lake: Path, table: LakeTable) -> list[str]:
    """The published files of a table."""
    found = []
    for partition in partitions(lake, table.name):
        manifest = read_manifest(lake, table, partition)
        parts = () if manifest is None else manifest.parts
        found += [str((partition.folder(lake, table.name) / part.file).absolute()) for part in parts]
    return found
