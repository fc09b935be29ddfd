"""The batch path in order: runs forgotten, failures told, nothing lost to the store's retention."""

import http.server
import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from msgspec.structs import replace

from orchestration import upkeep
from orchestration.resources import LakeResource, StoreResource, WebhookResource
from tests.models.rows import made_map
from tests.orchestration.made_lake import put

AT = datetime(2026, 1, 18, 12, tzinfo=UTC)
NOBODY = "http://127.0.0.1:9/midround"


@dg.op
def breaks() -> None:
    raise ValueError("as it must")


@dg.job
def broken() -> None:
    breaks()


def test_old_runs_are_forgotten_and_young_ones_kept(instance: dg.DagsterInstance) -> None:
    broken.execute_in_process(instance=instance, raise_on_error=False)
    config = dg.RunConfig(ops={"forget": upkeep.Forgetting(days=1)})
    upkeep.forget_old_runs.execute_in_process(instance=instance, run_config=config)
    assert len(instance.get_runs()) == 2
    config = dg.RunConfig(ops={"forget": upkeep.Forgetting(days=-1)})
    done = upkeep.forget_old_runs.execute_in_process(instance=instance, run_config=config)
    assert done.output_for_node("forget") == 2
    assert [run.job_name for run in instance.get_runs()] == ["forget_old_runs"]


@pytest.mark.parametrize("tag", sorted(upkeep.KEPT))
def test_runs_of_maps_and_of_retraining_are_kept_however_old(
    instance: dg.DagsterInstance, tag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dagster would show a map as never made whose run is forgotten. Others are found behind them."""
    monkeypatch.setattr(upkeep, "FORGOTTEN_AT_ONCE", 2)
    broken.execute_in_process(instance=instance, raise_on_error=False)
    for n in range(3):
        broken.execute_in_process(instance=instance, raise_on_error=False, tags={tag: str(n)})
    config = dg.RunConfig(ops={"forget": upkeep.Forgetting(days=-1)})
    upkeep.forget_old_runs.execute_in_process(instance=instance, run_config=config)
    assert sorted(run.tags[tag] for run in instance.get_runs() if run.job_name == "broken") == ["0", "1", "2"]


def test_what_has_no_store_to_ask_warns_and_is_not_passed() -> None:
    lake, store = LakeResource(path="nowhere"), StoreResource(url=NOBODY, options={}, ttl_days={})
    for told in (
        upkeep.only_copy(lake=lake, store=store),
        upkeep.fresh(dg.build_asset_check_context(), lake=lake, store=store),
    ):
        assert isinstance(told, dg.AssetCheckResult)
        assert (told.passed, told.severity) == (False, dg.AssetCheckSeverity.WARN)


def test_maps_that_are_in_several_matches_are_named(tmp_path: Path) -> None:
    for file in ("alone", "series"):
        put(tmp_path, replace(made_map(0), file=file))
    put(tmp_path, made_map(1))
    for file in ("nothing yet", "nothing either"):
        put(tmp_path, replace(made_map(2), file=file, samples=(), starts=()))
    told = upkeep.played_once(LakeResource(path=str(tmp_path)))
    assert isinstance(told, dg.AssetCheckResult)
    assert (told.passed, told.metadata["maps"].value) == (False, 1)
    assert told.metadata["which"].value == "- `2026-01-01:alone:map`, `2026-01-01:series:map`"


def test_a_failure_is_told_to_the_webhook(instance: dg.DagsterInstance) -> None:
    result = broken.execute_in_process(instance=instance, raise_on_error=False)
    with Hook() as (url, told):
        context = dg.build_run_status_sensor_context(
            sensor_name="failed_runs",
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            dagster_event=result.get_run_failure_event(),
        ).for_run_failure()
        upkeep.failed_runs(context, webhook=WebhookResource(url=url))
    assert [(each["event"], each["job"]) for each in told] == [("run_failed", "broken")]


def test_a_webhook_that_is_away_is_told_to_the_log_and_fails_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    WebhookResource(url="http://127.0.0.1:9/").tell({"event": "run_failed"})
    assert [record.levelname for record in caplog.records if "webhook" in record.message] == ["WARNING"]


def test_without_a_webhook_nobody_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[object] = []
    monkeypatch.setattr("httpx.post", lambda *told, **_: called.append(told))
    WebhookResource(url="").tell({"event": "run_failed"})
    assert called == []


class Hook:
    """A web server that keeps what is posted to it."""

    def __enter__(self) -> tuple[str, list[dict[str, Any]]]:
        told: list[dict[str, Any]] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
                """Quiet."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return f"http://127.0.0.1:{self.server.server_port}/", told

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
