"""One part in this process: `python -m midround.part NAME`, settings from the environment alone.

Belongs here: from settings to the plain values that each part's `run` takes; imports happen here and late, so that
a part loads only what it needs. Does not belong here: what a part does, and when it is started.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from adapters import logs
from adapters.settings import Settings, SettingsError, load
from midround import parts

PARENT = "--parent="
_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> int:
    """Run the part named first; `--parent=PID` ends it with that process. Returns its exit code."""
    names = [a for a in arguments if not a.startswith(PARENT)]
    for parent in (int(a.removeprefix(PARENT)) for a in arguments if a.startswith(PARENT)):
        if not die_with(parent):
            return 1
    try:
        return run(names[0], load(os.environ, is_alone=True).settings)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def run(name: str, settings: Settings) -> int:
    """Run one part until SIGTERM or SIGINT. 0 after a signal, 3 folder taken, 4 port taken."""
    logs.install(settings.log.level)
    return BODIES[name](settings)


def die_with(parent: int) -> bool:
    """Have the kernel kill this process when its parent goes, however it goes (Linux); False if it went already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    return os.getppid() == parent


def _broker(settings: Settings) -> int:
    from adapters import embedded_broker

    embedded_broker.run(settings.kafka.port, settings.kafka.partitions, lambda _: None)
    return 0


def _store(settings: Settings) -> int:
    from adapters.clickhouse import embedded

    folder = settings.home.resolve() / "store"
    return embedded.serve(
        folder, port=settings.clickhouse.port, max_memory_bytes=settings.clickhouse.max_memory_bytes
    )


def _stream(settings: Settings) -> int:
    from models.predictor import CHAMPION
    from streaming import process

    stream = settings.stream
    return process.run(
        parts.broker(settings),
        partitions=settings.kafka.partitions,
        recovery=parts.recovery_folder(settings, f"stream-{stream.index}-of-{stream.count}"),
        metrics_port=stream.metrics_port,
        process_index=stream.index,
        process_count=stream.count,
        epoch_s=stream.epoch_s,
        champion=Path(stream.champion) if stream.champion else CHAMPION,
    )


def _loader(settings: Settings) -> int:
    from streaming import loading

    return loading.run(
        parts.broker(settings),
        clickhouse_url=parts.clickhouse_url(settings),
        clickhouse_options=settings.clickhouse.options,
        catalog_url=parts.catalog_url(settings),
        ttl_days=settings.clickhouse.ttl_days,
        metrics_port=settings.loader.metrics_port,
    )


def _ticker(settings: Settings) -> int:
    from streaming import ticking

    return ticking.run(
        parts.broker(settings),
        silence_s=settings.ticker.silence_s,
        live_within_s=settings.ticker.live_within_s,
        metrics_port=settings.ticker.metrics_port,
    )


def _intake(settings: Settings) -> int:
    from api.intake import serve

    return serve.run(
        bootstrap_servers=parts.bootstrap_servers(settings),
        is_embedded=parts.is_embedded(settings),
        kafka_options=settings.kafka.options,
        host=settings.intake.host,
        port=settings.intake.port,
        body_bytes_max=settings.intake.max_body_bytes,
    )


def _api(settings: Settings) -> int:
    from api.public import serve

    return serve.run(
        bootstrap_servers=parts.bootstrap_servers(settings),
        is_embedded=parts.is_embedded(settings),
        kafka_options=settings.kafka.options,
        host=settings.api.host,
        port=settings.api.port,
        clickhouse_url=parts.clickhouse_url(settings),
        clickhouse_options=settings.clickhouse.options,
    )


BODIES: dict[str, Callable[[Settings], int]] = {
    "broker": _broker,
    "store": _store,
    "stream": _stream,
    "loader": _loader,
    "ticker": _ticker,
    "intake": _intake,
    "api": _api,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
