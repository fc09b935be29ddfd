"""`midround models`: which model is on air, who put it there, and another one."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from midround import console
from midround.commands.train import recordings
from midround.commands.up import AsJson, ConfigFile, Home

if TYPE_CHECKING:
    from adapters.settings import Settings
    from models.comparison import Comparison
    from models.lineup import Listed
    from models.promotion import Promotion

Why = Annotated[str, typer.Option("--why", help="The reason, kept with the promotion.")]
Who = Annotated[str | None, typer.Option("--who", help="Who decides.", show_default="the user")]
Bundle = Annotated[str, typer.Argument(help="Its name among the models, or a path to one elsewhere.")]

LIST = """
Show every bundle of the folder of models: which is champion, since when, by whom, and whether it can be loaded.

Examples:

  midround models list

  midround models list --json
"""
PROMOTE = """
Make a bundle the champion. Two seconds later matches begin with it, and running ones are switched at one place of the
log; nothing is restarted. A bundle that is not what it claims to be is refused and nothing is changed.

Examples:

  midround models promote cs2-2026-12 --why "later maps: -0.004 [-0.006, -0.002]"

  midround models promote build/model/cs2-2026-12 --why "first of the new patch"
"""
ROLLBACK = """
Make the champion before the present one champion again, as `promote` does.

Examples:

  midround models rollback --why "live log loss is off"
"""
COMPARE = """
Compare the round models of two bundles on exactly the same states of recorded maps: log loss once a second of live
play, and the paired difference with its interval over maps (below 0: the first is better).

Examples:

  midround models compare cs2-2026-12 cs2-2026-11

  midround models compare build/model/next cs2-2026-11 later-maps --json
"""


def list_(config: ConfigFile = None, home: Home = None, *, json: AsJson = False) -> None:
    """The command."""
    from models.lineup import listed

    with _refusals():
        for line in listed(_folder(_settings(config, home))):
            _say_listed(line, as_json=json)


def promote(
    bundle: Bundle,
    *,
    why: Why,
    who: Who = None,
    config: ConfigFile = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """The command."""
    from models.promotion import promote as promoted

    settings = _settings(config, home)
    with _refusals():
        done = promoted(_folder(settings), bundle, who=who or _user(), why=why, now=datetime.now(UTC))
    _done(settings, done, as_json=json)


def rollback(
    why: Why, *, who: Who = None, config: ConfigFile = None, home: Home = None, json: AsJson = False
) -> None:
    """The command."""
    from models.promotion import rollback as rolled_back

    settings = _settings(config, home)
    with _refusals():
        done = rolled_back(_folder(settings), who=who or _user(), why=why, now=datetime.now(UTC))
    _done(settings, done, as_json=json)


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="A bundle's name or path.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another's.")],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH...]",
            help="cs2df zips or folders.",
            show_default="recorded matches of MIDROUND_DATA, else ../shared/data",
        ),
    ] = None,
    *,
    config: ConfigFile = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """The command."""
    from models.comparison import compared
    from models.dataset import recorded_map
    from models.predictor import load_predictor

    folder = _folder(_settings(config, home))
    with _refusals():
        first, second = (
            load_predictor(p if (p := folder / name).is_dir() else Path(name)) for name in (a, b)
        )
        found = recordings(paths)
        with console.progress("maps", len(found)) as advance:
            maps = []
            for recording in found:
                maps.append(recorded_map(recording))
                advance(1)
        _say_comparison(compared(maps, first, second), as_json=json)


def _settings(config: Path | None, home: Path | None) -> "Settings":
    return console.settings(os.environ, config, {"home": None if home is None else str(home)}).settings


def _folder(settings: "Settings") -> Path:
    """The folder of models, with the shipped champion in it where nothing has run yet."""
    from midround import parts
    from models.predictor import CHAMPION
    from models.promotion import seed

    folder = parts.models_folder(settings)
    if not settings.stream.champion:
        seed(folder, CHAMPION)
    return folder


@contextmanager
def _refusals() -> Iterator[None]:
    """What is wrong with a bundle, a promotion or a disk ends the command."""
    from models.promotion import PromotionError

    try:
        yield
    except (ValueError, OSError) as error:
        console.fail(
            str(error), console.CHECK_FAILED if isinstance(error, PromotionError) else console.WRONG_USE
        )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _done(settings: "Settings", done: "Promotion", *, as_json: bool) -> None:
    """Say it, and have the catalog know it. A catalog that is away undoes nothing: the history has who and why."""
    problem = _recorded(settings, done)
    if as_json:
        console.emit({"champion": done.champion, "previous": done.previous, "catalog": problem or "recorded"})
    else:
        out = console.out()
        out.print(
            f"[bold green]{done.champion.bundle}[/] is champion from {done.champion.since:%H:%M:%S.%f} UTC on"
        )
        out.print(f"  before it {done.previous.bundle}; `midround models rollback` brings it back")
    if problem:
        console.err().print(f"the catalog does not know it: {problem}")


def _recorded(settings: "Settings", done: "Promotion") -> str:
    from adapters.catalog.changes import CatalogAwayError, promoted
    from adapters.catalog.store import open_catalog
    from midround import parts

    manifest, champion = done.manifest, done.champion
    assert champion.since is not None
    change = promoted(
        model_hash=manifest.model_hash,
        model_version=manifest.model_version,
        feature_schema_hash=manifest.feature_schema_hash,
        since=champion.since,
        who=champion.who,
        why=champion.why,
    )
    try:
        catalog = open_catalog(parts.catalog_url(settings))
    except CatalogAwayError as error:
        return str(error)
    try:
        catalog.apply([change])
    except CatalogAwayError as error:
        return str(error)
    finally:
        catalog.close()
    return ""


def _say_listed(line: "Listed", *, as_json: bool) -> None:
    if as_json:
        console.emit(line)
        return
    roles = ", ".join(line.roles)
    since = f"since {line.since:%Y-%m-%d %H:%M:%S} UTC by {line.who}: {line.why}" if line.since else ""
    state = f"[bold red]{line.problem}[/]" if line.problem else since
    console.out().print(
        f"{line.bundle:<20} {(line.model_hash or '')[:12]:<12} [bold]{roles:<18}[/] {state}", soft_wrap=True
    )


def _say_comparison(found: "Comparison", *, as_json: bool) -> None:
    if as_json:
        console.emit(found)
        return
    out = console.out()
    out.print(f"{found.rows:,} seconds of live play on {found.maps} maps")
    for name, figure in (
        (found.a, found.log_loss_a),
        (found.b, found.log_loss_b),
        ("difference", found.paired),
    ):
        out.print(f"  {name:<20} {figure.value:8.5f}  [{figure.lo:.5f}, {figure.hi:.5f}]")
    out.print(f"  largest difference of chances in a state {found.largest:.4f}")
