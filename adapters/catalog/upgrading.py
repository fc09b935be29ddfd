"""Bringing a catalog up to date. The steps are in migrations/versions/; what a released one does is never changed, and
none has a way back: who wants an older catalog restores a copy."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from adapters.catalog.transactions import begun


def upgrade(engine: Engine) -> None:
    """Run the steps that the database lacks, in one transaction: what is interrupted leaves nothing."""
    config = Config()
    config.set_main_option("script_location", "adapters.catalog:migrations")
    with begun(engine) as connection:
        if connection.dialect.name == "postgresql":  # a step takes as long as its tables are
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
