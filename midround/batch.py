"""The batch parts, Dagster and MLflow: their environment, configuration and commands.

Belongs here: their folders, generated configuration files and command lines. Does not belong here: what Dagster runs
(`orchestration`), process management (`midround.supervisor`).

Code server, webserver and daemon are three processes that share one Dagster instance; runs are children of the code
server. MLflow's application runs in a single worker, so that it ends with its part. Telemetry and update checks are
off.
"""

import sys
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from midround import ports
from midround.plain import Batch
from orchestration.queueing import ALONE, LASTING

CODE = "orchestration.definitions"
PAUSE_S = 0.25
MOST_RUNS = 2
"""Concurrent runs; the live path keeps the other cores. Long runs may take one slot, so the other stays free for maps
that were just played."""
TICKS_KEPT_DAYS = {"skipped": 1, "success": 30, "failure": 90, "started": 90}
QUIET = {
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}


def environment(told: Batch) -> dict[str, str]:
    """Return the environment variables of the batch parts, the settings included."""
    return {
        **told.environment,
        **QUIET,
        "DAGSTER_HOME": told.dagster_home,
        "_MLFLOW_SERVER_FILE_STORE": told.mlflow_store,
        "_MLFLOW_SERVER_ARTIFACT_ROOT": told.mlflow_artifacts,
    }


def prepared(name: str, told: Batch) -> list[str]:
    """Prepare the files that a part needs, and return its command."""
    Path(told.dagster_home).mkdir(parents=True, exist_ok=True)
    Path(told.mlflow_artifacts).mkdir(parents=True, exist_ok=True)
    if name == "code":
        write_instance(Path(told.dagster_home), storage_url=told.dagster_storage_url)
        is_new = create_storage(Path(told.dagster_home), is_kept_here=not told.dagster_storage_url)
        if not is_new:
            end_dead_runs(Path(told.dagster_home))
    elif name in {"webserver", "daemon"}:
        await_code_server(told)
    return _COMMANDS[name](told)


def await_code_server(told: Batch) -> None:
    """Wait until the code server listens, when the storage is complete. Webserver and daemon must not start earlier:
    two processes that create SQLite's tables at once leave a version table with two heads, which neither can ever open
    again."""
    while not ports.answers(told.dagster_host, told.dagster_code_port, timeout_s=PAUSE_S):
        time.sleep(PAUSE_S)


def create_storage(folder: Path, *, is_kept_here: bool = True) -> bool:
    """Create Dagster's tables from this single process. Returns whether they were created now; False for an external
    database, where that is unknown: it may be new, so the tables are ensured at every start."""
    done = folder / "storage" / "created"
    if is_kept_here and done.is_file():
        return False
    from dagster import DagsterInstance

    with DagsterInstance.from_config(str(folder)) as instance:
        instance.get_runs(limit=1)
        instance.get_dynamic_partitions("maps")
        instance.all_instigator_state()
    if is_kept_here:
        done.parent.mkdir(parents=True, exist_ok=True)
        done.touch()
    return is_kept_here


def end_dead_runs(folder: Path) -> None:
    """Mark the runs that ended with the previous code server as failed: they are its children and die with it.
    Otherwise Dagster would show them as started forever, hold their slots in the queue, and keep their backfills
    waiting."""
    from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

    alive = [DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
    with DagsterInstance.from_config(str(folder)) as instance:
        for run in instance.get_runs(RunsFilter(statuses=alive)):
            instance.report_run_failed(run, "it went with the code server that ran it")


def write_instance(folder: Path, *, storage_url: str = "") -> None:
    """Write Dagster's `dagster.yaml` to `folder` (as JSON, which is YAML), only if it changed. The storage URL may hold
    a password, so only the owner can read the file."""
    text = msgspec.json.format(msgspec.json.encode(_instance(folder, storage_url)), indent=2)
    path = folder / "dagster.yaml"
    if not path.is_file() or path.read_bytes() != text:
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_bytes(text)


def _instance(folder: Path, storage_url: str) -> Mapping[str, object]:
    storage: dict[str, object] = {"sqlite": {"base_dir": str(folder / "storage")}}
    if storage_url:
        storage = {"postgres": {"postgres_url": storage_url}}
    return {
        "storage": storage,
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
        "run_coordinator": {"module": "orchestration.coordinator", "class": "SharingCoordinator"},
        "concurrency": {
            "runs": {
                "max_concurrent_runs": MOST_RUNS,
                "tag_concurrency_limits": [
                    {"key": ALONE, "value": {"applyLimitPerUniqueValue": True}, "limit": 1},
                    {"key": LASTING, "limit": 1},
                ],
            },
            "pools": {"default_limit": 1, "granularity": "op"},
        },
        "retention": {
            "schedule": {"purge_after_days": TICKS_KEPT_DAYS},
            "sensor": {"purge_after_days": TICKS_KEPT_DAYS},
        },
        "run_monitoring": {"enabled": True, "start_timeout_seconds": 180, "cancel_timeout_seconds": 60},
        "run_retries": {"enabled": True, "max_retries": 1},
    }


def _code(told: Batch) -> list[str]:
    return _dagster("api", "grpc", "-m", CODE, "-h", told.dagster_host, "-p", str(told.dagster_code_port))


def _webserver(told: Batch) -> list[str]:
    address = ["-h", told.dagster_host, "-p", str(told.dagster_port)]
    return [sys.executable, "-m", "dagster_webserver", *address, *_at_code_server(told)]


def _daemon(told: Batch) -> list[str]:
    return [sys.executable, "-m", "dagster._daemon", "run", *_at_code_server(told)]


def _mlflow(told: Batch) -> list[str]:
    address = ["--host", told.mlflow_host, "--port", str(told.mlflow_port)]
    return [sys.executable, "-m", "uvicorn", *address, "--workers", "1", "mlflow.server.fastapi_app:app"]


def _dagster(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "dagster", *arguments]


def _at_code_server(told: Batch) -> list[str]:
    return ["--grpc-host", told.dagster_host, "--grpc-port", str(told.dagster_code_port)]


_COMMANDS = {"code": _code, "webserver": _webserver, "daemon": _daemon, "mlflow": _mlflow}
