"""The embedded store as a process: lock, port, signals, and what a kill leaves behind."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from clickhouse_connect.driver.exceptions import Error

from adapters.clickhouse.client import connect, query_rows
from adapters.exit_codes import FOLDER_TAKEN, PORT_TAKEN
from tests.ports import free_port
from tests.stores import EmbeddedStore, embedded_store

pytestmark = pytest.mark.slow


def started(folder: Path, port: int) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "adapters.clickhouse.embedded",
        "--path",
        str(folder),
        "--port",
        str(port),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_taken_folder_or_port_is_one_clear_line(tmp_path: Path) -> None:
    with embedded_store(tmp_path / "mine") as store:
        folder = started(tmp_path / "mine", free_port())
        assert folder.returncode == FOLDER_TAKEN
        assert f"the data folder {tmp_path / 'mine'} is in use by process " in folder.stderr
        port = started(tmp_path / "other", store.port)
        assert port.returncode == PORT_TAKEN
        assert f"port {store.port} of 127.0.0.1 is taken" in port.stderr
        assert len((folder.stderr + port.stderr).splitlines()) == 2


def test_sigterm_ends_cleanly_and_the_rows_are_there_again(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path)
    store.start()
    client = connect(store.url)
    client.command("CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n")
    client.command("INSERT INTO t VALUES (1), (2)")
    assert store.stop() == 0
    store.start()
    assert query_rows(client, "SELECT sum(n) AS total FROM t") == [{"total": 3}]
    engine = query_rows(client, "SELECT engine FROM system.databases WHERE name = 'midround'")
    assert engine == [{"engine": "Atomic"}]
    assert store.stop() == 0


@pytest.mark.slow
def test_a_kill_during_inserts_loses_no_acknowledged_batch(tmp_path: Path) -> None:
    """Five kills at moments that differ, two batches after the start; every batch that was answered is there, whole."""
    store = EmbeddedStore(tmp_path)
    acknowledged: list[int] = []
    try:
        for life in range(5):
            store.start()
            client = connect(store.url, {"query_retries": "0"})
            client.command(
                "CREATE TABLE IF NOT EXISTS t (batch UInt64, n UInt64) ENGINE = MergeTree ORDER BY batch"
            )
            killer = threading.Timer(0.02 + 0.05 * life, store.kill)
            for batch in range(life * 10_000, life * 10_000 + 5_000):
                if batch == life * 10_000 + 2:
                    killer.start()
                try:
                    block = "".join(f"{batch}\t{n}\n" for n in range(1000))
                    client.raw_insert("t", ["batch", "n"], block, fmt="TabSeparated")
                except (Error, OSError):
                    break
                acknowledged.append(batch)
            killer.join()
        store.start()
        found = query_rows(connect(store.url), "SELECT batch, count() AS n FROM t GROUP BY batch")
        counts = {row["batch"]: row["n"] for row in found}
        assert len(acknowledged) >= 10
        assert {batch: counts.get(batch) for batch in acknowledged} == dict.fromkeys(acknowledged, 1000)
    finally:
        store.stop()
