"""`midround up`: runs all parts on this machine until Ctrl-C."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.ports import address
from midround import console

if TYPE_CHECKING:
    from midround.parts import Part

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", help="A TOML file of settings.", show_default="midround.toml if there"),
]
Home = Annotated[Path | None, typer.Option("--home", help="The one data folder.", show_default="var")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]

HELP = """
Start the embedded broker and store, intake, stream, loader, ticker and API; stop all with one Ctrl-C.

Examples:

  midround up

  MIDROUND_KAFKA__BOOTSTRAP_SERVERS=kafka:9092 midround up

  midround up --batch                       with Dagster on port 3070 and MLflow on port 5000

  midround up --home /srv/midround --json
"""


def up(
    config: ConfigFile = None,
    home: Home = None,
    *,
    batch: Annotated[
        bool, typer.Option("--batch", help="Also Dagster (webserver, daemon) and MLflow.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Run all parts until Ctrl-C, and print a message once all are ready; exits with 2 to 5 if they cannot run."""
    from midround import machine, parts
    from midround.supervisor import PartError

    settings = console.settings_at(config, home)
    try:
        with (
            machine.signals() as stopping,
            machine.running(settings, say=console.say, is_batch=batch) as supervisor,
        ):
            seconds = machine.until_ready(supervisor, stopping=stopping)
            if not stopping.is_set():
                _announce(parts.plan(settings, is_batch=batch), seconds=seconds, as_json=json)
            while not stopping.wait(0.2):
                supervisor.step()
    except (machine.MachineError, PartError) as error:
        console.fail(str(error), error.code)


def _announce(plan: "Sequence[Part]", *, seconds: float, as_json: bool) -> None:
    from midround import parts

    if as_json:
        addresses = {part.name: address(part.host, part.port) for part in plan if part.port != parts.NOWHERE}
        console.emit({"status": "ready", "seconds": round(seconds, 3), "parts": addresses})
        return
    out = console.out()
    out.print(f"[bold green]ready[/] after {seconds:.1f} s; Ctrl-C stops all")
    for part in plan:
        if part.port == parts.NOWHERE:
            continue
        scheme = "http://" if part.name in parts.PAGES else ""
        out.print(f"  {part.name:<9} {scheme}{address(part.host, part.port)}")
