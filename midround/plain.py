"""What one part is told: plain values, handed to its process on standard input.

Belongs here: the struct. Does not belong here: settings, their sources and checks (`adapters.settings`), which a part
never loads: reading them again in every process would cost seconds at each start.
"""

from msgspec import Struct


class Batch(Struct, frozen=True, kw_only=True):
    """For Dagster's and MLflow's processes. `environment` is the settings as variables: they read them at their own
    edge."""

    environment: dict[str, str]
    dagster_host: str
    dagster_port: int
    dagster_code_port: int
    dagster_home: str
    dagster_storage_url: str
    mlflow_host: str
    mlflow_port: int
    mlflow_store: str
    mlflow_artifacts: str


class Api(Struct, frozen=True, kw_only=True):
    """For the API's process alone."""

    host: str
    port: int
    cors_origins: tuple[str, ...]
    needs_keys: bool
    access_log: float
    radar_folder: str
    ticket_secret: str
    """Empty: the one in the file, which is made where there is none."""
    ticket_file: str


class Plain(Struct, frozen=True, kw_only=True):
    """Effective values for all parts; each takes its own. Ports and hosts are where a part listens."""

    name: str
    log_level: str
    bootstrap_servers: str
    is_embedded: bool
    kafka_port: int
    kafka_folder: str
    """Of the Apache Kafka to be started; empty: the broker to be started is the embedded one."""
    kafka_options: dict[str, str]
    partitions: int
    clickhouse_url: str
    clickhouse_port: int
    clickhouse_options: dict[str, str]
    max_memory_bytes: int
    ttl_days: dict[str, int]
    catalog_url: str
    redis_url: str
    """Empty: there is none."""
    store_folder: str
    recovery_folder: str
    stream_index: int
    stream_count: int
    epoch_s: float
    champion: str
    """The folder of models. Where it is not given it is ours, and begins with the one that ships."""
    is_champion_given: bool
    metrics_port: int
    """Of stream, loader, ticker, shadow and webhooks; the others have `/metrics` on their own port."""
    intake_host: str
    intake_port: int
    max_body_bytes: int
    silence_s: float
    live_within_s: float
    webhooks_allow_private: bool
    webhooks_timeout_s: float
    webhooks_attempts: int
    api: Api
    batch: Batch
