"""The parts of one machine: which there are under given settings, their ports, how one sees that each is ready.

Belongs here: the plan, as data. Does not belong here: processes (`midround.supervisor`), bodies (`midround.part`).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from adapters.settings import Settings

if TYPE_CHECKING:
    from adapters.kafka.connection import Connection

LOOPBACK = "127.0.0.1"
NOTHING: Mapping[str, str] = {}


class Part(Struct, frozen=True, kw_only=True):
    """One process. Parts are stopped by `stage`, the lowest first: writers, then loader, then what they write to."""

    name: str
    kind: str
    setting: str
    """The setting that moves its port."""
    host: str
    port: int
    stage: int
    ready_path: str | None = None
    """Answers 200 when the part is ready; null: it is ready when it accepts connections."""
    leans_on: str | None = None
    """A part without whose memory this one must begin anew."""
    environment: Mapping[str, str] = NOTHING

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


def plan(settings: Settings) -> tuple[Part, ...]:
    """The parts to be started; a broker or a store that is configured is somebody else's."""
    return (*_embedded(settings), *_streams(settings), *_others(settings))


def bootstrap_servers(settings: Settings) -> str:
    """The configured brokers, else the embedded one."""
    return settings.kafka.bootstrap_servers or f"{LOOPBACK}:{settings.kafka.port}"


def broker(settings: Settings) -> "Connection":
    """How to reach the broker."""
    from adapters.kafka.connection import connection

    return connection(bootstrap_servers(settings), settings.kafka.options, embedded=is_embedded(settings))


def is_embedded(settings: Settings) -> bool:
    """Whether the broker is the embedded one."""
    return not settings.kafka.bootstrap_servers


def intake_url(settings: Settings) -> str:
    """Where events are posted to."""
    return f"http://{settings.intake.host}:{settings.intake.port}"


def clickhouse_url(settings: Settings) -> str:
    """The configured store, else the embedded one."""
    return settings.clickhouse.url or f"http://{LOOPBACK}:{settings.clickhouse.port}/midround"


def catalog_url(settings: Settings) -> str:
    """The configured catalog, else a file in the data folder."""
    return settings.catalog.url or f"sqlite:///{settings.home.resolve() / 'catalog.sqlite'}"


def recovery_folder(settings: Settings, name: str) -> Path:
    """Where the stream process `name` keeps its recovery state."""
    return settings.home.resolve() / "recovery" / name


def _embedded(settings: Settings) -> list[Part]:
    broker = Part(
        name="broker", kind="broker", setting="kafka.port", host=LOOPBACK, port=settings.kafka.port, stage=3
    )
    store = Part(
        name="store",
        kind="store",
        setting="clickhouse.port",
        host=LOOPBACK,
        port=settings.clickhouse.port,
        stage=3,
        ready_path="/ping",
    )
    return [broker] * is_embedded(settings) + [store] * (not settings.clickhouse.url)


def _streams(settings: Settings) -> list[Part]:
    """One process for each share of the partitions; with one only, its index is what the settings say."""
    leans_on = "broker" if is_embedded(settings) else None
    return [
        Part(
            name="stream" if settings.stream.count == 1 else f"stream-{index}",
            kind="stream",
            setting="stream.metrics_port",
            host=LOOPBACK,
            port=settings.stream.metrics_port + index,
            stage=1,
            ready_path="/ready",
            leans_on=leans_on,
            environment={
                "MIDROUND_STREAM__INDEX": str(index),
                "MIDROUND_STREAM__METRICS_PORT": str(settings.stream.metrics_port + index),
            },
        )
        for index in range(settings.stream.count)
    ]


def _others(settings: Settings) -> list[Part]:
    leans_on = "broker" if is_embedded(settings) else None
    rows = [
        ("loader", "loader.metrics_port", LOOPBACK, settings.loader.metrics_port, 2),
        ("ticker", "ticker.metrics_port", LOOPBACK, settings.ticker.metrics_port, 0),
        ("intake", "intake.port", settings.intake.host, settings.intake.port, 0),
        ("api", "api.port", settings.api.host, settings.api.port, 0),
    ]
    return [
        Part(
            name=name,
            kind=name,
            setting=setting,
            host=host,
            port=port,
            stage=stage,
            ready_path="/ready",
            leans_on=leans_on,
        )
        for name, setting, host, port, stage in rows
    ]
