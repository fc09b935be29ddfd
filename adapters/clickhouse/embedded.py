"""The embedded ClickHouse as a process: lock the folder, open the engine, serve HTTP until SIGTERM.

Belongs here: the folder's lock, the port, signals, exit codes. Does not belong here: the engine (`engine`), HTTP
(`front`). Run as `python -m adapters.clickhouse.embedded`.
"""

import argparse
import asyncio
import fcntl
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from adapters.exit_codes import DONE, FOLDER_TAKEN
from adapters.ports import PortError, bind

STATEMENTS_AT_ONCE = 8
GRACE_S = 4
"""Seconds that running statements may take after SIGTERM; the supervisor allows five seconds in total."""


class FolderTaken(Exception):
    """Another process has the data folder open."""


class _Stop(BaseException):
    """SIGTERM or SIGINT arrived: unwind the stack, so that the engine closes and the lock is released."""


def _stop(signal_number: int, frame: FrameType | None) -> None:
    raise _Stop


def serve(
    path: Path,
    *,
    port: int,
    host: str = "127.0.0.1",
    database: str = "midround",
    max_memory_bytes: int = 1_000_000_000,
) -> int:
    """Serve the folder over HTTP until SIGTERM or SIGINT, then close it. Returns the process's exit code.

    `max_memory_bytes` limits each statement unless it sets `max_memory_usage` itself. If the folder or port is taken,
    prints one line to stderr and returns exit code 3 or 4, before the engine is loaded.
    """
    # uvicorn re-raises the signal when it has finished; the default action would end the process before the engine is
    # closed.
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        with suppress(_Stop), folder_lock(path), bind(host, port) as listener:
            _run(path, listener, database=database, max_memory_bytes=max_memory_bytes)
    except FolderTaken as error:
        sys.stderr.write(f"{error}\n")
        return FOLDER_TAKEN
    except PortError as error:
        sys.stderr.write(f"{error}\n")
        return error.code
    return DONE


@contextmanager
def folder_lock(path: Path) -> Iterator[None]:
    """Lock the folder for this process. Raises FolderTaken naming the holder. A kill releases the lock."""
    path.mkdir(parents=True, exist_ok=True)
    with (path / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise FolderTaken(
                f"the data folder {path} is in use by process {holder}; one process a folder"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _run(path: Path, listener: socket.socket, *, database: str, max_memory_bytes: int) -> None:
    """Open the engine and serve. The imports are local, so that a refused start is instant and no other code pays for
    them."""
    import uvicorn

    from adapters.clickhouse.engine import Engine
    from adapters.clickhouse.front import create_app

    # The engine takes its server time zone from here; a store must not depend on the host's.
    os.environ["TZ"] = "UTC"
    engine = Engine(path / "chdb", database=database, max_memory_bytes=max_memory_bytes)
    pool = ThreadPoolExecutor(STATEMENTS_AT_ONCE, thread_name_prefix="statement")
    config = uvicorn.Config(
        create_app(engine, pool),
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACE_S,
    )
    try:
        asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))
    finally:
        pool.shutdown(cancel_futures=True)
        engine.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="clickhouse-embedded", description="chDB behind ClickHouse's HTTP")
    parser.add_argument("--path", type=Path, required=True, help="data folder; one process a folder")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--database", default="midround")
    parser.add_argument(
        "--max-memory-bytes", type=int, default=1_000_000_000, help="bound on one statement's memory"
    )
    chosen = parser.parse_args(arguments)
    return serve(
        chosen.path,
        host=chosen.host,
        port=chosen.port,
        database=chosen.database,
        max_memory_bytes=chosen.max_memory_bytes,
    )


if __name__ == "__main__":
    sys.exit(main())
