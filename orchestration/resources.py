"""Resources: lake, store, broker, models and others, configured by plain values from the settings.

Belongs here: what assets need from outside. Does not belong here: defaults and sources of the values
(`adapters.settings`), this machine's values (`orchestration.definitions`).
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import httpx

from adapters.kafka.records import Outgoing
from adapters.settings import Settings
from models import promotion, registry
from models.bundle import POINTER, Champion, read_champion, read_pointer
from models.champions import read_champions, read_refuted
from models.lineup import Lineup
from models.predictor import CHAMPION as SHIPPED
from models.predictor import Predictor, load_predictor

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from adapters.kafka.producer import AcknowledgedProducer

CHAMPION = "champion"
LOOPBACK = "127.0.0.1"
LOGGER = logging.getLogger("midround.batch")
TELL_S = 10.0
APPEND_S = 60.0
PING_S = 10.0
"""Timeout of a ping. A busy store answers within it; an absent one refuses at once."""


class LakeResource(dg.ConfigurableResource[None]):
    """The lake, by its folder."""

    path: str

    @property
    def root(self) -> Path:
        return Path(self.path)


class StoreResource(dg.ConfigurableResource[None]):
    """The ClickHouse store; `url` as in the settings."""

    url: str
    options: dict[str, str]
    ttl_days: dict[str, int]
    """Retention in days by table, if the settings change it."""
    embedded: str = ""
    """Folder of this machine's own store; empty if the settings name a store."""

    @property
    def is_expected(self) -> bool:
        """Whether a store should answer: one named in the settings, or this machine's own once it has ever run. A lake
        of files alone has none."""
        return not self.embedded or Path(self.embedded).exists()

    def is_there(self) -> bool:
        """Whether the store answers. The batch path works without it where possible."""
        from adapters.clickhouse.client import ping

        return ping(self.url, PING_S)

    def client(self) -> "Client":
        """A new client. Raises clickhouse_connect's errors if the store does not answer."""
        from adapters.clickhouse.client import connect

        return connect(self.url, self.options)


class BrokerResource(dg.ConfigurableResource[None]):
    """The broker of the event log; `options` are librdkafka's."""

    bootstrap_servers: str
    options: dict[str, str]
    is_embedded: bool

    @classmethod
    def of(cls, settings: Settings) -> "BrokerResource":
        """The broker named in the settings, or the local one."""
        kafka = settings.kafka
        return cls(
            bootstrap_servers=kafka.bootstrap_servers or f"{LOOPBACK}:{kafka.port}",
            options=dict(kafka.options),
            is_embedded=kafka.server == "embedded" and not kafka.bootstrap_servers,
        )

    def append(self, records: Sequence[Outgoing]) -> None:
        """Appends all records in order and returns once the broker has them. Raises
        `adapters.kafka.connection.BrokerError`; some may have been written by then, and sending them again is
        harmless."""
        from adapters.kafka.connection import connection
        from adapters.kafka.producer import AcknowledgedProducer

        to = connection(self.bootstrap_servers, self.options, embedded=self.is_embedded)
        with closing(AcknowledgedProducer(to)) as producer:
            asyncio.run(_acknowledged(producer, records))


async def _acknowledged(producer: "AcknowledgedProducer", records: Sequence[Outgoing]) -> None:
    await producer.acknowledged(records, timeout_s=APPEND_S)


class CatalogResource(dg.ConfigurableResource[None]):
    """The SQL catalog, by its SQLAlchemy URL. It is updated after the files, so a missing catalog stops nothing."""

    url: str


class ModelsResource(dg.ConfigurableResource[None]):
    """The folder of bundles with `champion.json`."""

    folder: str
    is_given: bool = True
    """Whether the settings name the folder. The default one in the data folder does not exist before the first stream;
    then the shipped champion is used."""

    def lineup(self) -> Lineup:
        """The folder's models and history of champions. Raises `models.bundle.BundleError`."""
        return Lineup(self._there(), now=datetime.now(UTC))

    def pointer(self) -> Champion:
        """The champion's pointer, unchecked. Raises `models.bundle.BundleError`."""
        return read_pointer(self._there())

    def challenger(self) -> Champion | None:
        """The challenger; null if there is none. Raises `models.bundle.BundleError`."""
        return promotion.read_challenger(self._there())

    def champion_folder(self) -> Path:
        """The champion's bundle. Raises `models.bundle.BundleError`."""
        return read_champion(self._there())

    def previous_folder(self) -> Path | None:
        """The previous champion's bundle; null if there is none. Raises `models.bundle.BundleError`."""
        there = self._there()
        previous = read_champions(there).previous
        return None if previous is None else there / previous.bundle

    def way_back(self) -> Path | None:
        """The previous champion's bundle, unless it was ever refuted on air. Raises like `previous_folder`."""
        there = self._there()
        previous = read_champions(there).previous
        if previous is None or previous.hash in read_refuted(there):
            return None
        return there / previous.bundle

    def writable(self) -> Path:
        """The folder for promotions, seeded with a champion if needed. Raises `models.bundle.BundleError`."""
        promotion.seed(Path(self.folder), SHIPPED)
        return Path(self.folder)

    def predictor(self, version: str) -> Predictor:
        """The predictor of the bundle with that name. Raises `models.bundle.BundleError`."""
        return load_predictor(self._there() / version)

    def _there(self) -> Path:
        folder = Path(self.folder)
        return folder if self.is_given or (folder / POINTER).exists() else SHIPPED


class TrackingResource(dg.ConfigurableResource[None]):
    """MLflow, by its tracking URI. `artifacts` is the location for a new experiment's
    artifacts; empty: MLflow's default."""

    uri: str
    artifacts: str

    @classmethod
    def of(cls, settings: Settings) -> "TrackingResource":
        """The store of the settings, which this machine's MLflow server uses too."""
        folder = settings.home.resolve() / "mlflow"
        return cls(
            uri=settings.tracking_uri,
            artifacts="" if settings.mlflow.url else (folder / "artifacts").as_uri(),
        )

    def store(self) -> registry.Store:
        """The store for `models.registry`."""
        return registry.Store(uri=self.uri, artifacts=self.artifacts or None)


class WebhookResource(dg.ConfigurableResource[None]):
    """The webhook that receives failures in addition to the log; with an empty `url` nothing is sent."""

    url: str

    def tell(self, told: Mapping[str, object]) -> None:
        """Sends one POST of JSON. A failure is only logged."""
        if not self.url:
            return
        try:
            httpx.post(self.url, json=dict(told), timeout=TELL_S).raise_for_status()
        except httpx.HTTPError as error:
            LOGGER.warning("the webhook did not take what it was told: %s", error)
