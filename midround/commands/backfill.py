"""`midround backfill SELECTION`: rebuilds maps through a Dagster backfill."""

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.exit_codes import CHECK_FAILED, DONE
from adapters.ports import address
from midround import console
from midround.commands.up import AsJson, ConfigFile, Home

if TYPE_CHECKING:
    from collections.abc import Callable

    from midround.backfill import Progress

HELP = """
Make maps anew from the lake: a backfill of Dagster, started as its UI would and followed to its end. SELECTION is
`all`, a day, a span of days, a match's id, a partition's key or the beginning of keys. Ends with 1 when a partition was
not made or a run failed, as where a check that blocks did not hold, or no store took the scorecards.

Examples:

  midround backfill all

  midround backfill 2026-05-01..2026-05-31 --asset facts --asset quality --json
"""


def backfill(
    selection: Annotated[str, typer.Argument(metavar="SELECTION", help="Which maps.")],
    *,
    asset: Annotated[list[str] | None, typer.Option(help="Only these assets.", show_default="all")] = None,
    config: ConfigFile = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Launch a backfill, follow it, and print the partitions made per asset; exits with 1 if a partition was not made
    or a run failed."""
    from midround.backfill import CHAIN, BackfillError, Webserver, awaited
    from orchestration.selection import SelectionError, selected

    settings = console.settings_at(config, home)
    assets = asset or list(CHAIN)
    try:
        with closing(
            Webserver(f"http://{address(settings.dagster.host, settings.dagster.port)}")
        ) as webserver:
            keys = selected(webserver.partitions(assets[0]), selection)
            backfill_id = webserver.launch(assets, keys)
            with console.progress("partitions", len(keys) * len(assets)) as advance:
                end = awaited(webserver, backfill_id, _follower(advance))
    except (BackfillError, SelectionError) as error:
        console.fail(str(error))
    _say(backfill_id, end, partitions=len(keys), as_json=json)
    raise typer.Exit(DONE if end.is_whole else CHECK_FAILED)


def _follower(advance: "Callable[[int], None]") -> "Callable[[Progress], None]":
    made = 0

    def follow(progress: "Progress") -> None:
        nonlocal made
        now = sum(each[1] for each in progress.assets.values())
        advance(now - made)
        made = now

    return follow


def _say(backfill_id: str, end: "Progress", *, partitions: int, as_json: bool) -> None:
    if as_json:
        assets = {
            name: {"asked": asked, "made": made, "failed": failed}
            for name, (asked, made, failed) in end.assets.items()
        }
        console.emit(
            {
                "backfill": backfill_id,
                "status": end.status,
                "partitions": partitions,
                "is_whole": end.is_whole,
                "assets": assets,
                "failed_runs": list(end.broken),
            }
        )
        return
    for name, (asked, made, failed) in end.assets.items():
        console.out().print(f"  {name:<14} {made:,} of {asked:,} made, {failed:,} failed")
    for run_id in end.broken:
        console.out().print(f"  run {run_id} failed: its page in Dagster says why")
    mark = "[green]whole[/]" if end.is_whole else "[bold red]not whole[/]"
    console.out().print(f"backfill {backfill_id}: {partitions:,} partitions, {end.status.lower()}, {mark}")
