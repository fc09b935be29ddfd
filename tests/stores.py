"""An embedded ClickHouse as its own process, for tests that speak to a store. No tests here."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from adapters.clickhouse.client import ping
from tests.ports import free_port

START_LIMIT_S = 120


class EmbeddedStore:
    """The process over one folder: started, killed and started again on one port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/midround"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        command = [sys.executable, "-m", "adapters.clickhouse.embedded"]
        options = ["--path", str(self.folder), "--port", str(self.port)]
        self._process = subprocess.Popen([*command, *options])
        deadline = time.monotonic() + START_LIMIT_S
        while not ping(self.url, timeout_s=1):
            assert self._process.poll() is None, f"the store ended with {self._process.returncode}"
            assert time.monotonic() < deadline, "the store does not answer"
            time.sleep(0.02)

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGTERM)
        try:
            return self._process.wait(timeout=120)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise


@contextlib.contextmanager
def embedded_store(folder: Path) -> Iterator[EmbeddedStore]:
    """A running store over a folder, stopped at the end whatever happened."""
    store = EmbeddedStore(folder)
    try:
        store.start()
        yield store
    finally:
        with contextlib.suppress(AssertionError):
            store.stop()
