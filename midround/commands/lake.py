"""`midround lake ...`: imports raw events, verifies every digest, merges small files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from adapters.exit_codes import CHECK_FAILED, DONE
from midround import console
from midround.commands.up import AsJson, ConfigFile, Home

if TYPE_CHECKING:
    from adapters.lake.raw import Added
    from adapters.settings import Settings
    from midround.inputs import Match

IMPORT = """
Add what was received to the lake, once however often it is imported: recorded matches (cs2df zips, NDJSON of envelopes,
folders of them), or what the running store's log holds.

Examples:

  midround lake import matches/*.zip

  midround lake import log:                 every match of the log

  midround lake import log:MATCH_ID
"""
VERIFY = """
Check every file of the lake against its manifest: there, whole, with the digest that was published; and that the raw
events are there that all else was made from.

Examples:

  midround lake verify --json
"""
COMPACT = """
Merge the small files of each partition into one, and sweep leftovers; no content changes.

Examples:

  midround lake compact
"""
FROM_LOG = "log:"


def import_(
    what: Annotated[
        list[str], typer.Argument(metavar="PATH|log:[ID]...", help="Files, folders, log:, log:ID.")
    ],
    *,
    series: Annotated[bool, typer.Option("--series", help="The files are the maps of one match.")] = False,
    config: ConfigFile = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Add raw events to the lake and print how many were new, one line per match. An input that cannot be added is
    reported and the others go on; the command then exits with 1."""
    from adapters.lake.partitions import LakeError
    from midround.inputs import InputError

    settings = console.settings_at(config, home)
    refusals = console.Refusals(InputError, LakeError)
    try:
        for name in [name for name in what if name.startswith(FROM_LOG)]:
            _from_log(settings, name.removeprefix(FROM_LOG), refusals, as_json=json)
        paths = [Path(name) for name in what if not name.startswith(FROM_LOG)]
        if paths:
            _from_files(settings, paths, refusals, is_series=series, as_json=json)
    except (InputError, OSError) as error:
        console.fail(str(error))
    refusals.end()


def verify(config: ConfigFile = None, home: Home = None, *, json: AsJson = False) -> None:
    """Print the problems of the lake's files, and the totals; exits with 1 if there is a problem or no lake."""
    from adapters.lake import upkeep

    checked = upkeep.verify(_lake(config, home))
    if json:
        console.emit(checked)
    else:
        for finding in checked.findings:
            where = escape(f"{finding.table} {finding.partition} {finding.file}")
            console.out().print(f"[bold red]{escape(finding.reason)}[/]  {where}")
        size = f"{checked.rows:,} rows, {checked.bytes / 1e6:,.1f} MB"
        console.out().print(f"{checked.partitions:,} partitions, {checked.files:,} files, {size}")
    raise typer.Exit(CHECK_FAILED if checked.findings else DONE)


def compact(config: ConfigFile = None, home: Home = None, *, json: AsJson = False) -> None:
    """Merge small files and print the numbers before and after; exits with 1 if the lake cannot be used."""
    from adapters.lake import upkeep
    from adapters.lake.partitions import LakeError

    try:
        done = upkeep.compact(_lake(config, home))
    except LakeError as error:
        console.fail(str(error))
    if json:
        console.emit(done)
        return
    merged = f"{done.files_before:,} files are {done.files_after:,} now"
    console.out().print(f"{done.partitions:,} partitions: {merged}, {done.swept:,} leftovers swept")


def _lake(config: Path | None, home: Path | None) -> Path:
    """Return the lake's folder; ends the command if there is no lake."""
    path = console.settings_at(config, home).lake_path
    if not path.is_dir():
        console.fail(f"there is no lake at {path}")
    return path


def _from_files(
    settings: "Settings", paths: list[Path], refusals: console.Refusals, *, is_series: bool, as_json: bool
) -> None:
    from midround import inputs

    for named in inputs.apart(paths, is_series=is_series):
        with refusals.going_on():
            for match in inputs.recorded(named, is_series=is_series, positions_hz=inputs.POSITIONS_HZ):
                _add(settings, match, as_json=as_json)


def _add(settings: "Settings", match: "Match", *, as_json: bool) -> None:
    from adapters.lake import raw
    from game.codec import encode
    from midround.inputs import by_match
    from models.code import code_version

    for match_id, told in by_match(match).items():
        events = [raw.RawEvent(raw=encode(event), file=match.name) for event in told]
        added = raw.add(settings.lake_path, match_id, events, code_version=code_version())
        _say(match.name, added, as_json=as_json)


def _from_log(settings: "Settings", match_id: str, refusals: console.Refusals, *, as_json: bool) -> None:
    from orchestration import gathering

    client = console.store(settings)
    for found in [match_id] if match_id else [each.match_id for each in gathering.logged(client)]:
        with refusals.going_on():
            _say(f"log:{found}", gathering.gather(client, settings.lake_path, found), as_json=as_json)


def _say(name: str, added: "Added", *, as_json: bool) -> None:
    if as_json:
        console.emit(
            {
                "input": name,
                "partition": added.partition.key,
                "added": added.rows,
                "total": added.total,
                "content": added.content,
            }
        )
    else:
        console.out().print(
            f"{escape(added.partition.key)}  [bold]{added.rows:>7,}[/] added, {added.total:,} in all  "
            f"{added.content[:12]}  {escape(name)}"
        )
