"""Resources: the lake, the store and the models, by plain values that the settings give.

Belongs here: what an asset needs from outside. Does not belong here: defaults and sources of the values
(`adapters.settings`), which values this machine has (`orchestration.definitions`).
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from models.bundle import POINTER
from models.lineup import Lineup
from models.predictor import CHAMPION as SHIPPED
from models.predictor import Predictor, load_predictor

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

CHAMPION = "champion"


class LakeResource(dg.ConfigurableResource[None]):
    """The lake by its folder."""

    path: str

    @property
    def root(self) -> Path:
        return Path(self.path)


class StoreResource(dg.ConfigurableResource[None]):
    """The ClickHouse store; `url` as the settings have it."""

    url: str
    options: dict[str, str]

    def is_there(self) -> bool:
        """Whether it answers. The batch path does without it where it can."""
        from adapters.clickhouse.client import ping

        return ping(self.url)

    def client(self) -> "Client":
        """A new client. Raises clickhouse_connect's errors when nothing answers."""
        from adapters.clickhouse.client import connect

        return connect(self.url, self.options)


class ModelsResource(dg.ConfigurableResource[None]):
    """The folder of bundles with `champion.json`."""

    folder: str
    is_given: bool = True
    """Whether the settings name it. The data folder's own is absent before the first stream: the shipped one holds."""

    def lineup(self) -> Lineup:
        """Its models and who was champion when. Raises `models.bundle.BundleError`."""
        return Lineup(self._there(), now=datetime.now(UTC))

    def predictor(self, version: str) -> Predictor:
        """The bundle of that name. Raises `models.bundle.BundleError`."""
        return load_predictor(self._there() / version)

    def _there(self) -> Path:
        folder = Path(self.folder)
        return folder if self.is_given or (folder / POINTER).exists() else SHIPPED
