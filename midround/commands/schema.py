"""`midround schema`: writes the files generated from the declared tables and the API, and checks the API's contracts
for breaking changes."""

from pathlib import Path
from typing import Annotated

import typer

from adapters.exit_codes import CHECK_FAILED, WRONG_USE
from midround import console

HELP = """
Write what follows from the declared tables: the store's DDL to clickhouse/schema.sql and the catalog's to
catalog/schema.sql in the folder, and the description of every column to docs/tables.md. Write the settings to
docs/settings.md. Write the contracts, which follow from the API, to docs/contracts: OpenAPI, the schema of GraphQL,
AsyncAPI, JSON Schema of events.

Examples:

  midround schema export

  midround schema export --folder /tmp/ddl --docs /tmp/ddl
"""


CHECK = """
Compare the contracts that this version has with those in a folder, and end with 1 where a client of the latter would
break: something removed, something new that is required, a narrower type. Breaks that are wanted stand with their
reason in a file of their own.

Examples:

  midround schema check

  midround schema check --against released/contracts --allowed released/breaks.toml
"""
RELEASED = Path("docs/contracts/released")
ALLOWED = Path("docs/contracts/breaks.toml")


def export(
    folder: Annotated[Path, typer.Option(help="Where the DDL goes.")] = Path("infra"),
    docs: Annotated[Path, typer.Option(help="Where tables.md, settings.md and contracts go.")] = Path("docs"),
) -> None:
    """Write the DDL, the pages of tables and settings, and the contracts; print each file."""
    from adapters.catalog.schema import catalog_sql
    from adapters.clickhouse.ddl import schema_sql, tables_markdown
    from adapters.reference import settings_markdown
    from midround.contracts.documents import contracts

    texts = {
        folder / "clickhouse" / "schema.sql": schema_sql(),
        folder / "catalog" / "schema.sql": catalog_sql(),
        docs / "tables.md": tables_markdown(),
        docs / "settings.md": settings_markdown(),
        **{docs / "contracts" / name: text for name, text in contracts().items()},
    }
    for file, text in texts.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        console.out().print(str(file), markup=False)


def check(
    against: Annotated[
        Path, typer.Option(help="The folder with the contracts that clients rely on.")
    ] = RELEASED,
    allowed: Annotated[Path, typer.Option(help="Breaks that are wanted, with reasons (TOML).")] = ALLOWED,
) -> None:
    """Print the breaking changes that are not allowed; exits with 1 if there are any, with 2 if there is nothing to
    compare with."""
    from midround.contracts.breaks import allowances, breaks, refused
    from midround.contracts.documents import contracts

    new = contracts()
    old = {name: (against / name).read_text(encoding="utf-8") for name in new if (against / name).is_file()}
    if not old:
        console.fail(f"{against}: holds no contract; those are {', '.join(new)}", WRONG_USE)
    try:
        known = allowances(allowed.read_text(encoding="utf-8")) if allowed.is_file() else ()
    except ValueError as error:
        console.fail(f"{allowed}: {error}", WRONG_USE)
    found = breaks(old, new)
    broken = refused(found, known)
    for line in broken:
        console.out().print(line, markup=False)
    wanted = len(found) - len(broken)
    console.out().print(f"{len(old)} contracts, {len(broken)} breaks, {wanted} more that are wanted")
    if broken:
        raise typer.Exit(CHECK_FAILED)
