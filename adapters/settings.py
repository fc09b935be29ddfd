"""All settings of Midround in one nested object.

Belongs here: the settings and their defaults. Does not belong here: reading them (`configuration`), using them;
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
    """Options as text, as the client libraries take them; a boolean becomes `true` or `false`."""
    if not isinstance(options, Mapping):
        return options
    return {
        str(key): str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in options.items()
    }


def _with_driver(url: str) -> str:
    """A Postgres URL with the driver that the batch path installs; without a driver, SQLAlchemy 2.1 would choose
    another one."""
    scheme, found, rest = url.partition("://")
    return f"postgresql+psycopg2{found}{rest}" if scheme in {"postgres", "postgresql"} else url


def _of_catalog(url: str) -> str:
    """Check that the URL names SQLite or Postgres. SQLAlchemy is imported only if a URL is given."""
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
    """The broker: an `embedded` one, or a `local` Apache Kafka that keeps its log in the data folder. Either is started
    with the other parts, on `port` of the loopback interface. With `bootstrap_servers`, a Kafka that runs elsewhere is
    used."""

    server: Literal["embedded", "local"] = "embedded"
    """Which broker is started on this machine, unless `bootstrap_servers` is set."""
    bootstrap_servers: str = ""
    """`host:port,host:port` of a Kafka that runs elsewhere; no broker is started then."""
    port: Port = 9092
    """Port of the broker that is started on this machine."""
    partitions: int = Field(default=4, ge=1, le=1024)
    """Number of partitions of each topic that is created."""
    options: Options = {}
    """Any librdkafka options, by name."""

    @field_validator("bootstrap_servers")
    @classmethod
    def _elsewhere_or_here(cls, value: str, info: ValidationInfo) -> str:
        if value and info.data.get("server") == "local":
            raise ValueError("kafka.server = local starts a broker here: name one or the other")
        return value


class ClickHouse(Section):
    """The store; without `url` the embedded one, on `port` of the loopback interface."""

    url: str = ""
    """`http://user:password@host:8123/database` of a ClickHouse that runs elsewhere."""
    port: Port = 8123
    """Port of the embedded store."""
    max_memory_bytes: int = Field(default=1_000_000_000, ge=100_000_000)
    """Bytes of memory that one query of the embedded store may use."""
    ttl_days: dict[str, Days] = {}
    """Retention in days by table, counted from `received_at`; for example cs2_events_raw = 90. 0 keeps rows forever.
    The defaults are those of the tables."""
    options: Options = {}
    """Any clickhouse-connect options, by name; `ch_...` sets a ClickHouse setting for every query."""

    @field_validator("ttl_days")
    @classmethod
    def _tables_with_retention(cls, value: dict[str, Days]) -> dict[str, Days]:
        known = [table.name for table in TABLES if table.ttl_column]
        unknown = [name for name in value if name not in known]
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: no table with a retention; those are {', '.join(known)}")
        return value


class Catalog(Section):
    """The SQL catalog: SQLite or Postgres (`postgresql://...`); without `url`, an SQLite file in the data folder."""

    url: Annotated[Database, AfterValidator(_of_catalog)] = ""
    """`sqlite:///path` or `postgresql://user:password@host/database`."""


class Redis(Section):
    """The cache of the newest states and predictions (`match:{match_id}`, `prediction:{match_id}`), and the clients'
    limits counted across all processes. Without `url` each process keeps its own."""

    url: str = ""
    """`redis://:password@host:6379/0`."""


class Intake(Section):
    """The write side, to which sources send events."""

    host: str = "127.0.0.1"
    """The address to listen on."""
    port: Port = 8081
    """The port to listen on."""
    max_body_bytes: int = Field(default=4_194_304, ge=1024)
    """The largest request body in bytes, both as received and after decompression."""


class Api(Section):
    """The read side: dashboard, REST, GraphQL, live feed."""

    host: str = "127.0.0.1"
    """The address to listen on."""
    port: Port = 8080
    """The port to listen on."""
    cors_origins: tuple[str, ...] = ()
    """Origins whose pages may call the API from a browser; `*` for all."""
    access: Literal["auto", "open", "keys"] = "auto"
    """`open`: requests without a key may read, under one plan that they all share, on loopback only. `keys`: only
    requests with a key (`midround clients`). `auto`: open if only this machine can reach the API."""
    access_log: float = Field(default=0.01, ge=0, le=1)
    """The share of requests that are logged. Requests that failed in the API are always logged, unless this is 0."""
    ticket_secret: str = Field(default="", pattern="^(.{32,})?$")
    """The secret that seals browser tickets, 32 characters or more, the same for all API processes. Empty: a random
    one, kept in the data folder."""
    radar_folder: str = ""
    """Folder of your own map images: `<map>.png`, `<map>.json` (pos_x, pos_y, scale), `<map>_lower.png`."""

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
        """Whether requests need a key."""
        is_here = self.host in LOOPBACK
        return self.access == "keys" or (self.access == "auto" and not is_here)


class Stream(Section):
    """One single-worker process; `index` of `count` determines its share of the partitions."""

    metrics_port: Port = 9110
    """Port of `/metrics`, `/health` and `/ready`; further streams on this machine use the ports after it."""
    epoch_s: float = Field(default=0.8, ge=0.05, le=60)
    """Length of an epoch in seconds. Offsets are committed two epochs after a message was read, and the embedded broker
    holds producers back for uncommitted messages. The API derives from it when a stream counts as late: set the same
    value there."""
    index: int = Field(default=0, ge=0)
    """The index of this stream, from 0."""
    count: int = Field(default=1, ge=1)
    """The number of streams that share the partitions."""
    champion: str = ""
    """The folder of models, with champion.json in it. Empty: `models` in the data folder, which starts with the model
    that ships with the package."""


class Loader(Section):
    """The process that writes the topics to the store, the catalog and the cache."""

    metrics_port: Port = 9102
    """Port of `/metrics`, `/health` and `/ready`."""


class Ticker(Section):
    """The process that emits clock ticks for a live source that is silent."""

    metrics_port: Port = 9103
    """Port of `/metrics`, `/health` and `/ready`."""
    silence_s: float = Field(default=1.0, ge=0.1)
    """Seconds of silence of a live source after which ticks are emitted."""
    live_within_s: float = Field(default=30.0, ge=1)
    """The largest difference in seconds between an event's time and the system clock for the event to count as live; a
    replay's difference is larger."""


class Shadow(Section):
    """The challenger's process. `auto` starts it if the folder of models names a challenger at the start, and also
    together with the batch path, whose retrainings name one."""

    run: Literal["auto", "always", "never"] = "auto"
    """Whether `midround up` starts it."""
    metrics_port: Port = 9104
    """Port of `/metrics`, `/health` and `/ready`."""


class Webhooks(Section):
    """The process that sends to webhooks; `auto` starts it once the catalog has a webhook."""

    run: Literal["auto", "always", "never"] = "auto"
    """Whether `midround up` starts it."""
    metrics_port: Port = 9105
    """Port of `/metrics`, `/health` and `/ready`."""
    allow_private: bool = False
    """Whether a webhook may point to a private address, or use http; only for installations where all clients are
    trusted."""
    timeout_s: float = Field(default=10.0, ge=0.1, le=60)
    """The time limit of one attempt in seconds."""
    attempts: int = Field(default=12, ge=1, le=30)
    """The number of attempts after which a delivery is dead."""


class Lake(Section):
    """The lake of Parquet files; without `path`, the folder `lake` in the data folder."""

    path: str = ""
    """The lake's folder."""


class Dagster(Section):
    """The batch path's webserver, on `port`, and its code server, on `code_port`. Without `storage_url` (Postgres),
    runs and events are kept in SQLite in the data folder."""

    host: str = "127.0.0.1"
    """The address that the webserver listens on."""
    port: Port = 3070
    """Port of the webserver."""
    code_port: Port = 3071
    """Port of the code server."""
    storage_url: Database = ""
    """`postgresql://user:password@host/database` for runs and events."""
    webhook_url: str = ""
    """URL that receives a JSON POST for every failed run and for a refuted champion."""
    retrain_after_maps: int = Field(default=20, ge=1)
    """The number of decided maps the champion has not been trained on that starts a retraining; drift starts it
    sooner."""
    rollback_when_refuted: bool = False
    """Whether a champion that the live maps refute is rolled back automatically; the alarm is raised either way."""

    @field_validator("storage_url")
    @classmethod
    def _is_postgres(cls, value: str) -> str:
        if value and not value.startswith("postgresql"):
            raise ValueError("Dagster keeps its runs in SQLite, or in a Postgres (postgresql://...)")
        return value


class MLflow(Section):
    """The tracking server: the one at `url`, or else one started on `port`. Without `storage_url`, runs and registry
    are kept in SQLite in the data folder."""

    url: str = ""
    """URL of a tracking server that runs elsewhere; none is started then."""
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
    """All settings. Creating the object reads nothing: `configuration.load` does."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, validate_default=True
    )

    home: Path = Path("var")
    """The data folder, for everything that is kept: store, catalog, recovery, logs of the parts."""
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
        """MLflow's tracking URI: a server that runs elsewhere, the configured storage, or SQLite in the data folder."""
        here = self.home.resolve() / "mlflow" / "mlflow.db"
        return self.mlflow.url or self.mlflow.storage_url or f"sqlite:///{here}"

    @property
    def lake_path(self) -> Path:
        """The lake's folder."""
        return Path(self.lake.path) if self.lake.path else self.home / "lake"

    @property
    def store_path(self) -> Path:
        """The embedded store's folder; not used if the settings name another store."""
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
        """Only the values that `configuration.load` passes in: it reads each source, so that every value has an
        origin."""
        return (init_settings,)
