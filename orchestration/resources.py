"""Resources: the lake, the store and the models, by plain values that the settings give.

Belongs here: what an asset needs from outside. Does not belong here: defaults and sources of the values
(`adapters.settings`), which values this machine has (`orchestration.definitions`).
"""

from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from models.predictor import Predictor, load_champion, load_predictor

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

    def predictor(self, version: str = CHAMPION) -> Predictor:
        """The champion, or the bundle of that name. Raises `models.bundle.BundleError`."""
        if version == CHAMPION:
            return load_champion(Path(self.folder))
        return load_predictor(Path(self.folder) / version)
