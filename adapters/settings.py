"""All settings of Midround in one nested object.

Belongs here: what can be set, and defaults. Does not belong here: reading them (`configuration`), use of a setting;
functions elsewhere take plain values (`url: str`), never this object.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from adapters.clickhouse.tables import TABLES, TTL_DAYS_MAX
from adapters.ports import LOOPBACK

PREFIX = "MIDROUND_"

Port = Annotated[int, Field(ge=1, le=65535)]
Days = Annotated[int, Field(ge=0, le=TTL_DAYS_MAX)]


def _plain(options: object) -> object:
    """Options as the text that the client libraries take; a boolean is `true` or `false`."""
    if not isinstance(options, Mapping):
        return options
    return {
        str(key): str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in options.items()
    }


def _with_driver(url: str) -> str:
    """A Postgres with the driver that the batch path brings: SQLAlchemy 2.1 would take another where none is named."""
    scheme, found, rest = url.partition("://")
    return f"postgresql+psycopg2{found}{rest}" if scheme in {"postgres", "postgresql"} else url


def _of_catalog(url: str) -> str:
    """An SQLite or a Postgres; SQLAlchemy is loaded only where one is named."""
    if not url:
        return url
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        backend = make_url(url).get_backend_name()
    except ArgumentError:
        backend = ""
    if backend not in {"sqlite", "postgresql"}:
        raise ValueError("the catalog is an SQLite file (sqlite:///...) or a Postgres (postgresql://...)")
    return url


Database = Annotated[str, AfterValidator(_with_driver)]
Options = Annotated[dict[str, str], BeforeValidator(_plain)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class Kafka(Section):
    """The broker: an `embedded` one, or a `local` Apache Kafka that keeps its log in the data folder; both are started
    with the other parts, on `port` of the loopback. With `bootstrap_servers` one that runs elsewhere."""

    server: Literal["embedded", "local"] = "embedded"
    """Which broker is started here, unless `bootstrap_servers` names one."""
    bootstrap_servers: str = ""
    """`host:port,host:port` of a Kafka that runs elsewhere; none is started then."""
    port: Port = 9092
    """Port of the broker that is started here."""
    partitions: int = Field(default=4, ge=1, le=1024)
    """Partitions of each topic that is created."""
    options: Options = {}
    """Any option of librdkafka, by its own name."""

    @field_validator("bootstrap_servers")
    @classmethod
    def _elsewhere_or_here(cls, value: str, info: ValidationInfo) -> str:
        if value and info.data.get("server") == "local":
            raise ValueError("kafka.server = local starts a broker here: name one or the other")
        return value


class ClickHouse(Section):
    """The store; without `url` the embedded one, on `port` of the loopback."""

    url: str = ""
    """`http://user:password@host:8123/database` of a ClickHouse that runs elsewhere."""
    port: Port = 8123
    """Port of the embedded store."""
    max_memory_bytes: int = Field(default=1_000_000_000, ge=100_000_000)
    """Memory that one query of the embedded store may use."""
    ttl_days: dict[str, Days] = {}
    """Days by table, counted from `received_at`; for example cs2_events_raw = 90. 0 keeps rows for ever. Defaults are
    those of the tables."""
    options: Options = {}
    """Any option of clickhouse-connect, by its own name; `ch_...` for a setting on every query."""

    @field_validator("ttl_days")
    @classmethod
    def _tables_with_retention(cls, value: dict[str, Days]) -> dict[str, Days]:
        known = [table.name for table in TABLES if table.ttl_column]
        unknown = [name for name in value if name not in known]
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: no table with a retention; those are {', '.join(known)}")
        return value


class Catalog(Section):
    """The SQL catalog: SQLite or Postgres (`postgresql://...`); without `url` an SQLite file in the data folder."""

    url: Annotated[Database, AfterValidator(_of_catalog)] = ""
    """`sqlite:///path` or `postgresql://user:password@host/database`."""


class Redis(Section):
    """The cache of what is newest (`match:{match_id}`, `prediction:{match_id}`), and the limits of clients counted for
    all processes together. Without `url` each process has its own."""

    url: str = ""
    """`redis://:password@host:6379/0`."""


class Intake(Section):
    """The write side, to which sources send events."""

    host: str = "127.0.0.1"
    """The address to listen on."""
    port: Port = 8081
    """The port to listen on."""
    max_body_bytes: int = Field(default=4_194_304, ge=1024)
    """The largest body of a request, as received and unpacked."""


class Api(Section):
    """The read side: dashboard, REST, GraphQL, live feed."""

    host: str = "127.0.0.1"
    """The address to listen on."""
    port: Port = 8080
    """The port to listen on."""
    cors_origins: tuple[str, ...] = ()
    """Origins whose pages may ask from a browser; `*` for all."""
    access: Literal["auto", "open", "keys"] = "auto"
    """`open`: who brings no key may read within one plan of all, on loopback only; `keys`: only who brings one
    (`midround clients`); `auto`: open where only this machine can reach it."""
    access_log: float = Field(default=0.01, ge=0, le=1)
    """The share of requests that have a line in the log. Requests that failed here always have one, unless it is 0."""
    ticket_secret: str = Field(default="", pattern="^(.{32,})?$")
    """What tickets of browsers are sealed with, 32 characters or more, the same for all processes of the API. Empty: a
    random one, kept in the data folder."""
    radar_folder: str = ""
    """Folder of own pictures of maps: `<map>.png`, `<map>.json` (pos_x, pos_y, scale), `<map>_lower.png`."""

    @model_validator(mode="after")
    def _is_open_here_only(self) -> Self:
        if self.access == "open" and self.host not in LOOPBACK:
            reason = (
                f'an API at {self.host} can be reached from elsewhere: set api.access = "keys", or api.host'
            )
            raise ValueError(f'{reason} = "127.0.0.1"')
        return self

    @property
    def needs_keys(self) -> bool:
        """Whether who asks must bring a key."""
        is_here = self.host in LOOPBACK
        return self.access == "keys" or (self.access == "auto" and not is_here)


class Stream(Section):
    """One single-worker process; `index` of `count` says which share of the partitions it has."""

    metrics_port: Port = 9110
    """Port of `/metrics`, `/health` and `/ready`; further streams of this machine have the ports after it."""
    epoch_s: float = Field(default=0.8, ge=0.05, le=60)
    """Seconds of an epoch. Offsets are committed two epochs after a message was read, and the embedded broker holds
    producers back for what is not committed. The API takes from it how soon a stream is late: the same value there."""
    index: int = Field(default=0, ge=0)
    """Which of the streams this one is, from 0."""
    count: int = Field(default=1, ge=1)
    """How many streams share the partitions."""
    champion: str = ""
    """The folder of models, champion.json in it; empty: `models` in the data folder, which begins with the one that
    ships with the package."""


class Loader(Section):
    """The process that writes the topics to store, catalog and cache."""

    metrics_port: Port = 9102
    """Port of `/metrics`, `/health` and `/ready`."""


class Ticker(Section):
    """The process that speaks for the clock where a live source says nothing."""

    metrics_port: Port = 9103
    """Port of `/metrics`, `/health` and `/ready`."""
    silence_s: float = Field(default=1.0, ge=0.1)
    """Seconds for which a live source says nothing before the clock speaks for it."""
    live_within_s: float = Field(default=30.0, ge=1)
    """Seconds by which an event's time may differ from ours to count as live; a replay's differs more."""


class Shadow(Section):
    """The challenger's process: `auto` starts it where a challenger is named in the folder of models at the start, and
    with the batch path, whose retrainings name one."""

    run: Literal["auto", "always", "never"] = "auto"
    """Whether `midround up` starts it."""
    metrics_port: Port = 9104
    """Port of `/metrics`, `/health` and `/ready`."""


class Webhooks(Section):
    """The process that sends to webhooks: `auto` starts it once the catalog has one."""

    run: Literal["auto", "always", "never"] = "auto"
    """Whether `midround up` starts it."""
    metrics_port: Port = 9105
    """Port of `/metrics`, `/health` and `/ready`."""
    allow_private: bool = False
    """Whether a webhook may lead to a private address, and by http: only where all clients are trusted."""
    timeout_s: float = Field(default=10.0, ge=0.1, le=60)
    """Seconds that one attempt may last."""
    attempts: int = Field(default=12, ge=1, le=30)
    """Attempts before a delivery is dead."""


class Lake(Section):
    """The lake of Parquet files; without `path` the folder `lake` in the data folder."""

    path: str = ""
    """Its folder."""


class Dagster(Section):
    """The batch path's webserver, on `port`, and its code server, on `code_port`; without `storage_url` (Postgres) its
    runs and events lie in SQLite in the data folder."""

    host: str = "127.0.0.1"
    """The address that the webserver listens on."""
    port: Port = 3070
    """Port of the webserver."""
    code_port: Port = 3071
    """Port of the code server."""
    storage_url: Database = ""
    """`postgresql://user:password@host/database` for runs and events."""
    webhook_url: str = ""
    """URL that gets a POST of JSON for every run that fails, and for a refuted champion."""
    retrain_after_maps: int = Field(default=20, ge=1)
    """Decided maps that are new to the champion, from which on it is retrained; drift starts it sooner."""
    rollback_when_refuted: bool = False
    """Whether a champion that the live maps refute goes by itself; the alarm is raised either way."""

    @field_validator("storage_url")
    @classmethod
    def _is_postgres(cls, value: str) -> str:
        if value and not value.startswith("postgresql"):
            raise ValueError("Dagster keeps its runs in SQLite, or in a Postgres (postgresql://...)")
        return value


class MLflow(Section):
    """The tracking server: one that runs at `url`, else one that is started on `port`. Without `storage_url` runs and
    registry lie in SQLite in the data folder."""

    url: str = ""
    """A tracking server that runs elsewhere; none is started then."""
    host: str = "127.0.0.1"
    """The address that the started server listens on."""
    port: Port = 5000
    """Port of the started server."""
    storage_url: Database = ""
    """`postgresql://user:password@host/database` for runs and registry."""


class Log(Section):
    """The logs of all parts."""

    level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    """`DEBUG`, `INFO`, `WARNING` or `ERROR`."""


class Settings(BaseSettings):
    """Everything that can be set. Nothing is read when it is made: `configuration.load` reads."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, validate_default=True
    )

    home: Path = Path("var")
    """The one folder for all that is kept: store, catalog, recovery, logs of the parts."""
    kafka: Kafka = Kafka()
    clickhouse: ClickHouse = ClickHouse()
    catalog: Catalog = Catalog()
    redis: Redis = Redis()
    intake: Intake = Intake()
    api: Api = Api()
    stream: Stream = Stream()
    loader: Loader = Loader()
    ticker: Ticker = Ticker()
    shadow: Shadow = Shadow()
    webhooks: Webhooks = Webhooks()
    lake: Lake = Lake()
    dagster: Dagster = Dagster()
    mlflow: MLflow = MLflow()
    log: Log = Log()

    @property
    def tracking_uri(self) -> str:
        """MLflow's: a server that runs elsewhere, a store of the settings, or SQLite in the data folder."""
        here = self.home.resolve() / "mlflow" / "mlflow.db"
        return self.mlflow.url or self.mlflow.storage_url or f"sqlite:///{here}"

    @property
    def lake_path(self) -> Path:
        """Where the lake lies."""
        return Path(self.lake.path) if self.lake.path else self.home / "lake"

    @property
    def store_path(self) -> Path:
        """Where the embedded store keeps its files; nothing is there where the settings name another."""
        return self.home / "store"

    @classmethod
    def settings_customise_sources(  # noqa: PLR0917 - the signature is pydantic's
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `configuration.load` passes in: each source is read there, so that every value has an origin."""
        return (init_settings,)
