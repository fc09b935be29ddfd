"""Runs one part in this process: `python -m midround.part`, with its plain values as JSON on standard input.

Belongs here: mapping the plain values to the arguments of each part's `run`. Imports are local to functions, so that a
part loads only what it needs. Does not belong here: settings, what a part does, when it is started.
"""

import ctypes
import gc
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from adapters import logs
from adapters.exit_codes import DONE, WRONG_USE
from adapters.ports import PortError
from midround.plain import Plain

if TYPE_CHECKING:
    from adapters.kafka.connection import Connection

PARENT = "--parent="
UNHURRIED, NICENESS = ("store", "loader", "shadow", "webhooks", "mlflow", "code", "webserver", "daemon"), 10
"""Parts without a direct reader run at lower priority: on shared cores, those between a game server and a client go
first."""
COLLECTIONS = (20_000, 50, 100)
"""Thresholds of Python's cyclic garbage collector. Messages, rows and views hold no reference cycles; collecting at the
default rate took a sixth of the loader's time and stalled every client of the API for tenths of a second."""
_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> int:
    """Run the part described on standard input and return its exit code. With `--parent=PID` it ends with that
    process."""
    for parent in (int(a.removeprefix(PARENT)) for a in arguments if a.startswith(PARENT)):
        if not die_with(parent):
            return 1
    return run(msgspec.json.decode(sys.stdin.buffer.read(), type=Plain))


def run(plain: Plain) -> int:
    """Run one part until SIGTERM or SIGINT. Returns 0 after a signal, 2 for unusable values, 3 for a taken folder, 4
    for a taken port."""
    _end_also_while_starting()
    logs.install(plain.log_level)
    gc.set_threshold(*COLLECTIONS)
    kind = plain.name.partition("-")[0]
    if kind in UNHURRIED:
        os.nice(NICENESS)
    try:
        return BODIES[kind](plain)
    except PortError as error:
        sys.stderr.write(f"{error}\n")
        return error.code


def _end_also_while_starting() -> None:
    """Exit on a signal until the body installs its own handlers: its imports and connections may take a second or
    more."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(DONE))


def die_with(parent: int) -> bool:
    """Have the kernel kill this process when its parent exits, however it exits (Linux only); False if it already
    has."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    return os.getppid() == parent


def _broker(plain: Plain) -> int:
    return _kafka(plain) if plain.kafka_folder else _embedded_broker(plain)


def _kafka(plain: Plain) -> int:
    """Replace this process with the Kafka node, which then receives the signals, writes the log, and ends with the
    parent."""
    from adapters.kafka.server import KafkaServer, KafkaServerError

    try:
        command = KafkaServer(Path(plain.kafka_folder), port=plain.kafka_port).prepared()
    except KafkaServerError as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_USE
    return os.execvp(command[0], command)


def _embedded_broker(plain: Plain) -> int:
    from adapters import embedded_broker

    embedded_broker.run(plain.kafka_port, plain.partitions, lambda _: None)
    return DONE


def _store(plain: Plain) -> int:
    from adapters.clickhouse import embedded

    return embedded.serve(
        Path(plain.store_folder), port=plain.clickhouse_port, max_memory_bytes=plain.max_memory_bytes
    )


def _stream(plain: Plain) -> int:
    from models.bundle import BundleError
    from models.predictor import CHAMPION
    from models.promotion import PromotionError, seed
    from streaming import process

    try:
        if not plain.is_champion_given:
            seed(Path(plain.champion), CHAMPION)
        return process.run(
            _connection(plain),
            partitions=plain.partitions,
            recovery=Path(plain.recovery_folder),
            metrics_port=plain.metrics_port,
            process_index=plain.stream_index,
            process_count=plain.stream_count,
            epoch_s=plain.epoch_s,
            champion=Path(plain.champion),
        )
    except (BundleError, PromotionError) as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_USE


def _loader(plain: Plain) -> int:
    from streaming import loading

    return loading.run(
        _connection(plain),
        clickhouse_url=plain.clickhouse_url,
        clickhouse_options=plain.clickhouse_options,
        catalog_url=plain.catalog_url,
        redis_url=plain.redis_url,
        ttl_days=plain.ttl_days,
        metrics_port=plain.metrics_port,
    )


def _ticker(plain: Plain) -> int:
    from streaming import ticking

    return ticking.run(
        _connection(plain),
        silence_s=plain.silence_s,
        live_within_s=plain.live_within_s,
        metrics_port=plain.metrics_port,
    )


def _shadow(plain: Plain) -> int:
    from streaming import shadowing

    return shadowing.run(_connection(plain), folder=Path(plain.champion), metrics_port=plain.metrics_port)


def _webhooks(plain: Plain) -> int:
    from api.outbox import serve
    from api.outbox.schedule import Schedule

    manner = serve.Manner(
        is_private_allowed=plain.webhooks_allow_private,
        timeout_s=plain.webhooks_timeout_s,
        schedule=Schedule(attempts_max=plain.webhooks_attempts),
    )
    return serve.run(
        _connection(plain), catalog_url=plain.catalog_url, metrics_port=plain.metrics_port, manner=manner
    )


def _intake(plain: Plain) -> int:
    from api.intake import serve

    return serve.run(
        bootstrap_servers=plain.bootstrap_servers,
        is_embedded=plain.is_embedded,
        kafka_options=plain.kafka_options,
        host=plain.intake_host,
        port=plain.intake_port,
        body_bytes_max=plain.max_body_bytes,
    )


def _ticket_secret(plain: Plain) -> bytes:
    """Return the secret that signs tickets. Without keys there are no tickets, so no file is needed. Raises OSError."""
    from secrets import token_bytes

    from adapters.privacy import SECRET_BYTES, kept_secret

    if not plain.api.needs_keys:
        return token_bytes(SECRET_BYTES)
    return plain.api.ticket_secret.encode() or kept_secret(Path(plain.api.ticket_file))


def _api(plain: Plain) -> int:
    from api.public import serve

    try:
        secret = _ticket_secret(plain)
    except OSError as error:
        sys.stderr.write(f"no secret for tickets ({error}): name one as api.ticket_secret\n")
        return WRONG_USE
    return serve.run(
        bootstrap_servers=plain.bootstrap_servers,
        is_embedded=plain.is_embedded,
        kafka_options=plain.kafka_options,
        host=plain.api.host,
        port=plain.api.port,
        cors_origins=plain.api.cors_origins,
        needs_keys=plain.api.needs_keys,
        ticket_secret=secret,
        allows_private=plain.webhooks_allow_private,
        access_log=plain.api.access_log,
        radar_folder=Path(plain.api.radar_folder) if plain.api.radar_folder else None,
        clickhouse_url=plain.clickhouse_url,
        clickhouse_options=plain.clickhouse_options,
        catalog_url=plain.catalog_url,
        redis_url=plain.redis_url,
        models=Path(plain.champion),
        epoch_s=plain.epoch_s,
    )


def _batch(plain: Plain) -> int:
    """Replace this process with Dagster or MLflow, which then receives the signals, writes the log, and ends with the
    parent."""
    from midround import batch

    os.environ.update(batch.environment(plain.batch))
    command = batch.prepared(plain.name, plain.batch)
    return os.execvp(command[0], command)


def _connection(plain: Plain) -> "Connection":
    from adapters.kafka.connection import connection

    return connection(plain.bootstrap_servers, plain.kafka_options, embedded=plain.is_embedded)


BODIES: dict[str, Callable[[Plain], int]] = {
    "broker": _broker,
    "store": _store,
    "stream": _stream,
    "loader": _loader,
    "ticker": _ticker,
    "shadow": _shadow,
    "webhooks": _webhooks,
    "intake": _intake,
    "api": _api,
    "mlflow": _batch,
    "code": _batch,
    "webserver": _batch,
    "daemon": _batch,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
