"""Dagster and MLflow as parts: what they are started with.

Belongs here: their folders, their own files of settings, their commands. Does not belong here: what Dagster runs
(`orchestration`), processes (`midround.supervisor`).

Code server, webserver and daemon are three processes with one instance; runs are children of the code server. MLflow's
application runs in one worker, so that it goes with its part. Telemetry and update checks are off.
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
"""At once: the live path has the other cores. One place is for what lasts, the other for what was played just now."""
TICKS_KEPT_DAYS = {"skipped": 1, "success": 30, "failure": 90, "started": 90}
QUIET = {
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}


def environment(told: Batch) -> dict[str, str]:
    """What the batch parts have in their environment besides the settings."""
    return {
        **told.environment,
        **QUIET,
        "DAGSTER_HOME": told.dagster_home,
        "_MLFLOW_SERVER_FILE_STORE": told.mlflow_store,
        "_MLFLOW_SERVER_ARTIFACT_ROOT": told.mlflow_artifacts,
    }


def prepared(name: str, told: Batch) -> list[str]:
    """The command of one part, once what it needs on disk is there."""
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
    """Webserver and daemon begin once it listens: by then the storage is whole. Two processes that create SQLite's
    tables at once leave a version table with two heads, which none of them can ever open again."""
    while not ports.answers(told.dagster_host, told.dagster_code_port, timeout_s=PAUSE_S):
        time.sleep(PAUSE_S)


def create_storage(folder: Path, *, is_kept_here: bool = True) -> bool:
    """Dagster's tables, by this process alone; whether they were made just now, as far as is known. A database
    elsewhere is asked each time: it may be a new one."""
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
    """Has Dagster know of the runs that went with the code server before: they are its children, and end with it. It
    would call them started for ever, keep their places in the queue, and wait for their backfills."""
    from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

    alive = [DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
    with DagsterInstance.from_config(str(folder)) as instance:
        for run in instance.get_runs(RunsFilter(statuses=alive)):
            instance.report_run_failed(run, "it went with the code server that ran it")


def write_instance(folder: Path, *, storage_url: str = "") -> None:
    """Dagster's `dagster.yaml` in `folder`; JSON is YAML. Written anew only when it changes. Its URL may hold a
    password: nobody else reads it."""
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
