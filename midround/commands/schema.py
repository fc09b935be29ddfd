"""`midround schema export`: the DDL of store and catalog, and the tables for readers, as files."""

from pathlib import Path
from typing import Annotated

import typer

from midround import console

HELP = """
Write what follows from the declared tables: the store's DDL to clickhouse/schema.sql and the catalog's to
catalog/schema.sql in the folder, and the description of every column to docs/tables.md.

Examples:

  midround schema export

  midround schema export --folder /tmp/ddl --docs /tmp/ddl
"""


def export(
    folder: Annotated[Path, typer.Option(help="Where the DDL goes.")] = Path("infra"),
    docs: Annotated[Path, typer.Option(help="Where tables.md goes.")] = Path("docs"),
) -> None:
    """The command."""
    from adapters.catalog.schema import catalog_sql
    from adapters.clickhouse.ddl import schema_sql, tables_markdown

    texts = {
        folder / "clickhouse" / "schema.sql": schema_sql(),
        folder / "catalog" / "schema.sql": catalog_sql(),
        docs / "tables.md": tables_markdown(),
    }
    for file, text in texts.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        console.out().print(str(file))
