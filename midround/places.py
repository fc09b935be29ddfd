"""Addresses and folders under given settings: broker, store, catalog, intake, models.

Belongs here: addresses, folders, and what can be opened from these alone. Does not belong here: ports that parts listen
on (`midround.parts`), settings themselves (`adapters.settings`).
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
    """Return the folder of the stream's champion and of promotions: the configured one, else one in the data folder
    that starts out with the shipped champion."""
    return Path(settings.stream.champion) if settings.stream.champion else settings.home.resolve() / "models"


def lineup(settings: Settings) -> "Lineup":
    """Return the model lineup of this machine, or the shipped one if no part has run yet. Raises `BundleError`."""
    from models.bundle import POINTER
    from models.lineup import Lineup
    from models.predictor import CHAMPION

    folder = models_folder(settings)
    is_there = bool(settings.stream.champion) or (folder / POINTER).exists()
    return Lineup(folder if is_there else CHAMPION, now=datetime.now(UTC))


def bootstrap_servers(settings: Settings) -> str:
    """Return the configured brokers, else the one started on this machine."""
    return settings.kafka.bootstrap_servers or f"{LOOPBACK}:{settings.kafka.port}"


def broker(settings: Settings) -> "Connection":
    """Return the connection to the broker."""
    from adapters.kafka.connection import connection

    return connection(bootstrap_servers(settings), settings.kafka.options, embedded=is_embedded(settings))


def is_embedded(settings: Settings) -> bool:
    """Whether the broker is the embedded one."""
    return settings.kafka.server == "embedded" and not settings.kafka.bootstrap_servers


def intake_url(settings: Settings) -> str:
    """Return the base URL of the intake."""
    return f"http://{address(settings.intake.host, settings.intake.port)}"


def clickhouse_url(settings: Settings) -> str:
    """Return the URL of the configured store, else of the embedded one."""
    return settings.clickhouse.url or f"http://{LOOPBACK}:{settings.clickhouse.port}/midround"


def catalog_url(settings: Settings) -> str:
    """Return the URL of the configured catalog, else of the SQLite file in the data folder."""
    return settings.catalog.url or f"sqlite:///{settings.home.resolve() / 'catalog.sqlite'}"
