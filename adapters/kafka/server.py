"""Starts, stops and restarts one Apache Kafka node (KRaft) on this machine from downloaded jars.

Belongs here: the server process. Does not belong here: clients of it.

The jars come from `infra/kafka/fetch.sh`, the settings from `infra/kafka/server.properties`.
"""

import base64
import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from string import Template
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from adapters.ports import bind

_ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = _ROOT / "build" / "kafka" / "lib"
TEMPLATE = _ROOT / "infra" / "kafka" / "server.properties"
_HOST = "127.0.0.1"
_HEAP = ("-Xms256m", "-Xmx512m")
FAST_START = "-XX:TieredStopAtLevel=1"
"""Flag of Java: a node starts sooner, and is slower once it is warm."""
_CLASSES = "classes.jsa"
"""Beside the folder of the jars: what Java loads for a node, ready to map into memory."""
_READY_S = 180.0
_STOP_S = 20.0
_ARCHIVE_S = 180.0


class KafkaServerError(RuntimeError):
    """The server cannot be started; the message says why."""


class KafkaServer:
    """One node. A context manager that starts it and always stops it.

    `folder` holds its data, settings and log and is formatted once. A port of 0 takes a free one and keeps it.
    `flags` are further ones of Java.
    """

    def __init__(
        self,
        folder: Path,
        *,
        libraries: Path = LIBRARIES,
        template: Path = TEMPLATE,
        port: int = 0,
        controller_port: int = 0,
        flags: Sequence[str] = (),
    ) -> None:
        self._folder = folder.resolve()
        self._libraries = libraries.resolve()
        self._template = template
        self.port, self._controller_port = _ports(port, controller_port)
        self._flags = flags
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap_servers(self) -> str:
        return f"{_HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process id while the node runs."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start and wait until it answers. Raises KafkaServerError."""
        command = self.prepared()
        with self._log.open("ab") as log:
            # A separate process group: Ctrl-C reaches the caller, which then stops the node itself.
            self._process = subprocess.Popen(command, stdout=log, stderr=log, process_group=0)
        try:
            self._wait_until_ready()
        except BaseException:
            self.kill()
            raise

    def stop(self, *, timeout_s: float = _STOP_S) -> None:
        """Stop the node gracefully; kill it if that takes too long."""
        self._end(signal.SIGTERM, timeout_s)

    def kill(self) -> None:
        """Kill the node, as a crash would."""
        self._end(signal.SIGKILL)

    def empty(self) -> None:
        """Remove all data of the stopped node; it comes back as another cluster."""
        shutil.rmtree(self._data, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _settings(self) -> Path:
        return self._folder / "server.properties"

    @property
    def _log(self) -> Path:
        return self._folder / "kafka.log"

    def prepared(self) -> list[str]:
        """The command that runs the node in the foreground until SIGTERM. Creates its folder and settings.

        Raises KafkaServerError.
        """
        if shutil.which("java") is None or not any(self._libraries.glob("kafka_2.13-*.jar")):
            raise KafkaServerError(f"no Java or no jars in {self._libraries}: run `make kafka`")
        self._folder.mkdir(parents=True, exist_ok=True)
        values = {"port": self.port, "controller_port": self._controller_port, "data": self._data}
        self._settings.write_text(Template(self._template.read_text()).substitute(values))
        if not (self._data / "meta.properties").exists():
            self._format()
        return self._java("kafka.Kafka", str(self._settings), flags=self._flags)

    def _format(self) -> None:
        tool = ("kafka.tools.StorageTool", "format", "-t", cluster_id(), "-c", str(self._settings))
        done = subprocess.run(
            self._java(*tool, flags=(FAST_START,)), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise KafkaServerError(f"cannot format {self._data}: {done.stderr or done.stdout}")

    def _java(self, *arguments: str, flags: Sequence[str]) -> list[str]:
        archive = self._libraries.parent / _CLASSES
        shared = [f"-XX:SharedArchiveFile={archive}"] if archive.exists() else []
        return ["java", *_HEAP, *shared, *flags, "-cp", f"{self._libraries}{os.sep}*", *arguments]

    def _wait_until_ready(self) -> None:
        client = AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0})
        wait_until(
            lambda: self._answers(client), timeout_s=_READY_S, what=f"Kafka on {self.bootstrap_servers}"
        )

    def _answers(self, client: AdminClient) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise KafkaServerError(f"Kafka ended while starting:\n{_last_lines(self._log)}")
        try:
            return bool(client.list_topics(timeout=0.5).brokers)
        except KafkaException:
            return False

    def _end(self, number: signal.Signals, timeout_s: float = _STOP_S) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def archive_classes(folder: Path, *, libraries: Path = LIBRARIES) -> None:
    """Run a node in `folder` once and keep what Java loaded for it (class-data sharing): with that a node starts
    in about half the time. Java ignores one that does not fit it or the jars.

    Raises KafkaServerError.
    """
    archive = libraries.resolve().parent / _CLASSES
    archive.unlink(missing_ok=True)
    node = KafkaServer(folder, libraries=libraries, flags=(f"-XX:ArchiveClassesAtExit={archive}",))
    node.start()
    node.stop(timeout_s=_ARCHIVE_S)


def wait_until(condition: Callable[[], bool], *, timeout_s: float, what: str) -> None:
    """Wait for `condition`. Raises KafkaServerError naming `what`."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise KafkaServerError(f"{what} is not ready after {timeout_s:.0f} s")
        time.sleep(0.1)


def _ports(port: int, controller_port: int) -> tuple[int, int]:
    """The requested ports or free ones. Raises PortError."""
    with bind(_HOST, port) as one, bind(_HOST, controller_port) as other:
        return one.getsockname()[1], other.getsockname()[1]


def _last_lines(path: Path) -> str:
    lines: Sequence[str] = path.read_text(errors="replace").splitlines()
    return "\n".join(lines[-15:])


def cluster_id(draw: Callable[[], uuid.UUID] = uuid.uuid4) -> str:
    """A random cluster id in Kafka's format. Ids that begin with a dash are avoided: Kafka's tool takes them for
    options."""
    while (drawn := base64.urlsafe_b64encode(draw().bytes).decode().rstrip("=")).startswith("-"):
        continue
    return drawn
