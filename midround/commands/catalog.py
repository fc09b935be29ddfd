"""Shared by the commands that change the catalog: opening it, naming the client, and the acting user.

Belongs here: what several of these commands need. Does not belong here: a command.
"""

import getpass
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from midround import console

if TYPE_CHECKING:
    from adapters.catalog.store import Catalog
    from adapters.settings import Settings

OVERLAP_HOURS_MAX = 8_760
Name = Annotated[str, typer.Argument(help="The client's name.")]


@contextmanager
def opened(settings: "Settings") -> Iterator["Catalog"]:
    """Yield the catalog of the settings; an operation that fails ends the command with one line."""
    from adapters.catalog.changes import CatalogAwayError
    from adapters.catalog.clients import ClientError
    from adapters.catalog.store import open_catalog
    from adapters.catalog.webhooks import WebhookError
    from midround import places

    console.make_home(settings)
    try:
        with closing(open_catalog(places.catalog_url(settings))) as catalog:
            yield catalog
    except (CatalogAwayError, ClientError, WebhookError) as error:
        console.fail(str(error))


def user() -> str:
    """Return the acting user, for the audit log and the history of models."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a uid without a name, as in containers
        return f"uid {os.getuid()}"
