"""Dagster's and MLflow's storage by setting: Postgres instead of SQLite, a tracking server that runs elsewhere."""

import os
import stat
import subprocess
import sys
import time
import urllib.request
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.run_coordinator import SubmitRunContext
from dagster._core.storage.dagster_run import DagsterRun
from dagster._core.storage.tags import BACKFILL_ID_TAG, PRIORITY_TAG
from dagster._utils.tags import TagConcurrencyLimitsCounter
from msgspec.structs import replace

from adapters.configuration import load
from adapters.settings import Settings
from midround import parts
from midround.batch import create_storage, environment, prepared, write_instance
from midround.plain import Batch
from models import registry
from models.bundle import read_bundle, read_champion
from models.predictor import CHAMPION
from models.registry_record import record_of_bundle
from orchestration.assets import maps
from orchestration.coordinator import PROMPT
from orchestration.jobs import retraining
from orchestration.resources import TrackingResource
from orchestration.upkeep import forget_raw_events
from tests.ports import free_port
from tests.postgres import Postgres, running_postgres

SHIPPED = read_bundle(read_champion(CHAMPION)).manifest.model_version

if TYPE_CHECKING:
    from dagster._core.workspace.context import BaseWorkspaceRequestContext

START_LIMIT_S = 120


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """MLflow and what it loads warn a lot, and leave engines to the collector."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def settings_of(home: Path, **options: object) -> Settings:
    names = {name.replace("__", "."): value for name, value in options.items()}
    return load({}, options={"home": str(home), **names}).settings


def batch_of(settings: Settings) -> Batch:
    return parts.plain(settings, "mlflow", index=0).batch


@dg.op
def answer() -> int:
    return 42


@dg.job
def small() -> None:
    answer()


@pytest.mark.server
def test_dagster_s_runs_and_partitions_lie_in_postgres(postgres: Postgres, tmp_path: Path) -> None:
    url = settings_of(tmp_path, dagster__storage_url=postgres.url("dagster")).dagster.storage_url
    write_instance(tmp_path, storage_url=url)
    for _ in range(2):
        create_storage(tmp_path, is_kept_here=False)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        run_id = small.execute_in_process(instance=instance).run_id
        instance.add_dynamic_partitions("maps", ["2026-01-01:m:1"])
    (tmp_path / "elsewhere").mkdir()
    write_instance(tmp_path / "elsewhere", storage_url=url)
    with dg.DagsterInstance.from_config(str(tmp_path / "elsewhere")) as again:
        run = again.get_run_by_id(run_id)
        assert run is not None
        assert (run.job_name, run.status) == ("small", dg.DagsterRunStatus.SUCCESS)
        assert again.get_dynamic_partitions("maps") == ["2026-01-01:m:1"]
        assert any(event.dagster_event for event in again.all_logs(run_id))
    assert not list(tmp_path.rglob("*.db")), "something was kept in SQLite"


def test_the_file_with_the_url_is_ours_alone_and_changes_with_the_setting(tmp_path: Path) -> None:
    told = batch_of(settings_of(tmp_path, dagster__storage_url="postgresql://me:secret@db/dagster"))
    write_instance(tmp_path)
    assert "sqlite" in (tmp_path / "dagster.yaml").read_text()
    write_instance(tmp_path, storage_url=told.dagster_storage_url)
    assert "postgresql+psycopg2://me:secret@db/dagster" in (tmp_path / "dagster.yaml").read_text()
    assert stat.S_IMODE((tmp_path / "dagster.yaml").stat().st_mode) == 0o600


@pytest.mark.slow
@pytest.mark.parametrize("job", [retraining.name, forget_raw_events.name])
def test_a_second_run_of_what_is_to_run_alone_waits_in_the_queue(
    defined: dg.Definitions, tmp_path: Path, job: str
) -> None:
    write_instance(tmp_path)
    tags = defined.resolve_job_def(job).run_tags
    running, next_, other = (
        DagsterRun(job_name=name, tags=of) for name, of in ((job, tags), (job, tags), (small.name, {}))
    )
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        queue = instance.get_concurrency_config().run_queue_config
        assert queue is not None
        limits = TagConcurrencyLimitsCounter(queue.tag_concurrency_limits, [running])
    assert limits.is_blocked(next_)
    assert not limits.is_blocked(other)


def queued(instance: dg.DagsterInstance, job: str, tags: Mapping[str, str]) -> DagsterRun:
    """The run as it is in Dagster's queue."""
    repository = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("here"), "batch")
    run = instance.add_run(
        DagsterRun(job_name=job, tags=tags, remote_job_origin=RemoteJobOrigin(repository, job))
    )
    coordinator = instance.run_coordinator
    return coordinator.submit_run(SubmitRunContext(run, workspace=cast("BaseWorkspaceRequestContext", None)))


@pytest.mark.slow
def test_what_lasts_shares_a_place_and_leaves_one_for_the_chain_of_a_map_that_was_just_played(
    defined: dg.Definitions, tmp_path: Path
) -> None:
    write_instance(tmp_path)
    tags = {job.name: job.run_tags for job in defined.resolve_all_job_defs()}
    chain, backfill = tags["map_chain"], {**tags["map_chain"], BACKFILL_ID_TAG: "one"}
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        lasting = [queued(instance, job, of) for job, of in tags.items() if job not in PROMPT] + [
            queued(instance, job, backfill) for job in ("map_chain", "__ASSET_JOB")
        ]
        prompt = [queued(instance, job, tags[job]) for job in PROMPT]
        queue = instance.get_concurrency_config().run_queue_config
    assert queue is not None
    assert queue.max_concurrent_runs == 2
    assert {run.status for run in (*lasting, *prompt)} == {dg.DagsterRunStatus.QUEUED}
    assert {run.job_name for run in lasting} >= {"__ASSET_JOB", "retraining", "nightly", "import_recordings"}
    for running in lasting:
        limits = TagConcurrencyLimitsCounter(queue.tag_concurrency_limits, [running])
        assert all(limits.is_blocked(next_) for next_ in lasting)
        assert not any(limits.is_blocked(next_) for next_ in prompt)
    priorities = {run.tags.get(PRIORITY_TAG, "0") for run in lasting if BACKFILL_ID_TAG not in run.tags}
    assert priorities == {"0"}
    assert {run.tags[PRIORITY_TAG] for run in lasting if BACKFILL_ID_TAG in run.tags} == {"-1"}, (
        "they go last"
    )
    assert int(chain[PRIORITY_TAG]) > 0
    assert maps.chain.node_def.pools == set()


@pytest.mark.slow
def test_runs_that_went_with_their_code_server_have_failed_when_it_starts_again(tmp_path: Path) -> None:
    told = batch_of(settings_of(tmp_path))
    home = Path(told.dagster_home)
    prepared("code", told)
    statuses = (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.NOT_STARTED)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        ids = [instance.add_run(DagsterRun(job_name="many", status=status)).run_id for status in statuses]
    prepared("code", told)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        now = [run.status for run_id in ids if (run := instance.get_run_by_id(run_id)) is not None]
    assert now == [dg.DagsterRunStatus.FAILURE, *statuses[1:]]


@pytest.mark.server
def test_a_tracking_server_is_used_and_keeps_runs_models_and_aliases_in_postgres(
    postgres: Postgres, tmp_path: Path
) -> None:
    port = free_port()
    server = settings_of(tmp_path / "server", mlflow__port=port, mlflow__storage_url=postgres.url("served"))
    here = settings_of(tmp_path / "here", mlflow__url=f"http://127.0.0.1:{port}")
    assert "mlflow" not in {part.name for part in parts.plan(here, is_batch=True)}
    with _serving(server):
        _goes_round(here)
        assert (
            registry.aliases(TrackingResource.of(server).store())[registry.CHAMPION].model_version == SHIPPED
        )
    assert not (tmp_path / "here").exists(), "something was kept beside the server"
    assert not list(tmp_path.rglob("*.db")), "something was kept in SQLite"


def _goes_round(settings: Settings) -> None:
    """A run, its models and an alias, stored and read back."""
    store = TrackingResource.of(settings).store()
    registry.register(store, replace(record_of_bundle(read_champion(CHAMPION)), is_fit=True))
    assert set(registry.aliases(store)) == {registry.CHALLENGER}
    registry.promote(store, 1, who="a test", why="to see it")
    [(alias, version)] = registry.aliases(store).items()
    assert (alias, version.model_version, version.promoted_why) == (registry.CHAMPION, SHIPPED, "to see it")


@contextmanager
def _serving(settings: Settings) -> Iterator[None]:
    """MLflow as the part `mlflow` starts it."""
    told = batch_of(settings)
    with subprocess.Popen(
        prepared("mlflow", told),
        env={**os.environ, **environment(told), "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            deadline = time.monotonic() + START_LIMIT_S
            while not _is_healthy(f"http://127.0.0.1:{settings.mlflow.port}/health"):
                assert process.poll() is None, f"MLflow ended with {process.returncode}"
                assert time.monotonic() < deadline, "MLflow does not answer"
                time.sleep(0.2)
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as found:
            return bool(found.status == 200)
    except OSError:
        return False
