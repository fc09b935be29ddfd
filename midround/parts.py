"""The parts of one machine: which ones the settings call for, their ports, and how their readiness is checked.

Belongs here: the plan, as data, and what else decides it (a named challenger, a registered webhook). Does not belong
here: addresses (`midround.places`), processes (`midround.supervisor`), the code that a part runs (`midround.part`).
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from adapters.configuration import as_environment
from adapters.settings import Settings
from midround import places
from midround.plain import Api, Batch, Plain

NOWHERE = 0
"""The port of a part that does not listen."""
NAMES = ("broker", "store", "stream", "loader", "ticker", "intake", "api")
SHADOW, WEBHOOKS = "shadow", "webhooks"
BATCH = ("mlflow", "code", "webserver", "daemon")
"""The parts of the batch path; started only on request."""
PAGES = frozenset({"intake", "api", "mlflow", "webserver"})
"""Parts that serve browsers."""


class Part(Struct, frozen=True, kw_only=True):
    """One process. Parts are stopped by ascending `stage`: writers, then the loader, then what they write to."""

    name: str
    setting: str
    """The setting that changes its port."""
    host: str
    port: int
    stage: int
    told: bytes = b""
    """Its plain values, encoded as JSON for its standard input."""
    ready_path: str | None = None
    """The path that answers 200 when the part is ready; None: it is ready when it accepts connections."""
    leans_on: str | None = None
    """The part with in-memory data that this one needs: when that part falls, this one is restarted."""
    is_vital: bool = True
    """A part that is not vital is restarted like any other, but nothing waits for it and its failure ends nothing."""
    has_last_words: bool = False
    """Whether stopping it loses its unfinished work, because its log is in the memory of the embedded broker."""


def plan(settings: Settings, *, is_batch: bool = False) -> tuple[Part, ...]:
    """Return the parts to start. A broker, store or tracking server whose address is configured runs elsewhere."""
    is_ours = {
        "broker": not settings.kafka.bootstrap_servers,
        "store": not settings.clickhouse.url,
        "mlflow": not settings.mlflow.url,
    }
    count = settings.stream.count
    found: list[Part] = []
    shadow = (SHADOW,) if runs_shadow(settings, is_batch=is_batch) else ()
    webhooks = (WEBHOOKS,) if runs_webhooks(settings) else ()
    for name in (*NAMES, *shadow, *webhooks, *(BATCH if is_batch else ())):
        if name == "stream" and count > 1:
            found += [_part(settings, f"stream-{index}", index=index) for index in range(count)]
        elif is_ours.get(name, True):
            found.append(_part(settings, name, index=settings.stream.index))
    return tuple(found)


def runs_shadow(settings: Settings, *, is_batch: bool = False) -> bool:
    """Whether to start the shadow process. With `auto`: if a challenger is named, or with the batch path, where a
    retraining may name one while everything runs."""
    from models.bundle import CHALLENGER

    if settings.shadow.run != "auto":
        return settings.shadow.run == "always"
    return is_batch or (places.models_folder(settings) / CHALLENGER).exists()


def runs_webhooks(settings: Settings) -> bool:
    """Whether to start the process that sends webhooks. With `auto`: if the catalog has one."""
    from adapters.catalog.presence import has_webhooks

    if settings.webhooks.run != "auto":
        return settings.webhooks.run == "always"
    return has_webhooks(places.catalog_url(settings))


def webhooks_part(settings: Settings) -> Part:
    """Return the webhooks part, which may become necessary only while everything is running."""
    return _part(settings, WEBHOOKS, index=settings.stream.index)


def moved(settings: Settings, to: Mapping[str, int]) -> Settings:
    """Return the settings with other ports, keyed as in `Part.setting`."""
    for name, port in to.items():
        section, field = name.split(".")
        there = getattr(settings, section).model_copy(update={field: port})
        settings = settings.model_copy(update={section: there})
    return settings


def plain(settings: Settings, name: str, *, index: int) -> Plain:
    """Return the plain values of the part `name`; `index` is a stream's share of the partitions."""
    kafka, store, stream = settings.kafka, settings.clickhouse, settings.stream
    home = settings.home.resolve()
    return Plain(
        name=name,
        log_level=settings.log.level,
        bootstrap_servers=places.bootstrap_servers(settings),
        is_embedded=places.is_embedded(settings),
        kafka_port=kafka.port,
        kafka_folder=str(home / "kafka") if kafka.server == "local" else "",
        kafka_options=kafka.options,
        partitions=kafka.partitions,
        clickhouse_url=places.clickhouse_url(settings),
        clickhouse_port=store.port,
        clickhouse_options=store.options,
        max_memory_bytes=store.max_memory_bytes,
        ttl_days=store.ttl_days,
        catalog_url=places.catalog_url(settings),
        redis_url=settings.redis.url,
        store_folder=str(settings.store_path.resolve()),
        recovery_folder=str(home / "recovery" / f"stream-{index}-of-{stream.count}"),
        stream_index=index,
        stream_count=stream.count,
        epoch_s=stream.epoch_s,
        champion=str(places.models_folder(settings)),
        is_champion_given=bool(stream.champion),
        metrics_port=port_of(settings, name),
        intake_host=settings.intake.host,
        intake_port=settings.intake.port,
        max_body_bytes=settings.intake.max_body_bytes,
        silence_s=settings.ticker.silence_s,
        live_within_s=settings.ticker.live_within_s,
        webhooks_allow_private=settings.webhooks.allow_private,
        webhooks_timeout_s=settings.webhooks.timeout_s,
        webhooks_attempts=settings.webhooks.attempts,
        api=_api(settings),
        batch=_batch(settings, home),
    )


def _api(settings: Settings) -> Api:
    api = settings.api
    return Api(
        host=api.host,
        port=api.port,
        cors_origins=api.cors_origins,
        needs_keys=api.needs_keys,
        access_log=api.access_log,
        radar_folder=api.radar_folder,
        ticket_secret=api.ticket_secret,
        ticket_file=str(settings.home.resolve() / "tickets.secret"),
    )


def _batch(settings: Settings, home: Path) -> Batch:
    return Batch(
        environment=as_environment(settings.model_copy(update={"home": home})),
        dagster_host=settings.dagster.host,
        dagster_port=settings.dagster.port,
        dagster_code_port=settings.dagster.code_port,
        dagster_home=str(home / "dagster"),
        dagster_storage_url=settings.dagster.storage_url,
        mlflow_host=settings.mlflow.host,
        mlflow_port=settings.mlflow.port,
        mlflow_store=settings.model_copy(update={"home": home}).tracking_uri,
        mlflow_artifacts=str(home / "mlflow" / "artifacts"),
    )


def kind_of(name: str) -> str:
    """Return the kind of a part: `stream` for `stream-2`."""
    return name.partition("-")[0]


def port_of(settings: Settings, name: str) -> int:
    """Return the port that a part listens on; several streams on one machine get consecutive ports."""
    kind, _, number = name.partition("-")
    section, _, field = _KINDS[kind].setting.partition(".")
    if not field:
        return NOWHERE
    port: int = getattr(getattr(settings, section), field)
    return port + int(number or 0)


class _Kind(Struct, frozen=True, kw_only=True):
    """Where a kind of part listens, when it is stopped, and how its readiness is checked. A kind without a setting does
    not listen: it is ready as long as it runs."""

    setting: str
    stage: int
    ready_path: str | None = "/ready"
    leans_on: str | None = "broker"
    is_vital: bool = True
    moves_on: bool = False
    """Whether other parts wait for its output from the log."""


_KINDS = {
    "broker": _Kind(setting="kafka.port", stage=3, ready_path=None, leans_on=None),
    "store": _Kind(setting="clickhouse.port", stage=3, ready_path="/ping", leans_on=None),
    "stream": _Kind(setting="stream.metrics_port", stage=1, moves_on=True),
    "loader": _Kind(setting="loader.metrics_port", stage=2, moves_on=True),
    "ticker": _Kind(setting="ticker.metrics_port", stage=0),
    "shadow": _Kind(setting="shadow.metrics_port", stage=0, is_vital=False),
    "webhooks": _Kind(setting="webhooks.metrics_port", stage=0, is_vital=False),
    "intake": _Kind(setting="intake.port", stage=0),
    "api": _Kind(setting="api.port", stage=0),
    "webserver": _Kind(setting="dagster.port", stage=0, ready_path="/server_info", leans_on=None),
    "daemon": _Kind(setting="", stage=0, ready_path=None, leans_on=None),
    "code": _Kind(setting="dagster.code_port", stage=0, ready_path=None, leans_on=None),
    "mlflow": _Kind(setting="mlflow.port", stage=0, ready_path="/health", leans_on=None),
}


def _part(settings: Settings, name: str, *, index: int) -> Part:
    kind = _KINDS[kind_of(name)]
    return Part(
        name=name,
        setting=kind.setting,
        host=getattr(getattr(settings, kind.setting.partition(".")[0], None), "host", places.LOOPBACK),
        port=port_of(settings, name),
        stage=kind.stage,
        told=msgspec.json.encode(plain(settings, name, index=index)),
        ready_path=kind.ready_path,
        leans_on=kind.leans_on if places.is_embedded(settings) else None,
        is_vital=kind.is_vital,
        has_last_words=kind.moves_on and places.is_embedded(settings),
    )
