"""The batch path in order: runs forgotten, failures told, nothing lost to the store's retention."""

import http.server
import json
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import dagster as dg
import pytest

from adapters.lake import raw
from adapters.lake.raw import RawEvent
from orchestration import upkeep
from orchestration.resources import LakeResource, StoreResource, WebhookResource

AT = datetime(2026, 1, 18, 12, tzinfo=UTC)
NOBODY = "http://127.0.0.1:9/midround"


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


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


class Rows:
    """A client that answers one query."""

    def __init__(self, rows: list[Mapping[str, Any]]) -> None:
        self.column_names = list(rows[0]) if rows else []
        self.result_rows = [tuple(row.values()) for row in rows]

    def query(self, sql: str, parameters: Mapping[str, object]) -> "Rows":
        assert sql == upkeep.EXPIRING
        assert parameters == {"before": AT}
        return self


def test_what_expires_and_is_not_in_the_lake_is_named(tmp_path: Path) -> None:
    kept = RawEvent(raw=b"{}", topic="raw", partition=0, offset=7, published_at=AT)
    raw.add(tmp_path, "kept", [kept], code_version="test")
    raw.add(tmp_path, "half", [kept], code_version="test")
    rows = Rows(
        [
            {"match_id": "kept", "places": [("raw", 0, 7)]},
            {"match_id": "half", "places": [("raw", 0, 7), ("raw", 0, 8)]},
            {"match_id": "gone", "places": [("raw", 1, 1)]},
        ]
    )
    found = dict(upkeep.missing(LakeResource(path=str(tmp_path)), cast("Any", rows), before=AT))
    assert found == {"half": 1, "gone": 1}


@pytest.mark.parametrize(
    ("ttl_days", "days"), [({}, 90), ({"cs2_events_raw": 5}, 5), ({"cs2_events_raw": 0}, 0)]
)
def test_retention_is_the_settings_or_the_table_s(ttl_days: dict[str, int], days: int) -> None:
    assert upkeep.kept_days(StoreResource(url=NOBODY, options={}, ttl_days=ttl_days)) == days


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
