"""`midround models`: shows the champion and its history, compares models, and promotes another one."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from adapters.exit_codes import CHECK_FAILED, WRONG_USE
from midround import console
from midround.commands.catalog import user
from midround.commands.train import recordings
from midround.commands.up import AsJson, ConfigFile, Home

if TYPE_CHECKING:
    from adapters.settings import Settings
    from models.bundle import Champion
    from models.comparison import Comparison
    from models.lineup import Listed
    from models.promotion import Promotion
    from models.shadow import Shadowed

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
CHALLENGE = """
Let a bundle answer in shadow for every live state beside the champion, off the critical path and served to nobody. With
--stop nobody challenges any more. `midround up` starts the process for it where a challenger is named.

Examples:

  midround models challenge build/model/next --why "wider buys"

  midround models challenge --stop
"""
SHADOW = """
Show how challengers in shadow did beside the champion: log loss on exactly the same live states of decided rounds, and
the paired difference with its interval over matches (below 0: the challenger is better).

Examples:

  midround models shadow

  midround models shadow --json
"""
COMPARE = """
Compare the round models of two bundles on exactly the same states of recorded maps: log loss once a second of live
play, and the paired difference with its interval over matches (below 0: the first is better). Says how many of the maps
either was trained on: a difference on these is no evidence.

Examples:

  midround models compare cs2-2026-12 cs2-2026-11

  midround models compare build/model/next cs2-2026-11 later-maps --json
"""


def list_(config: ConfigFile = None, home: Home = None, *, json: AsJson = False) -> None:
    """Print every bundle of the folder, one line each, with its roles and any problem."""
    from models.lineup import listed

    with _refusals():
        for line in listed(_folder(console.settings_at(config, home))):
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
    """Promote a bundle to champion; exits with 1 if the promotion is refused, with 2 if the bundle cannot be used."""
    from models.promotion import promote as promoted

    settings = console.settings_at(config, home)
    with _refusals():
        done = promoted(_folder(settings), bundle, who=who or user(), why=why)
    _done(settings, done, as_json=json)


def rollback(
    why: Why, *, who: Who = None, config: ConfigFile = None, home: Home = None, json: AsJson = False
) -> None:
    """Promote the previous champion again; exits with 1 if there is none."""
    from models.promotion import rollback as rolled_back

    settings = console.settings_at(config, home)
    with _refusals():
        done = rolled_back(_folder(settings), who=who or user(), why=why)
    _done(settings, done, as_json=json)


def challenge(
    bundle: Annotated[
        str | None,
        typer.Argument(metavar="[BUNDLE]", help="Its name among the models, or a path to one elsewhere."),
    ] = None,
    *,
    stop: Annotated[bool, typer.Option("--stop", help="Nobody challenges any more.")] = False,
    why: Annotated[str, typer.Option("--why", help="The reason, kept with it.")] = "",
    who: Who = None,
    config: ConfigFile = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Name a challenger, or withdraw it with --stop; exits with 1 if it is refused, with 2 for both or neither."""
    from models import promotion
    from orchestration.succession import Told

    if stop == (bundle is not None):
        console.fail("name a bundle, or --stop", WRONG_USE)
    settings, named = console.settings_at(config, home), None
    with _refusals():
        folder = _folder(settings)
        if bundle is None:
            promotion.stand_down(folder)
        else:
            named = promotion.challenge(folder, bundle, who=who or user(), why=why)
    _say_challenger(named, as_json=json)
    for warning in Told(registry=_followed(settings)).warnings():
        console.say(warning)


def shadow(*, config: ConfigFile = None, home: Home = None, json: AsJson = False) -> None:
    """Print the scores of each challenger beside its champion's; exits with 1 if no store answers."""
    from adapters.clickhouse.client import query_rows
    from api.public.sql import SHADOWED
    from models.shadow_report import shadow_report

    found = shadow_report(query_rows(console.store(console.settings_at(config, home)), SHADOWED))
    if not found and not json:
        console.out().print("no live state of a decided round has a shadow yet")
    for line in found:
        _say_shadowed(line, as_json=json)


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
    """Print the scores of both bundles on the same states, and their difference; exits with 2 if a bundle cannot be
    used."""
    from models.comparison import compared, side_of
    from models.dataset import recorded_map

    with _refusals():
        folder = _folder(console.settings_at(config, home))
        first, second = (side_of(p if (p := folder / name).is_dir() else Path(name)) for name in (a, b))
        found = recordings(paths)
        with console.progress("maps", len(found)) as advance:
            maps = []
            for recording in found:
                maps.append(recorded_map(recording))
                advance(1)
        _say_comparison(compared(maps, first, second), as_json=json)


def _folder(settings: "Settings") -> Path:
    """Return the folder of models, seeded with the shipped champion if no part has run yet."""
    from midround import places
    from models.predictor import CHAMPION
    from models.promotion import seed

    folder = places.models_folder(settings)
    if not settings.stream.champion:
        seed(folder, CHAMPION)
    return folder


@contextmanager
def _refusals() -> Iterator[None]:
    """End the command on an invalid bundle, a refused promotion or an I/O error."""
    from models.promotion import PromotionError

    try:
        yield
    except (ValueError, OSError) as error:
        console.fail(str(error), CHECK_FAILED if isinstance(error, PromotionError) else WRONG_USE)


def _done(settings: "Settings", done: "Promotion", *, as_json: bool) -> None:
    """Print the promotion, and record it in catalog and registry."""
    from midround import places
    from orchestration.succession import told

    known = told(
        done.champion,
        done.manifest,
        catalog_url=places.catalog_url(settings),
        follow=partial(_followed, settings),
    )
    if as_json:
        where = {"catalog": known.catalog or "recorded", "registry": known.registry or "follows"}
        console.emit({"champion": done.champion, "previous": done.previous, "refuted": done.refuted, **where})
    else:
        out = console.out()
        out.print(
            f"[bold green]{escape(done.champion.bundle)}[/] is champion from {done.champion.since:%H:%M:%S.%f} UTC on"
        )
        out.print(f"  before it {escape(done.previous.bundle)}; `midround models rollback` brings it back")
    if done.refuted:
        console.say(f"{done.champion.bundle} was refuted on air: {done.refuted}")
    for warning in known.warnings():
        console.say(warning)


def _followed(settings: "Settings") -> str:
    """Update MLflow's aliases; returns why they could not follow, or an empty string. If no model was ever registered,
    MLflow is not even imported: that takes seconds, and the live path does not need it."""
    from orchestration.succession import NO_REGISTRY

    if settings.tracking_uri.startswith("sqlite:") and not (settings.home / "mlflow" / "mlflow.db").exists():
        return NO_REGISTRY
    try:
        from models.following import follow
        from models.registry import Store
    except ImportError as error:
        return str(error)
    from models.bundle import read_pointer
    from models.promotion import read_challenger

    folder = _folder(settings)
    store = Store(uri=settings.tracking_uri)
    return str(follow(store, partial(read_pointer, folder), partial(read_challenger, folder)))


def _say_challenger(named: "Champion | None", *, as_json: bool) -> None:
    if as_json:
        console.emit(named or {"challenger": None})
    elif named is None:
        console.out().print("nobody challenges")
    else:
        console.out().print(
            f"[bold green]{escape(named.bundle)}[/] challenges; `midround models shadow` tells how it does"
        )


def _say_listed(line: "Listed", *, as_json: bool) -> None:
    if as_json:
        console.emit(line)
        return
    roles = ", ".join(line.roles)
    since = f"since {line.since:%Y-%m-%d %H:%M:%S} UTC by {line.who}: {line.why}" if line.since else ""
    state = f"[bold red]{escape(line.problem)}[/]" if line.problem else escape(since)
    name = escape(f"{line.bundle:<20}")
    console.out().print(f"{name} {(line.model_hash or '')[:12]:<12} [bold]{roles:<18}[/] {state}")


def _say_shadowed(line: "Shadowed", *, as_json: bool) -> None:
    if as_json:
        console.emit(line)
        return
    out = console.out()
    out.print(f"{line.rows:,} seconds of live play in {line.rounds} rounds on {line.maps} maps")
    for name, loss, error in (
        (line.champion, line.champion_log_loss, line.champion_ece),
        (line.challenger, line.challenger_log_loss, line.challenger_ece),
    ):
        out.print(f"  {name:<20} {loss:8.5f}  ECE {error:.4f}", markup=False)
    interval = line.paired_interval
    told = "one match: no interval" if interval is None else f"[{interval[0]:.5f}, {interval[1]:.5f}]"
    out.print(f"  {'difference':<20} {line.paired:8.5f}  {told}", markup=False)


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
        out.print(f"  {name:<20} {figure.value:8.5f}  [{figure.lo:.5f}, {figure.hi:.5f}]", markup=False)
    out.print(f"  largest difference of chances in a state {found.largest:.4f}")
    for name, seen in ((found.a, found.seen_a), (found.b, found.seen_b)):
        if seen is None:
            out.print(f"  the card of {escape(name)} does not tell what it was trained on")
        elif seen:
            out.print(
                f"  {escape(name)} was trained on {seen} of these maps: [bold]the difference is no evidence[/]"
            )
