"""`midround demo`: all parts on this machine, a match to watch, and a verification at the end."""

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from adapters.exit_codes import CHECK_FAILED, INTERRUPTED
from midround import console
from midround.commands.up import AsJson, ConfigFile, Home

if TYPE_CHECKING:
    from adapters.settings import Settings
    from midround.demo import Outcome

HELP = """
Start all parts and play a simulated best of three, or recorded files, through the true intake, with a live view. Taken
ports are replaced by free ones. With --once it plays as fast as the parts allow, checks parity and receipts, and ends:
0 when both hold.

Examples:

  midround demo

  midround demo --input matches/2026-05-17_de_ancient_team-almond-vs-team-cedar.zip --speed 16

  midround demo --once --json

  midround demo --once --batch              and each map through Dagster to its scorecard
"""


def demo(
    *,
    input_: Annotated[list[Path] | None, typer.Option("--input", help="Play these files instead.")] = None,
    speed: Annotated[str, typer.Option(help="How many times as fast as it was played, or max.")] = "8",
    once: Annotated[bool, typer.Option("--once", help="Play once at full speed, check, end.")] = False,
    batch: Annotated[
        bool, typer.Option("--batch", help="Also Dagster and MLflow: each map's chain.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of the simulated match.")] = 1,
    best_of: Annotated[int, typer.Option(help="Of the simulated match: 1, 3 or 5.")] = 3,
    config: ConfigFile = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Play matches through all parts and print the result of each. With --once, exits with 1 if a check fails and with
    130 if interrupted."""
    from game.simulate.setting import BEST_OF
    from midround import demo as play
    from midround import machine, view
    from midround.inputs import InputError
    from midround.supervisor import PartError

    settings = play.settled(console.settings(os.environ, config, {}), home, is_batch=batch)
    maps = console.chosen("--best-of", best_of, BEST_OF)
    matches = play.matches(input_ or [], seed=seed, best_of=maps, is_once=once)
    pace = None if once else console.speed(speed)
    fresh = partial(play.fresh, settings.home, is_own=home is None)
    held: list[bool] = []
    try:
        with (
            machine.signals() as stopping,
            machine.running(settings, say=play.quiet, is_batch=batch, before=fresh) as supervisor,
        ):
            seconds = machine.until_ready(supervisor, stopping=stopping)
            if not stopping.is_set():
                _announce(settings, seconds=seconds, is_batch=batch, as_json=json)
            with view.screen(console.err()) as show:
                for outcome in play.perform(
                    settings, supervisor, matches, stopping=stopping, show=show, speed=pace, is_batch=batch
                ):
                    held.append(outcome.holds)
                    _say(outcome, as_json=json)
    except machine.MachineError as error:
        console.fail(str(error), error.code)
    except (PartError, play.DemoError, InputError) as error:
        console.fail(str(error))
    if once and stopping.is_set():
        raise typer.Exit(INTERRUPTED)
    if once and not (held and all(held)):
        raise typer.Exit(CHECK_FAILED)


def _announce(settings: "Settings", *, seconds: float, is_batch: bool, as_json: bool) -> None:
    from midround.demo import urls

    addresses = urls(settings, is_batch=is_batch)
    if as_json:
        console.emit({"status": "ready", "seconds": round(seconds, 3), "urls": addresses})
        return
    out = console.out()
    out.print(f"[bold green]ready[/] after {seconds:.1f} s; Ctrl-C stops all")
    for name, url in addresses.items():
        out.print(f"  {name:<8} {url}")


def _say(outcome: "Outcome", *, as_json: bool) -> None:
    if as_json:
        console.emit({"match": outcome.name, "holds": outcome.holds, **_figures(outcome)})
        return
    out = console.out()
    out.print(f"[bold]{escape(outcome.name)}[/]: {outcome.events:,} events in {outcome.seconds:.1f} s")
    for verdict in outcome.verdicts:
        mark = "[green]holds[/]" if verdict.holds_whole else "[bold red]does not hold[/]"
        out.print(f"  stream digest {verdict.stream_digest[:16]}, batch digest {verdict.batch_digest[:16]}")
        out.print(f"  parity of {verdict.events:,} events and {verdict.predictions:,} receipts: {mark}")
        if verdict.not_compared:
            out.print(f"    {verdict.not_compared:,} events are not compared yet")
        for problem in verdict.problems:
            out.print(f"    {escape(problem)}")
    for chain in outcome.chains or ():
        mark = "[green]holds[/]" if chain.holds else "[bold red]does not hold[/]"
        came = f"{chain.finality}, {chain.facts_digest[:16]}, {chain.status}"
        out.print(f"  Dagster: {escape(chain.partition)}  {came}: {mark}")


def _figures(outcome: "Outcome") -> dict[str, object]:
    return {
        "events": outcome.events,
        "seconds": round(outcome.seconds, 2),
        "verdicts": outcome.verdicts,
        **({} if outcome.chains is None else {"chains": outcome.chains}),
    }
