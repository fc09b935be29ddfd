"""`midround bench ...` for the serving side: what clients of the API experience, beside a baseline from the same
run."""

import os
from typing import Annotated

import typer

from adapters.exit_codes import CHECK_FAILED
from midround import console
from midround.commands.bench import say
from midround.commands.up import AsJson, ConfigFile

FEED = """
Milliseconds, memory and processor time of the live feed to 1,000 clients at 10 updates a second and 2,000 at 4, beside
a bare send loop of the same bytes over the same server. Every client must end where its match stands.

Examples:

  midround bench feed

  midround bench feed --clients 500 --rate 20 --seconds 30 --json
"""
SUBSCRIPTIONS = """
Milliseconds and memory of GraphQL subscriptions to the newest prediction, 500 clients at two a second, beside the live
feed to as many clients.

Examples:

  midround bench subscriptions

  midround bench subscriptions --clients 1000 --seconds 30 --json
"""
REQUESTS = """
Answers a second of a match's state from memory by one process, beside the smallest route that FastAPI can have.

Examples:

  midround bench requests

  midround bench requests --pairs 9 --json
"""
WHAT_IF = """
Milliseconds of what-if questions over HTTP at a steady rate, beside the state of the same matches.

Examples:

  midround bench what-if

  midround bench what-if --rate 200 --seconds 30 --json
"""
NEIGHBOURS = """
What one client of the API feels of another that floods it, within its plan and at ten times that: ratios of the p95 to
the quiet one, the median of five turns. Once for what is in memory, once for what the store is asked.

Examples:

  midround bench neighbours

  midround bench neighbours --turns 9 --seconds 5 --json
"""
RESTART = """
Seconds until 500 clients of the live feed have news again after the reading side was stopped and started, beside the
restart itself without clients. No seq may be missing to any of them.

Examples:

  midround bench restart

  midround bench restart --clients 1000 --json
"""
FRAME = """
Milliseconds from a sender to the painted frame of the dashboard in Chromium, beside a WebSocket client of the same
match. On the embedded broker, or on the configured one.

Examples:

  midround bench frame

  midround bench frame --seconds 60 --rate 500 --json
"""
REPLAY = """
Milliseconds from frame to frame of the dashboard's 2D replay in Chromium, and of its script in each, beside an empty
loop of animation frames in the same browser.

Examples:

  midround bench replay

  midround bench replay --seconds 20 --json
"""
QUERIES = """
Milliseconds of what is asked of a match in a store with ten million rows of events, in the engine's process and over
HTTP. Filling the store takes some minutes and 3 GB in a temporary folder.

Examples:

  midround bench queries

  midround bench queries --rows 1000000 --json
"""
Seconds = Annotated[float, typer.Option(min=1, help="Measured.")]


def feed(
    *,
    clients: Annotated[int, typer.Option(min=0, help="0: both loads of the targets.")] = 0,
    rate: Annotated[float, typer.Option(min=0.1, help="Updates a second of each, with --clients.")] = 10.0,
    matches: Annotated[int, typer.Option(min=1, help="That the clients are spread over.")] = 10,
    seconds: Annotated[float, typer.Option(min=1, help="Of each load.")] = 10.0,
    json: AsJson = False,
) -> None:
    """Print what the live feed costs its clients and its process, beside a bare send loop."""
    from midround.bench import feed as load

    loads = (load.Load(clients=clients, rate=rate),) if clients else load.LOADS
    say(load.measured(loads, matches=matches, seconds=seconds), as_json=json)


def subscriptions(
    *,
    clients: Annotated[int, typer.Option(min=1, help="At once.")] = 500,
    rate: Annotated[float, typer.Option(min=0.1, help="Predictions a second of each.")] = 2.0,
    matches: Annotated[int, typer.Option(min=1, help="That the clients are spread over.")] = 10,
    seconds: Seconds = 15.0,
    json: AsJson = False,
) -> None:
    """Print what GraphQL subscriptions cost, beside the live feed to as many clients."""
    from midround.bench import subscriptions as load
    from midround.bench.feed import Load

    found = load.measured(Load(clients=clients, rate=rate), matches=matches, seconds=seconds)
    say(found, as_json=json)


def requests(
    *,
    pairs: Annotated[int, typer.Option(min=1, help="Of both routes; the median ratio counts.")] = 5,
    seconds: Annotated[float, typer.Option(min=1, help="Of each.")] = 4.0,
    json: AsJson = False,
) -> None:
    """Print the requests per second for a match's state, and for the smallest possible route."""
    from midround.bench import requests as load

    say(load.measured(pairs=pairs, seconds=seconds), as_json=json)


def what_if(
    *,
    rate: Annotated[float, typer.Option(min=1, help="Questions a second.")] = 100.0,
    seconds: Seconds = 20.0,
    json: AsJson = False,
) -> None:
    """Print the latency of what-if requests, and of state requests for the same matches."""
    from midround.bench import what_if as load

    say(load.measured(rate=rate, seconds=seconds), as_json=json)


def neighbours(
    *,
    turns: Annotated[int, typer.Option(min=1, help="Quiet, within and over; the median ratio counts.")] = 5,
    seconds: Annotated[float, typer.Option(min=1, help="Of each.")] = 4.0,
    rows: Annotated[int, typer.Option(min=1, help="Of events in the store, at least.")] = 500_000,
    json: AsJson = False,
) -> None:
    """Print how much slower one client is served while another floods the API."""
    from midround.bench import neighbours as load

    say(load.measured(turns=turns, seconds=seconds, rows=rows), as_json=json)


def restart(
    *,
    clients: Annotated[int, typer.Option(min=1, help="At once.")] = 500,
    matches: Annotated[int, typer.Option(min=1, help="That the clients are spread over.")] = 10,
    rate: Annotated[float, typer.Option(min=0.1, help="Updates a second of each match.")] = 2.0,
    config: ConfigFile = None,
    json: AsJson = False,
) -> None:
    """Print the seconds until all clients have news after a restart, and those of the restart alone."""
    from midround.bench import restart as load

    settings = console.settings(os.environ, config, {}).settings
    say(load.measured(settings, clients=clients, matches=matches, rate=rate), as_json=json)


def frame(
    *,
    seconds: Seconds = 30.0,
    rate: Annotated[float, typer.Option(min=1, help="Events a second over all matches.")] = 100.0,
    matches: Annotated[int, typer.Option(min=1, help="At once; one of them is watched.")] = 5,
    config: ConfigFile = None,
    json: AsJson = False,
) -> None:
    """Print the latency up to the painted frame; exits with 1 without a browser, and as `up` does if the parts cannot
    run."""
    from midround.bench import frame as load
    from midround.bench.painting import BrowserError
    from midround.machine import MachineError

    settings = console.settings(os.environ, config, {}).settings
    try:
        found = load.measured(settings, matches=matches, rate=rate, seconds=seconds)
    except (BrowserError, MachineError) as error:
        console.fail(str(error), getattr(error, "code", CHECK_FAILED))
    say(found, as_json=json)


def replay(
    *,
    seconds: Annotated[
        float, typer.Option(min=1, help="Of the replay and of the empty loop, in each turn.")
    ] = 5.0,
    turns: Annotated[int, typer.Option(min=1, help="Of the two.")] = 3,
    config: ConfigFile = None,
    json: AsJson = False,
) -> None:
    """Print the time per frame of a replay; exits with 1 without a browser, and as `up` does if the parts cannot
    run."""
    from midround.bench import replay as load
    from midround.bench.painting import BrowserError
    from midround.machine import MachineError

    settings = console.settings(os.environ, config, {}).settings
    try:
        found = load.measured(settings, seconds=seconds, turns=turns)
    except (BrowserError, MachineError) as error:
        console.fail(str(error), getattr(error, "code", CHECK_FAILED))
    say(found, as_json=json)


def queries(
    *,
    rows: Annotated[int, typer.Option(min=1, help="Of events in the store, at least.")] = 10_000_000,
    seconds: Annotated[float, typer.Option(min=0.1, help="Of each question, on each way.")] = 5.0,
    json: AsJson = False,
) -> None:
    """Print the latency of each query to a filled store, in process and over HTTP."""
    from midround.bench import queries as load

    say(load.measured(rows=rows, seconds=seconds), as_json=json)
