"""Debian's Postgres as its own process over a temporary folder, for tests of what is kept in one. No tests here."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg2

from tests.ports import free_port

START_LIMIT_S = 60
INSTALLED = Path("/usr/lib/postgresql")


def program(name: str) -> str:
    """A program of Postgres; `infra/postgres/fetch.sh` sees to it that there is one."""
    on_path = shutil.which(name)
    if on_path is not None:
        return on_path
    newest = max(INSTALLED.glob(f"*/bin/{name}"), default=None, key=lambda path: int(path.parts[-3]))
    assert newest is not None, "no Postgres here: infra/postgres/fetch.sh"
    return str(newest)


class Postgres:
    """One server; `url` leads to a new database of each name."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._user = _owner()
        os.chown(folder, pwd.getpwnam(self._user).pw_uid, -1)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make its files, start it, and wait until it takes connections."""
        data = self._folder / "data"
        subprocess.run(
            [program("initdb"), "-D", str(data), "-U", "midround", "-A", "trust", "--no-sync"],
            user=self._user,
            cwd=self._folder,
            check=True,
            capture_output=True,
        )
        self._process = subprocess.Popen(
            [
                *(program("postgres"), "-D", str(data), "-p", str(self.port)),
                *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"),
            ],
            user=self._user,
            cwd=self._folder,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_LIMIT_S
        while not self._answers():
            assert self._process.poll() is None, f"Postgres ended with {self._process.returncode}"
            assert time.monotonic() < deadline, "Postgres does not answer"
            time.sleep(0.05)

    def url(self, database: str) -> str:
        """A new, empty database."""
        with contextlib.closing(psycopg2.connect(self._at("postgres"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f'CREATE DATABASE "{database}"')
        return self._at(database)

    def stop(self) -> None:
        """At once, whoever is connected: nobody reads its files again, so nothing is written to them any more."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGQUIT)
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _at(self, database: str) -> str:
        return f"postgresql://midround@127.0.0.1:{self.port}/{database}"

    def _answers(self) -> bool:
        try:
            psycopg2.connect(self._at("postgres"), connect_timeout=1).close()
        except psycopg2.OperationalError:
            return False
        return True


def _owner() -> str:
    """Postgres refuses to run as root."""
    return "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


@contextlib.contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server that is stopped at the end whatever happened."""
    with TemporaryDirectory(prefix="midround-postgres-") as folder:
        server = Postgres(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()
