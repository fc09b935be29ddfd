"""`midround simulate`: simulated matches, written as envelopes or played into an intake."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.exit_codes import WRONG_USE
from midround import console

if TYPE_CHECKING:
    from collections.abc import Iterable

    from game.events import AnyEvent
    from game.simulate.patch import RuleSet
    from midround.inputs import Match

HELP = """
Play a simulated match: to standard output or a file as NDJSON of envelopes, or into an intake. The same seed gives the
same match.

Examples:

  midround simulate --seed 7 --out match.ndjson

  midround simulate --seed 7 --mess 2 --to http://127.0.0.1:8081 --speed 8

  midround simulate --seed 7 --rules patch --out patched.ndjson
"""


def simulate(
    *,
    seed: Annotated[int, typer.Option(help="Another seed, another match.")] = 1,
    best_of: Annotated[int, typer.Option(help="1, 3 or 5.")] = 3,
    positions: Annotated[int, typer.Option(help="Position samples a second: 0, 1, 2, 4 or 8.")] = 1,
    rules: Annotated[str, typer.Option(help="current, or patch: another game, untold.")] = "current",
    mess: Annotated[int, typer.Option(min=0, max=3, help="What goes wrong: 0 nothing to 3 everything.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Write to FILE.", show_default="standard output")] = None,
    to: Annotated[str | None, typer.Option(help="Play into this intake instead.")] = None,
    speed: Annotated[str, typer.Option(help="With --to: times as fast, or max.")] = "max",
) -> None:
    """Write a match's envelopes, or send them; exits with 1 if the intake rejects events or is unreachable, with 2 for
    wrong options."""
    from game.simulate.setting import BEST_OF, POSITIONS_HZ
    from midround import inputs

    pace = console.speed(speed)
    match = inputs.simulated(
        seed=seed,
        best_of=console.chosen("--best-of", best_of, BEST_OF),
        position_hz=console.chosen("--positions", positions, POSITIONS_HZ),
        rules=_rule_set(rules),
    )
    events: Iterable[AnyEvent] = match.events()
    if mess:
        from game.simulate.mess import mess as messed

        events = messed(events, seed=seed, options=mess)
    if to is None:
        _write(events, out)
    else:
        _send(match, events, to, speed=pace)


def _rule_set(name: str) -> "RuleSet":
    from game.simulate.patch import RULE_SETS

    found = next((known for known in RULE_SETS if known == name), None)
    if found is None:
        console.fail(f"no rules called {name}: there are {', '.join(RULE_SETS)}", WRONG_USE)
    return found


def _write(events: "Iterable[AnyEvent]", out: Path | None) -> None:
    import sys

    from game.codec import encode

    lines = (encode(event) + b"\n" for event in events)
    if out is None:
        sys.stdout.buffer.writelines(lines)
        return
    try:
        with out.open("wb") as file, console.progress("events", None) as advance:
            for line in lines:
                file.write(line)
                advance(1)
    except OSError as error:
        console.fail(str(error), WRONG_USE)


def _send(match: "Match", events: "Iterable[AnyEvent]", to: str, *, speed: float | None) -> None:
    from midround import sending

    try:
        with closing(sending.Intake(to)) as intake, console.progress("events", None) as advance:
            sending.play(intake, events, speed=speed, told=advance)
            sent = intake.take_sent()
        console.sent(f"{match.name}, {next(iter(match.events())).match_id}", sent)
        sending.check(sent)
    except sending.AddressError as error:
        console.fail(str(error), WRONG_USE)
    except sending.SendError as error:
        console.fail(str(error))
