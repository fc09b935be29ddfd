"""What commands write to the terminal: lines for people, objects for scripts, progress, failures with an exit code.

Belongs here: form. Does not belong here: what a command says.

Exit codes: 0 done, 1 a check failed, 2 wrong use or settings, 3 the data folder is taken, 4 a port is taken,
5 a part did not start, 130 interrupted.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
import typer
from rich.console import Console

if TYPE_CHECKING:
    from rich.progress import Progress

    from adapters.settings import Loaded

CHECK_FAILED, WRONG_USE, FOLDER_TAKEN, PORT_TAKEN, NOT_STARTED, INTERRUPTED = 1, 2, 3, 4, 5, 130


def out() -> Console:
    """Standard output."""
    return Console(highlight=False)


def err() -> Console:
    """Standard error."""
    return Console(stderr=True, highlight=False)


def emit(line: object) -> None:
    """One JSON object on a line of standard output."""
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()


def fail(message: str, code: int = CHECK_FAILED) -> NoReturn:
    """End the command with one message on standard error."""
    err().print(f"[bold red]midround:[/] {message}", soft_wrap=True)
    raise typer.Exit(code)


def progress() -> "Progress":
    """A bar with count, rate and remaining time, on standard error so that `--json` stays clean."""
    from rich import progress as rich_progress

    return rich_progress.Progress(
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(),
        rich_progress.MofNCompleteColumn(),
        rich_progress.TextColumn("{task.fields[rate]}"),
        rich_progress.TimeRemainingColumn(),
        console=err(),
        transient=True,
    )


def rate(count: float, seconds: float) -> str:
    """Events a second, as a person reads it."""
    return f"{count / seconds:,.0f}/s" if seconds > 0 else ""


def settings(environ: Mapping[str, str], file: Path | None, options: Mapping[str, Any]) -> "Loaded":
    """The effective settings, or the end of the command."""
    from adapters.settings import SettingsError, load

    try:
        return load(environ, file=file, options=options)
    except SettingsError as error:
        fail(str(error), WRONG_USE)
