"""Terminal output of the commands: lines for people, JSON for scripts, progress bars, failures with an exit code.

Belongs here: the form of output. Does not belong here: what a command prints.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
import typer
from rich.console import Console
from rich.markup import escape

from adapters.exit_codes import CHECK_FAILED, WRONG_USE

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from adapters.configuration import Loaded
    from adapters.settings import Settings
    from midround.sending import Sent

TAKEN = ("accepted", "duplicate", "rejected")
"""The outcomes that an intake reports for events, as its answer names them."""


def out() -> Console:
    """Standard output. Lines are never wrapped, so that other programs can read them."""
    return Console(highlight=False, emoji=False, soft_wrap=True)


def err() -> Console:
    """Standard error, for live views and progress bars, cut to the terminal's width. Use `say` for lines of text."""
    return Console(stderr=True, highlight=False, emoji=False)


def say(line: str) -> None:
    """Print a line for people on standard error, unchanged."""
    err().print(line, markup=False, soft_wrap=True)


def emit(line: object) -> None:
    """Print an object as one line of JSON on standard output."""
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()


def sent(name: str, counts: "Sent", *, as_json: bool = False) -> None:
    """Print what an intake accepted of a match."""
    if as_json:
        emit({"match": name, **{each: getattr(counts, each) for each in TAKEN}})
    else:
        out().print(f"{escape(name)}: {', '.join(f'{getattr(counts, each):,} {each}' for each in TAKEN)}")


def complain(message: str) -> None:
    """Print an error on standard error; the command goes on."""
    err().print(f"[bold red]midround:[/] {escape(message)}", soft_wrap=True)


class Refusals:
    """Collects unusable inputs: reports each one while the command goes on with the others."""

    def __init__(self, *errors: type[Exception]) -> None:
        self._errors, self._count = errors, 0

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Report one of the given errors if the block raises it, and count it."""
        try:
            yield
        except self._errors as error:
            complain(str(error))
            self._count += 1

    def end(self, code: int = CHECK_FAILED) -> None:
        """End the command with `code` if any input was refused."""
        if self._count:
            raise typer.Exit(code)


def fail(message: str, code: int = CHECK_FAILED) -> NoReturn:
    """End the command with `code` after one message on standard error."""
    complain(message)
    raise typer.Exit(code)


@contextmanager
def progress(description: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show a progress bar with count, rate and remaining time, on standard error so that `--json` output stays clean.
    Yields a function to call with the number of items just done."""
    from rich import progress as rich_progress

    begun_s, done = time.monotonic(), 0
    columns = (
        rich_progress.TextColumn("{task.description}", markup=False),
        rich_progress.BarColumn(),
        rich_progress.MofNCompleteColumn(),
        rich_progress.TextColumn("{task.fields[rate]}"),
        rich_progress.TimeRemainingColumn(),
    )
    with rich_progress.Progress(*columns, console=err(), transient=True) as shown:
        task = shown.add_task(description[:60], total=total, rate="")

        def advance(count: int) -> None:
            nonlocal done
            done += count
            seconds = max(time.monotonic() - begun_s, 1e-9)
            shown.update(task, advance=count, rate=f"{done / seconds:,.0f}/s")

        yield advance


def speed(text: str) -> float | None:
    """Parse `--speed`: the factor, or None for `max`. Ends the command for anything else."""
    if text == "max":
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        fail(f"--speed {text}: a number above 0, or max", WRONG_USE)
    return value


def chosen(option: str, value: int, choices: Sequence[int]) -> int:
    """Return the value of an option; ends the command unless it is one of the choices."""
    if value not in choices:
        fail(f"{option} {value}: one of {', '.join(map(str, choices))}", WRONG_USE)
    return value


def data_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of recorded matches: `MIDROUND_DATA`, by default `../shared/data`."""
    return Path(environ.get("MIDROUND_DATA") or "../shared/data")


def recorded_folder() -> Path:
    """Return the folder of cs2df recordings; ends the command if there is none."""
    folder = data_folder(os.environ) / "cs2df"
    if not folder.is_dir():
        fail(f"no recorded matches in {folder}: name them, or set MIDROUND_DATA", WRONG_USE)
    return folder


def settings(environ: Mapping[str, str], file: Path | None, options: Mapping[str, Any]) -> "Loaded":
    """Load the effective settings; ends the command if they are invalid."""
    from adapters.configuration import SettingsError, load

    try:
        return load(environ, file=file, options=options)
    except SettingsError as error:
        fail(str(error), WRONG_USE)


def settings_at(file: Path | None, home: Path | None) -> "Settings":
    """Load the settings as `settings` does, with the data folder from an option, if given."""
    return settings(os.environ, file, {"home": None if home is None else str(home)}).settings


def make_home(settings: "Settings") -> None:
    """Create the data folder; ends the command if that fails."""
    from adapters.privacy import make_folder

    try:
        make_folder(settings.home)
    except OSError as error:
        fail(f"no data folder at {settings.home}: {error.strerror}", WRONG_USE)


def store(settings: "Settings") -> "Client":
    """Connect to the store; ends the command if it does not answer or refuses the connection."""
    from clickhouse_connect.driver.exceptions import ClickHouseError

    from adapters.clickhouse.client import connect, ping
    from adapters.masking import masked
    from midround import places

    url = places.clickhouse_url(settings)
    if not ping(url):
        fail(f"no store answers at {masked('url', url)}: is `midround up` running?")
    try:
        return connect(url, settings.clickhouse.options)
    except ClickHouseError as error:
        fail(f"the store at {masked('url', url)} refuses: {error}")
