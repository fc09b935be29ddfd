"""`midround schema export`: the DDL of store and catalog as files."""

from pathlib import Path
from typing import Annotated

import typer

from midround import console

HELP = """
Write the store's and the catalog's DDL, which follow from the declared tables, to infra/clickhouse and infra/catalog.

Examples:

  midround schema export

  midround schema export --folder /tmp/ddl
"""


def export(folder: Annotated[Path, typer.Option(help="Where to.")] = Path("infra")) -> None:
    """The command."""
    from adapters.catalog.schema import catalog_sql
    from adapters.clickhouse.ddl import schema_sql

    for name, text in (("clickhouse", schema_sql()), ("catalog", catalog_sql())):
        file = folder / name / "schema.sql"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        console.out().print(str(file))
