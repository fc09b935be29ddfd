"""`midround bench ...` of the serving side: what clients of the API get, each beside a baseline of the same run."""

from typing import Annotated

import typer

from midround.commands.bench import say
from midround.commands.up import AsJson

FEED = """
Milliseconds, memory and processor time of the live feed to 1,000 clients at 10 updates a second and 2,000 at 4, beside
a bare send loop of the same bytes over the same server. Every client must end where its match stands.

Examples:

  midround bench feed

  midround bench feed --clients 500 --rate 20 --seconds 30 --json
"""


def feed(
    *,
    clients: Annotated[int, typer.Option(min=0, help="0: both loads of the targets.")] = 0,
    rate: Annotated[float, typer.Option(min=0.1, help="Updates a second of each, with --clients.")] = 10.0,
    matches: Annotated[int, typer.Option(min=1, help="That the clients are spread over.")] = 10,
    seconds: Annotated[float, typer.Option(min=1, help="Of each load.")] = 10.0,
    json: AsJson = False,
) -> None:
    """The command."""
    from midround.bench import feed as load

    loads = (load.Load(clients=clients, rate=rate),) if clients else load.LOADS
    say(load.measured(loads, matches=matches, seconds=seconds), as_json=json)
