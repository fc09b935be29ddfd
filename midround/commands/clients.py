"""`midround clients`: manages the API's clients and their keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from adapters.exit_codes import WRONG_USE
from api.public.access.keys import Key, new_key
from midround import console
from midround.commands.catalog import OVERLAP_HOURS_MAX, Name, opened, user
from midround.commands.up import AsJson, ConfigFile, Home

if TYPE_CHECKING:
    from adapters.catalog.clients import Clients, KeyLine, Made
    from adapters.catalog.usage import MonthLine, Used

CREATE = """
Make a client with its first key, which is shown once. The API asks for keys where others than this machine can reach
it, or where api.access = "keys".

Examples:

  midround clients create broadcaster --plan broadcast

  midround clients create league-desk --matches 'league-*' --days 90

  midround clients create integrator --scope read --scope webhooks
  midround clients create office --scope admin --scope read --scope live
"""
LIST = """
Show every key: whose it is, what it allows, until when. Keys themselves are kept nowhere.

Examples:

  midround clients list

  midround clients list --json
"""
ROTATE = """
Make a new key for a client, shown once; it may do what the newest one that is taken may, and is taken for as long as
that was to be. Its other keys are taken for some more hours, so that nothing has to change at one moment.

Examples:

  midround clients rotate broadcaster

  midround clients rotate broadcaster --overlap-hours 0

  midround clients rotate league-desk --days 90
"""
REVOKE = """
Take a key, or all keys of a client, no more. It holds in every process within five seconds.

Examples:

  midround clients revoke 0123456789ab

  midround clients revoke broadcaster
"""
PLAN = """
Give a client other limits. They hold in every process within five seconds.

Examples:

  midround clients plan broadcaster unlimited
"""
GRANT = """
Let a client see other matches than before: those whose ids match one of the patterns, or all. It holds in every process
within five seconds, closes the client's open connections, and withdraws what waits for its webhooks.

Examples:

  midround clients grant league-desk --matches 'league-*' --matches 'cup-2026-*'

  midround clients grant broadcaster --all
"""
AUDIT = """
Show what was done to clients and keys, by whom and when; the latest first.

Examples:

  midround clients audit

  midround clients audit --limit 1000 --json
"""
USAGE = """
Show what clients asked in a month beside what their plans have: requests that were answered, live feeds that were
opened, the events that these told, and what was refused because it was above the plan. With a client's name its days.

Examples:

  midround clients usage

  midround clients usage broadcaster --month 2026-10

  midround clients usage --json
"""
Scopes = Annotated[
    list[str] | None,
    typer.Option(
        "--scope",
        help="read, live, webhooks, announce or admin; repeated for more.",
        show_default="read and live, or as before",
    ),
]
DAYS_MAX = 36_500
Days = Annotated[
    int | None,
    typer.Option(help="The key ends after so many days.", show_default="never", min=1, max=DAYS_MAX),
]


def create(
    name: Name,
    *,
    plan: Annotated[str, typer.Option(help="trial, standard, broadcast or unlimited.")] = "standard",
    matches: Annotated[
        list[str] | None,
        typer.Option(help="A pattern of match ids that it may see; repeated for more.", show_default="all"),
    ] = None,
    scope: Scopes = None,
    days: Days = None,
    config: ConfigFile = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Create a client and print its key, only this once; exits with 1 if the name is taken, with 2 for an unknown plan
    or scope."""
    _known(plan)
    now, key = datetime.now(UTC), new_key()
    made = _made(key, _scopes(scope), life=None if days is None else timedelta(days=days), now=now)
    with _clients(config, home) as clients:
        client_id = clients.create(name, made, plan=plan, matches=matches, who=user(), now=now)
    _say_key(client_id, key, as_json=json)


def rotate(
    name: Name,
    *,
    overlap_hours: Annotated[
        float, typer.Option(help="How long its other keys are still taken.", min=0, max=OVERLAP_HOURS_MAX)
    ] = 24.0,
    scope: Scopes = None,
    days: Annotated[
        int | None,
        typer.Option(
            help="The key ends after so many days; 0: never.", show_default="as before", min=0, max=DAYS_MAX
        ),
    ] = None,
    config: ConfigFile = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Print a new key, only this once, and let the client's other keys expire after the overlap; exits with 1 if there
    is no such client."""
    now, key = datetime.now(UTC), new_key()
    until = now + timedelta(hours=overlap_hours)
    with _clients(config, home) as clients:
        client_id = clients.client_id(name)
        newest = clients.newest_key(client_id, now=now)
        life = newest.life if days is None and newest else timedelta(days=days or 0)
        scopes = _scopes(scope or (list(newest.scopes) if newest else None))
        made = _made(key, scopes, life=life or None, now=now)
        clients.add_key(client_id, made, who=user(), now=now, others_until=until)
    _say_key(client_id, key, as_json=json)


def revoke(
    what: Annotated[str, typer.Argument(metavar="KEY|CLIENT", help="A key's beginning, or a client's name.")],
    *,
    config: ConfigFile = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Revoke keys and print how many; exits with 1 if there were none."""
    with _clients(config, home) as clients:
        count = clients.revoke(what, who=user(), now=datetime.now(UTC))
    if not count:
        console.fail(f"{what!r} is no key or client with a key that is taken")
    if json:
        console.emit({"revoked": count})
    else:
        console.out().print(f"{count} {'key is' if count == 1 else 'keys are'} taken no more")


def plan(
    name: Name,
    to: Annotated[str, typer.Argument(metavar="PLAN", help="trial, standard, broadcast or unlimited.")],
    *,
    config: ConfigFile = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Change a client's plan; exits with 1 if there is no such client, with 2 if there is no such plan."""
    _known(to)
    with _clients(config, home) as clients:
        clients.set_plan(clients.client_id(name), to, who=user(), now=datetime.now(UTC))
    if json:
        console.emit({"client": name, "plan": to})
    else:
        console.out().print(f"{name} has the plan {to}", markup=False)


def grant(
    name: Name,
    *,
    matches: Annotated[
        list[str] | None, typer.Option(help="A pattern of match ids that it may see; repeated for more.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="It may see all matches.")] = False,
    config: ConfigFile = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Replace the matches that a client may see; exits with 1 if there is no such client, with 2 unless exactly one of
    --matches and --all is given."""
    if all_ == bool(matches):
        console.fail("say what it may see: --matches PATTERN, or --all", WRONG_USE)
    granted = None if all_ else matches
    with _clients(config, home) as clients:
        clients.set_matches(clients.client_id(name), granted, who=user(), now=datetime.now(UTC))
    if json:
        console.emit({"client": name, "matches": granted})
    else:
        seen = "all matches" if granted is None else ", ".join(granted)
        console.out().print(f"{name} may see {seen}", markup=False)


def audit(
    *,
    limit: Annotated[int, typer.Option(help="At most so many entries.", min=1)] = 50,
    config: ConfigFile = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Print what was done to clients, keys and webhooks, one line each, latest first."""
    with _clients(config, home) as clients:
        lines = clients.audit(after=None, limit=limit)
    for line in lines:
        told = {"at": line.at, "who": line.who, "act": line.act}
        if json:
            console.emit(told | {"client_id": line.client_id, "key_id": line.key_id})
        else:
            of = " ".join(each for each in (line.client_id, line.key_id) if each)
            console.out().print(f"{line.at:%Y-%m-%d %H:%M:%S}Z  {line.who}  {line.act}  {of}", markup=False)


def usage(
    name: Annotated[str | None, typer.Argument(help="The client's name.", show_default="all clients")] = None,
    *,
    month: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m"], help="The month (UTC).", show_default="this one")
    ] = None,
    config: ConfigFile = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Print the usage of each client in the month, or of one client by day; exits with 1 if there is no such client."""
    begin = (month or datetime.now(UTC)).date().replace(day=1)
    with opened(console.settings_at(config, home)) as catalog:
        if name is None:
            lines = [_of_month(each) for each in catalog.usage().month(begin)]
        else:
            days = catalog.usage().days(catalog.clients().client_id(name), since=begin)
            lines = [_of_day(name, each) for each in days if each.day.replace(day=1) == begin]
    for line in lines:
        if json:
            console.emit(line)
        else:
            console.out().print("  ".join(f"{key} {value}" for key, value in line.items()), markup=False)


def _of_month(line: "MonthLine") -> dict[str, object]:
    from api.public.access.plans import PLANS

    plan = PLANS.get(line.plan)
    of, of_events = (None, None) if plan is None else (plan.monthly, plan.monthly_events)
    return {
        "client": line.name,
        "plan": line.plan,
        "used": line.requests + line.connections,
        "of": "no limit" if of is None else of,
        "requests": line.requests,
        "connections": line.connections,
        "refused": line.refused,
        "events": line.events,
        "of_events": "no limit" if of_events is None else of_events,
    }


def _of_day(name: str, line: "Used") -> dict[str, object]:
    told = {"client": name, "day": line.day.isoformat(), "requests": line.requests}
    return told | {"connections": line.connections, "refused": line.refused, "events": line.events}


def list_(config: ConfigFile = None, home: Home = None, *, json: AsJson = False) -> None:
    """Print every key without its secret: its client, state and permissions."""
    with _clients(config, home) as clients:
        lines = clients.keys()
    now = datetime.now(UTC)
    for line in lines:
        _say(line, now=now, as_json=json)
    if not lines and not json:
        console.out().print("there is no client; `midround clients create NAME` makes one")


def _made(key: Key, scopes: tuple[str, ...], *, life: timedelta | None, now: datetime) -> "Made":
    from adapters.catalog.clients import Made

    expires_at = None if life is None else now + life
    return Made(key_id=key.key_id, secret_hash=key.secret_hash, scopes=scopes, expires_at=expires_at)


def _say_key(client_id: str, key: Key, *, as_json: bool) -> None:
    if as_json:
        console.emit({"client_id": client_id, "key_id": key.key_id, "key": key.text})
        return
    console.out().print(f"[bold]{key.text}[/]")
    console.out().print(
        "It is shown this once. `authorization: Bearer ...` in each request; see docs/API.md."
    )


def _say(line: "KeyLine", *, now: datetime, as_json: bool) -> None:
    from api.public.tenants.queries import state_of

    state = state_of(line, now)
    if as_json:
        told = {
            "client": line.name,
            "client_id": line.client_id,
            "key_id": line.key_id,
            "plan": line.plan,
            "scopes": line.scopes,
            "matches": line.matches,
            "state": state,
            "created_at": line.created_at,
            "expires_at": line.expires_at,
            "revoked_at": line.revoked_at,
        }
        console.emit(told)
        return
    until = "" if line.expires_at is None else f"  until {line.expires_at:%Y-%m-%d %H:%M}Z"
    seen = "all matches" if line.matches is None else ", ".join(line.matches)
    allowed = escape(f"{line.plan}, {'+'.join(line.scopes)}, {seen}")
    console.out().print(f"mr_{line.key_id}  [bold]{escape(line.name)}[/]  {state}{until}  {allowed}")


def _scopes(asked: list[str] | None) -> tuple[str, ...]:
    from api.public.access.ring import SCOPES, USUAL

    unknown = [name for name in asked or () if name not in SCOPES]
    if unknown:
        console.fail(f"there is no scope {unknown[0]!r}: {', '.join(SCOPES)}", WRONG_USE)
    return tuple(dict.fromkeys(asked)) if asked else USUAL


def _known(plan: str) -> None:
    from api.public.access.plans import PLANS

    if plan not in PLANS:
        console.fail(f"there is no plan {plan!r}: {', '.join(PLANS)}", WRONG_USE)


@contextmanager
def _clients(config: Path | None, home: Path | None) -> Iterator["Clients"]:
    with opened(console.settings_at(config, home)) as catalog:
        yield catalog.clients()
