"""Where things are under given settings: broker, store, catalog, intake, models.

Belongs here: addresses and folders, and what is opened by them alone. Does not belong here: ports that parts listen on
(`midround.parts`), settings themselves (`adapters.settings`).
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.ports import address
from adapters.settings import Settings

if TYPE_CHECKING:
    from adapters.kafka.connection import Connection
    from models.lineup import Lineup

LOOPBACK = "127.0.0.1"


def models_folder(settings: Settings) -> Path:
    """Where the champion of the stream is, and where promotions go: the configured folder, else one in the data folder
    that begins with the champion that ships."""
    return Path(settings.stream.champion) if settings.stream.champion else settings.home.resolve() / "models"


def lineup(settings: Settings) -> "Lineup":
    """The models of this machine; those that ship where nothing has run yet. Raises `BundleError`."""
    from models.bundle import POINTER
    from models.lineup import Lineup
    from models.predictor import CHAMPION

    folder = models_folder(settings)
    is_there = bool(settings.stream.champion) or (folder / POINTER).exists()
    return Lineup(folder if is_there else CHAMPION, now=datetime.now(UTC))


def bootstrap_servers(settings: Settings) -> str:
    """The configured brokers, else the one that is started here."""
    return settings.kafka.bootstrap_servers or f"{LOOPBACK}:{settings.kafka.port}"


def broker(settings: Settings) -> "Connection":
    """How to reach the broker."""
    from adapters.kafka.connection import connection

    return connection(bootstrap_servers(settings), settings.kafka.options, embedded=is_embedded(settings))


def is_embedded(settings: Settings) -> bool:
    """Whether the broker is the embedded one."""
    return settings.kafka.server == "embedded" and not settings.kafka.bootstrap_servers


def intake_url(settings: Settings) -> str:
    """Where events are posted to."""
    return f"http://{address(settings.intake.host, settings.intake.port)}"


def clickhouse_url(settings: Settings) -> str:
    """The configured store, else the embedded one."""
    return settings.clickhouse.url or f"http://{LOOPBACK}:{settings.clickhouse.port}/midround"


def catalog_url(settings: Settings) -> str:
    """The configured catalog, else the file in the data folder."""
    return settings.catalog.url or f"sqlite:///{settings.home.resolve() / 'catalog.sqlite'}"
