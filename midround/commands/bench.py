"""`midround bench ...`: benchmarks, each beside a baseline from the same run."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from midround import console
from midround.commands import train
from midround.commands.train import Paths
from midround.commands.up import AsJson, ConfigFile

if TYPE_CHECKING:
    from midround.bench.figures import Report

Files = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[PATH...]", help="Recorded maps.", show_default="all, simulated where there are none"
    ),
]

REDUCE = """
Events a second through state, model inputs and model on one core, and the memory of a thousand matches.

Examples:

  midround bench reduce

  midround bench reduce matches/*.zip --json
"""
COLD = """
Seconds from `midround up` to ready, and from the first event to its prediction at a client.

Examples:

  midround bench cold

  midround bench cold --runs 5 --json
"""
THROUGHPUT = """
Events a second of a backlog through one stream process, beside a bare loop of consume, the same functions, produce. On
an embedded broker of its own, or on the configured one.

Examples:

  midround bench throughput

  MIDROUND_KAFKA__BOOTSTRAP_SERVERS=127.0.0.1:9092 midround bench throughput --json
"""
LATENCY = """
Milliseconds from a sender to WebSocket clients by stage, beside a bare two-hop loop on the same broker. On the embedded
broker, or on the configured one (then with two minutes of warm-up).

Examples:

  midround bench latency

  MIDROUND_KAFKA__BOOTSTRAP_SERVERS=127.0.0.1:9092 midround bench latency --warm-up 120 --json
"""
MARTS = """
Seconds of the season's statistics: dbt over a lake of many maps, tests included, beside a bare DuckDB scan of the same
facts. A few maps are simulated, the others are copies under other ids.

Examples:

  midround bench marts

  midround bench marts --maps 100 --json
"""
BESIDE = """
Milliseconds from a sender to WebSocket clients at 200 events/s, quiet and with a backfill of a thousand maps beside it
that takes what is left of the cores: the median ratio of five pairs. Ten minutes.

Examples:

  midround bench beside

  midround bench beside --pairs 3 --simulated 100 --json
"""
BACKFILL = """
Events a second from the lake's raw events to facts, states and predictions, a core and by several processes, and how
memory grows with the number of maps. In a lake of its own; 1,000 simulated maps take a quarter of an hour.

Examples:

  midround bench backfill

  midround bench backfill matches/*.zip --simulated 100 --json
"""

RETRAINING = """
Seconds of one retraining on recorded maps, every candidate, fold and gate included, beside one fit of the champion's
recipe. Nothing is registered or written.

Examples:

  midround bench retraining

  midround bench retraining matches/*.zip --json
"""

FINALS = """
Seconds from the last event of a match until the API calls its statistics final: the batch path beside the live one, its
sensor, its run, the scorecard in the store. Beside a backfill of the same maps by hand.

Examples:

  midround bench finals

  midround bench finals --matches 5 --json
"""


def reduce(files: Files = None, *, json: AsJson = False) -> None:
    """Print the reducer's events per second on one core, and the memory of a thousand matches."""
    from midround.bench import reduce as load

    say(load.measured(recordings(files)), as_json=json)


def cold(
    *,
    runs: Annotated[int, typer.Option(help="Starts; the median counts.")] = 3,
    config: ConfigFile = None,
    json: AsJson = False,
) -> None:
    """Print the seconds from `up` to readiness and to the first prediction, on the configured broker or its own."""
    from midround.bench import cold as load

    say(load.measured(console.settings(os.environ, config, {}).settings, runs=runs), as_json=json)


def throughput(files: Files = None, *, config: ConfigFile = None, json: AsJson = False) -> None:
    """Print the events per second of one stream process and of a bare loop, on the configured broker or its own."""
    from midround.bench import throughput as load

    settings = console.settings(os.environ, config, {}).settings
    say(load.measured(settings, recordings(files)), as_json=json)


def latency(
    *,
    seconds: Annotated[float, typer.Option(help="Measured.")] = 60.0,
    warm_up: Annotated[float, typer.Option(help="Seconds before.")] = 20.0,
    rate: Annotated[float, typer.Option(help="Events a second over all matches.")] = 2000.0,
    matches: Annotated[int, typer.Option(help="At once.")] = 50,
    config: ConfigFile = None,
    json: AsJson = False,
) -> None:
    """Print the latency by stage, and that of a bare loop; exits as `up` does if the parts cannot run."""
    from midround.bench import latency as load
    from midround.machine import MachineError

    settings = console.settings(os.environ, config, {}).settings
    try:
        found = load.measured(settings, matches=matches, rate=rate, warm_up_s=warm_up, seconds=seconds)
    except MachineError as error:
        console.fail(str(error), error.code)
    say(found, as_json=json)


def marts(
    *,
    maps: Annotated[int, typer.Option(min=1, help="In the lake.")] = 1000,
    json: AsJson = False,
) -> None:
    """Print the seconds to compute the season's statistics, and those of a bare scan of the same facts."""
    from midround.bench import marts as load

    say(load.measured(maps=maps), as_json=json)


def backfill(
    files: Files = None,
    *,
    simulated: Annotated[int, typer.Option(min=0, help="Simulated maps beside the recorded ones.")] = 1000,
    distinct: Annotated[
        int, typer.Option(min=1, help="Of these, really simulated; the rest are copies.")
    ] = 24,
    processes: Annotated[int, typer.Option(min=2, help="At once.")] = 2,
    json: AsJson = False,
) -> None:
    """Print the events per second of a backfill, in one process and in several, in a temporary lake."""
    from midround.bench import backfill as load

    say(
        load.measured(recordings(files), simulated=simulated, distinct=distinct, processes=processes),
        as_json=json,
    )


def retraining(paths: Paths = None, *, json: AsJson = False) -> None:
    """Print the seconds of a whole retraining and of a single fit, without registering or writing anything."""
    from midround.bench import retraining as load
    from models.bundle import read_champion
    from models.contest import reigning
    from models.dataset import recorded_map
    from models.predictor import CHAMPION

    maps = [recorded_map(each) for each in train.recordings(paths)]
    say(load.measured(maps, reigning(read_champion(CHAMPION))), as_json=json)


def beside(
    *,
    pairs: Annotated[int, typer.Option(min=1, help="Quiet and beside; the median ratio counts.")] = 5,
    seconds: Annotated[float, typer.Option(min=1, help="Measured in each state.")] = 20.0,
    rate: Annotated[float, typer.Option(help="Events a second over all matches.")] = 200.0,
    simulated: Annotated[int, typer.Option(min=1, help="Maps of the backfill.")] = 1000,
    config: ConfigFile = None,
    json: AsJson = False,
) -> None:
    """Print the latency without and with a backfill alongside; exits as `up` does if the parts cannot run."""
    from midround.bench import beside as load
    from midround.machine import MachineError

    settings = console.settings(os.environ, config, {}).settings
    try:
        found = load.measured(settings, pairs=pairs, rate=rate, seconds=seconds, simulated=simulated)
    except MachineError as error:
        console.fail(str(error), error.code)
    say(found, as_json=json)


def finals(
    *,
    matches: Annotated[int, typer.Option(min=1, help="One after the other; the longest wait counts.")] = 3,
    config: ConfigFile = None,
    json: AsJson = False,
) -> None:
    """Print the seconds until statistics are final; exits as `up` does if the parts cannot run."""
    from midround.bench import finals as load
    from midround.machine import MachineError

    settings = console.settings(os.environ, config, {}).settings
    try:
        found = load.measured(settings, matches=matches)
    except MachineError as error:
        console.fail(str(error), error.code)
    say(found, as_json=json)


def recordings(files: list[Path] | None) -> list[Path]:
    """Return the named recordings, or all available ones."""
    from adapters.recordings import recording_paths

    folder = console.data_folder(os.environ) / "cs2df"
    return list(recording_paths(files or ([folder] if folder.is_dir() else [])))


def say(report: "Report", *, as_json: bool) -> None:
    """Print the report for people or scripts. A missed target is shown, but does not fail the command."""
    if as_json:
        console.emit(report)
        return
    machine, out = report.machine, console.out()
    out.print(f"[bold]{report.bench}[/]: {report.load}")
    out.print(
        f"  {machine.cores} cores, {machine.model}, load {machine.load}, steal {machine.steal_percent} %"
    )
    for name, value in report.values.items():
        out.print(f"  {name:<34} {value:>14,.3f}")
    for name, found in report.spreads.items():
        out.print(
            f"  {name:<34} p50 {found.p50:.2f}  p95 {found.p95:.2f}  p99 {found.p99:.2f}  max {found.most:.2f}"
            f"  ({found.count:,})"
        )
    for target in report.targets:
        mark = "[green]met[/]" if target.is_met else "[bold red]missed[/]"
        out.print(f"  target {target.what}: asked {target.asked:,g}, found {target.found:,g}: {mark}")
