"""`midround verify [ID]`: compares what was published with a batch fold of what was received."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from adapters.exit_codes import CHECK_FAILED, DONE, WRONG_USE
from midround import console
from midround.commands.up import AsJson, ConfigFile, Home

if TYPE_CHECKING:
    from midround.verify import Verdict

HELP = """
Fold the raw log of the store anew and compare: digests of the facts, and every prediction with its receipt. Ends with 1
when something does not hold. Of a match that goes on, what only one side has yet is counted and not compared.

Examples:

  midround verify

  midround verify 8f14e45f-ceea-567f-b8e5-0d7c2a3b4c5d --json

  midround verify 'match:league 7/final?'
"""


def verify(
    match: Annotated[
        str | None, typer.Argument(metavar="[ID|match:ID]", help="One match.", show_default="all")
    ] = None,
    *,
    config: ConfigFile = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Print a verdict for each match; exits with 1 if one does not hold or there is none, with 2 for a broken
    champion."""
    from midround import inputs, places
    from midround.rawlog import match_ids
    from midround.verify import verified
    from models.bundle import BundleError

    settings = console.settings_at(config, home)
    if home is not None and not home.is_dir():
        console.fail(f"no data folder at {home}", WRONG_USE)
    client = console.store(settings)
    try:
        lineup = places.lineup(settings)
    except BundleError as error:
        console.fail(str(error), WRONG_USE)
    verdicts = []
    named = None if match is None else match.removeprefix(inputs.FROM_STORE)
    for match_id in [named] if named is not None else match_ids(client):
        verdict = verified(client, match_id, lineup, now=datetime.now(UTC))
        verdicts.append(verdict)
        _say(verdict, as_json=json)
    if not verdicts:
        console.fail("the store has received no match")
    raise typer.Exit(DONE if all(v.holds for v in verdicts) else CHECK_FAILED)


def _say(verdict: "Verdict", *, as_json: bool) -> None:
    if as_json:
        console.emit(verdict)
        return
    mark = "[green]holds[/]" if verdict.holds else "[bold red]does not hold[/]"
    counts = f"{verdict.events:,} events  {verdict.predictions:,} predictions"
    console.out().print(f"{escape(verdict.match_id)}  {counts}  {mark}")
    if verdict.not_compared:
        console.out().print(f"    {verdict.not_compared:,} events are not compared yet")
    for problem in verdict.problems:
        console.out().print(f"    {escape(problem)}")
