"""One part in this process: `python -m midround.part`, its plain values as JSON on standard input.

Belongs here: from plain values to what each part's `run` takes; imports happen here and late, so that a part loads only
what it needs. Does not belong here: settings, what a part does, when it is started.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from adapters import logs
from adapters.exit_codes import DONE, PORT_TAKEN, WRONG_USE
from midround.plain import Plain

if TYPE_CHECKING:
    from adapters.kafka.connection import Connection

PARENT = "--parent="
UNHURRIED, NICENESS = ("store", "loader", "shadow", "webhooks", "mlflow", "code", "webserver", "daemon"), 5
"""Nobody watches rows being written, or a backfill: where parts share a core, those between a game server and a client
go first."""
_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> int:
    """Run the part that standard input describes; `--parent=PID` ends it with that process. Returns its exit code."""
    for parent in (int(a.removeprefix(PARENT)) for a in arguments if a.startswith(PARENT)):
        if not die_with(parent):
            return 1
    return run(msgspec.json.decode(sys.stdin.buffer.read(), type=Plain))


def run(told: Plain) -> int:
    """Run one part until SIGTERM or SIGINT. 0 after a signal, 2 what it is told cannot be used, 3 folder
    taken, 4 port taken."""
    logs.install(told.log_level)
    kind = told.name.partition("-")[0]
    if kind in UNHURRIED:
        os.nice(NICENESS)
    return BODIES[kind](told)


def die_with(parent: int) -> bool:
    """Have the kernel kill this process when its parent goes, however it goes (Linux); False if it went already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    return os.getppid() == parent


def _broker(told: Plain) -> int:
    return _kafka(told) if told.kafka_folder else _embedded_broker(told)


def _kafka(told: Plain) -> int:
    """This process becomes the node, so that signals, log and the bond to the parent's life are the node's own."""
    from adapters.kafka.server import KafkaPortTakenError, KafkaServer, KafkaServerError

    try:
        command = KafkaServer(Path(told.kafka_folder), port=told.kafka_port).prepared()
    except KafkaServerError as error:
        sys.stderr.write(f"{error}\n")
        return PORT_TAKEN if isinstance(error, KafkaPortTakenError) else WRONG_USE
    return os.execvp(command[0], command)


def _embedded_broker(told: Plain) -> int:
    from adapters import embedded_broker

    try:
        embedded_broker.run(told.kafka_port, told.partitions, lambda _: None)
    except embedded_broker.PortTakenError as error:
        sys.stderr.write(f"{error}\n")
        return PORT_TAKEN
    return DONE


def _store(told: Plain) -> int:
    from adapters.clickhouse import embedded

    return embedded.serve(
        Path(told.store_folder), port=told.clickhouse_port, max_memory_bytes=told.max_memory_bytes
    )


def _stream(told: Plain) -> int:
    from models.bundle import BundleError
    from models.predictor import CHAMPION
    from models.promotion import PromotionError, seed
    from streaming import process

    try:
        if not told.is_champion_given:
            seed(Path(told.champion), CHAMPION)
        return process.run(
            _connection(told),
            partitions=told.partitions,
            recovery=Path(told.recovery_folder),
            metrics_port=told.metrics_port,
            process_index=told.stream_index,
            process_count=told.stream_count,
            epoch_s=told.epoch_s,
            champion=Path(told.champion),
        )
    except (BundleError, PromotionError) as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_USE


def _loader(told: Plain) -> int:
    from streaming import loading

    return loading.run(
        _connection(told),
        clickhouse_url=told.clickhouse_url,
        clickhouse_options=told.clickhouse_options,
        catalog_url=told.catalog_url,
        redis_url=told.redis_url,
        ttl_days=told.ttl_days,
        metrics_port=told.metrics_port,
    )


def _ticker(told: Plain) -> int:
    from streaming import ticking

    return ticking.run(
        _connection(told),
        silence_s=told.silence_s,
        live_within_s=told.live_within_s,
        metrics_port=told.metrics_port,
    )


def _shadow(told: Plain) -> int:
    from streaming import shadowing

    return shadowing.run(_connection(told), folder=Path(told.champion), metrics_port=told.metrics_port)


def _webhooks(told: Plain) -> int:
    from api.outbox import serve
    from api.outbox.schedule import Schedule

    manner = serve.Manner(
        is_private_allowed=told.webhooks_allow_private,
        timeout_s=told.webhooks_timeout_s,
        schedule=Schedule(attempts_max=told.webhooks_attempts),
    )
    return serve.run(
        _connection(told), catalog_url=told.catalog_url, metrics_port=told.metrics_port, manner=manner
    )


def _intake(told: Plain) -> int:
    from api.intake import serve

    return serve.run(
        bootstrap_servers=told.bootstrap_servers,
        is_embedded=told.is_embedded,
        kafka_options=told.kafka_options,
        host=told.intake_host,
        port=told.intake_port,
        body_bytes_max=told.max_body_bytes,
    )


def _api(told: Plain) -> int:
    from api.public import serve

    return serve.run(
        bootstrap_servers=told.bootstrap_servers,
        is_embedded=told.is_embedded,
        kafka_options=told.kafka_options,
        host=told.api.host,
        port=told.api.port,
        cors_origins=told.api.cors_origins,
        needs_keys=told.api.needs_keys,
        allows_private=told.webhooks_allow_private,
        access_log=told.api.access_log,
        radar_folder=Path(told.api.radar_folder) if told.api.radar_folder else None,
        clickhouse_url=told.clickhouse_url,
        clickhouse_options=told.clickhouse_options,
        catalog_url=told.catalog_url,
        redis_url=told.redis_url,
        models=Path(told.champion),
    )


def _batch(told: Plain) -> int:
    """This process becomes Dagster's or MLflow's, so that signals, log and the bond to the parent are its own."""
    from midround import batch

    os.environ.update(batch.environment(told.batch))
    command = batch.prepared(told.name, told.batch)
    return os.execvp(command[0], command)


def _connection(told: Plain) -> "Connection":
    from adapters.kafka.connection import connection

    return connection(told.bootstrap_servers, told.kafka_options, embedded=told.is_embedded)


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
