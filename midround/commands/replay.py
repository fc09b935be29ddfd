"""`midround replay WHAT... --to URL`: plays matches into an intake."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.exit_codes import WRONG_USE
from midround import console
from midround.commands.up import AsJson, ConfigFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from midround.inputs import Match

RATES_HZ = (0, 1, 8)

HELP = """
Play recorded matches, or matches of the store's raw log, through a true intake. Times of events stay what they were.
Position samples count in the numbers of events: a match goes in with one rate of them, usually that of `lake import`.

Examples:

  midround replay matches/*.zip --speed max

  midround replay match:8f14e45f-ceea-567f-b8e5-0d7c2a3b4c5d --speed 4 --to http://127.0.0.1:8081
"""


def replay(
    what: Annotated[list[str], typer.Argument(metavar="PATH|match:ID...", help="Files, folders, match:ID.")],
    *,
    speed: Annotated[str, typer.Option(help="How many times as fast as it was played, or max.")] = "1",
    to: Annotated[str | None, typer.Option(help="The intake.", show_default="that of the settings")] = None,
    positions: Annotated[int, typer.Option(help="Position samples a second: 0, 1 or 8.")] = 1,
    config: ConfigFile = None,
    json: AsJson = False,
) -> None:
    """Print what the intake accepted of each match; exits with 1 if events are rejected or cannot be sent, with 2 for a
    wrong address."""
    from midround import inputs, sending

    pace, total = console.speed(speed), sending.Sent()
    hz = console.chosen("--positions", positions, RATES_HZ)
    try:
        with closing(sending.Intake(to or _intake(config))) as intake:
            for match in _matches(what, config, positions=hz):
                events = list(match.events())
                with console.progress(match.name, len(events)) as advance:
                    sending.play(intake, events, speed=pace, told=advance)
                sent = intake.take_sent()
                console.sent(match.name, sent, as_json=json)
                total = total.plus(sent)
            sending.check(total)
    except sending.AddressError as error:
        console.fail(str(error), WRONG_USE)
    except (inputs.InputError, sending.SendError) as error:
        console.fail(str(error))


def _intake(config: Path | None) -> str:
    """Return the URL of the configured intake on this machine."""
    return f"http://127.0.0.1:{console.settings_at(config, None).intake.port}"


def _matches(what: list[str], config: Path | None, *, positions: int) -> "Iterator[Match]":
    from midround import inputs

    for name in what:
        if name.startswith(inputs.FROM_STORE):
            yield _stored(name.removeprefix(inputs.FROM_STORE), config)
        else:
            yield from inputs.recorded([Path(name)], positions_hz=positions)


def _stored(match_id: str, config: Path | None) -> "Match":
    from midround import inputs

    return inputs.stored(console.store(console.settings_at(config, None)), match_id)
