"""The plain values that a part's process receives on standard input.

Belongs here: the struct. Does not belong here: settings, their sources and validation (`adapters.settings`). Parts
never load these: reading the settings again in every process would add seconds to each start.
"""

from msgspec import Struct


class Batch(Struct, frozen=True, kw_only=True):
    """Values for Dagster's and MLflow's processes. `environment` holds the settings as variables, which these processes
    read themselves."""

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
    """Values for the API's process only."""

    host: str
    port: int
    cors_origins: tuple[str, ...]
    needs_keys: bool
    access_log: float
    radar_folder: str
    ticket_secret: str
    """Empty: use the secret in `ticket_file`, which is created if missing."""
    ticket_file: str


class Plain(Struct, frozen=True, kw_only=True):
    """Effective values for all parts; each part uses its own. Hosts and ports are those that a part listens on."""

    name: str
    log_level: str
    bootstrap_servers: str
    is_embedded: bool
    kafka_port: int
    kafka_folder: str
    """Data folder of the Apache Kafka node to start; empty: start the embedded broker instead."""
    kafka_options: dict[str, str]
    partitions: int
    clickhouse_url: str
    clickhouse_port: int
    clickhouse_options: dict[str, str]
    max_memory_bytes: int
    ttl_days: dict[str, int]
    catalog_url: str
    redis_url: str
    """Empty: no Redis."""
    store_folder: str
    recovery_folder: str
    stream_index: int
    stream_count: int
    epoch_s: float
    champion: str
    """The folder of models. If it was not given, it is in the data folder and starts out with the shipped champion."""
    is_champion_given: bool
    metrics_port: int
    """For stream, loader, ticker, shadow and webhooks; the other parts serve `/metrics` on their own port."""
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
