"""Migrates a catalog to the current schema.

Belongs here: running the steps. Does not belong here: the steps (`migrations/versions/`). A released step is never
changed, and there are no downgrades: to go back to an older catalog, restore a copy.
"""

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from adapters.catalog.transactions import begun


def upgrade(engine: Engine) -> None:
    """Run the missing steps in one transaction: an interrupted migration leaves no changes."""
    config = Config()
    config.set_main_option("script_location", "adapters.catalog:migrations")
    with begun(engine) as connection:
        if connection.dialect.name == "postgresql":  # a step may take long on large tables
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
