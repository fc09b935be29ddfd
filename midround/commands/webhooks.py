"""`midround webhooks`: manages the clients' webhooks and shows their deliveries."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from adapters.exit_codes import WRONG_USE
from midround import console
from midround.commands.catalog import OVERLAP_HOURS_MAX, Name, opened, user
from midround.commands.up import AsJson, ConfigFile, Home

if TYPE_CHECKING:
    from adapters.catalog.attempts import Tried
    from adapters.catalog.outbox import Delivery
    from adapters.catalog.store import Catalog
    from adapters.catalog.webhooks import By, Webhook

CREATE = """
Have a client told of what happens by signed POSTs to a URL. The secret that they are signed with is shown once. What is
sent and how it is checked: docs/webhooks.md.

Examples:

  midround webhooks create broadcaster https://example.org/midround

  midround webhooks create desk https://example.org/results --type map.ended --type series.ended
"""
LIST = """
Show every webhook, or those of one client. Their secrets are not shown.

Examples:

  midround webhooks list

  midround webhooks list broadcaster --json
"""
ROTATE = """
Make a new secret, shown once. The one before signs beside it for some more hours, so that nothing has to change at one
moment.

Examples:

  midround webhooks rotate 0b3f...

  midround webhooks rotate 0b3f... --overlap-hours 0
"""
DELETE = """
Remove a webhook, with what waits for it and the log of what was sent.

Examples:

  midround webhooks delete 0b3f...
"""
RESEND = """
Queue what was given up again, in its old order and under its old ids; or one delivery, whatever became of it.

Examples:

  midround webhooks resend 0b3f...

  midround webhooks resend 0b3f... --delivery 5c1d...
"""
DELIVERIES = """
Show what was sent to a webhook, what waits and what was given up, the newest first.

Examples:

  midround webhooks deliveries 0b3f...

  midround webhooks deliveries 0b3f... --status dead --limit 100 --json
"""
ATTEMPTS = """
Show what came of each attempt of a delivery, the newest first: when, how long it took, status and error.

Examples:

  midround webhooks attempts 0b3f... 5c1d...
"""
WebhookId = Annotated[str, typer.Argument(metavar="WEBHOOK", help="The webhook's id.")]
Status = Literal["pending", "delivered", "dead"]


def create(
    client: Name,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the POSTs go.")],
    *,
    types: Annotated[
        list[str] | None,
        typer.Option("--type", help="A type of event; repeated for more.", show_default="all"),
    ] = None,
    config: ConfigFile = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Create a webhook and print its secret, only this once; exits with 1 if there is no such client, with 2 for a
    wrong URL or type."""
    from api.outbox.signing import new_secret

    settings, secret = console.settings_at(config, home), new_secret()
    wanted = _types(types)
    _check(url, is_private_allowed=settings.webhooks.allow_private)
    with opened(settings) as catalog:
        client_id = catalog.clients().client_id(client)
        made = catalog.webhooks().create(
            client_id, url=url, types=wanted, secret=secret, by=_by(), now=_now()
        )
    _say_secret(made, secret, as_json=json)


def list_(
    client: Annotated[str | None, typer.Argument(help="A client's name.", show_default="all")] = None,
    *,
    config: ConfigFile = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Print every webhook, or one client's, without secrets; exits with 1 if there is no such client."""
    with opened(console.settings_at(config, home)) as catalog:
        client_id = None if client is None else catalog.clients().client_id(client)
        found = catalog.webhooks().all(client_id)
    for each in found:
        _say(each, as_json=json)
    if not found and not json:
        console.out().print("there is no webhook; `midround webhooks create CLIENT URL` makes one")


def rotate(
    webhook_id: WebhookId,
    *,
    overlap_hours: Annotated[
        float, typer.Option(help="How long the one before still signs.", min=0, max=OVERLAP_HOURS_MAX)
    ] = 24.0,
    config: ConfigFile = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Print a new secret, only this once; exits with 1 if there is no such webhook."""
    from api.outbox.signing import new_secret

    secret, now = new_secret(), _now()
    until = now + timedelta(hours=overlap_hours)
    with opened(console.settings_at(config, home)) as catalog:
        found = catalog.webhooks().rotate(webhook_id, secret=secret, others_until=until, by=_by(), now=now)
    _say_secret(found, secret, as_json=json)


def delete(
    webhook_id: WebhookId, *, config: ConfigFile = None, home: Home = None, json: AsJson = False
) -> None:
    """Delete a webhook and its deliveries; exits with 1 if there is no such webhook."""
    with opened(console.settings_at(config, home)) as catalog:
        catalog.webhooks().delete(webhook_id, by=_by(), now=_now())
    if json:
        console.emit({"deleted": webhook_id})
    else:
        console.out().print(f"{webhook_id} is gone")


def resend(
    webhook_id: WebhookId,
    *,
    delivery: Annotated[
        str | None, typer.Option(help="One delivery.", show_default="all that were given up")
    ] = None,
    config: ConfigFile = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Queue deliveries again and print how many; exits with 1 if there is no such webhook."""
    with opened(console.settings_at(config, home)) as catalog:
        _known(catalog, webhook_id)
        count = catalog.outbox().resend(webhook_id, delivery_id=delivery, by=_by(), now=_now())
    if json:
        console.emit({"resent": count})
    else:
        console.out().print(f"{count} {'delivery is' if count == 1 else 'deliveries are'} queued again")


def deliveries(
    webhook_id: WebhookId,
    *,
    status: Annotated[Status | None, typer.Option(help="Only these.", show_default="all")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=1000)] = 20,
    config: ConfigFile = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Print a webhook's deliveries, sent or waiting, one line each; exits with 1 if there is no such webhook."""
    from adapters.catalog.outbox import Asked

    with opened(console.settings_at(config, home)) as catalog:
        _known(catalog, webhook_id)
        found = catalog.outbox().deliveries(Asked(webhook_id=webhook_id, status=status), limit=limit)
    for line in found:
        _say_delivery(line, as_json=json)


def attempts(
    webhook_id: WebhookId,
    delivery_id: Annotated[str, typer.Argument(metavar="DELIVERY", help="The delivery's id.")],
    *,
    config: ConfigFile = None,
    home: Home = None,
    json: AsJson = False,
) -> None:
    """Print the attempts of a delivery, one line each; exits with 1 if there is no such delivery."""
    with opened(console.settings_at(config, home)) as catalog:
        outbox = catalog.outbox()
        if outbox.delivery(webhook_id, delivery_id) is None:
            console.fail(f"the webhook has no delivery {delivery_id!r}")
        found = outbox.attempts(delivery_id)
    for each in found:
        _say_attempt(each, as_json=json)


def _say(each: "Webhook", *, as_json: bool) -> None:
    if as_json:
        console.emit(each)
        return
    to = escape(f"{each.url}  {' '.join(each.types)}")
    console.out().print(f"{each.webhook_id}  [bold]{escape(each.client)}[/]  {to}")


def _say_secret(each: "Webhook", secret: str, *, as_json: bool) -> None:
    if as_json:
        told = {"webhook_id": each.webhook_id, "client_id": each.client_id, "url": each.url}
        console.emit({**told, "types": each.types, "secret": secret})
        return
    _say(each, as_json=False)
    console.out().print(f"[bold]{secret}[/]")
    console.out().print("It is shown this once. How deliveries are checked with it: docs/webhooks.md.")


def _say_delivery(line: "Delivery", *, as_json: bool) -> None:
    if as_json:
        console.emit(line)
        return
    of = f"{line.match_id} {line.seq}" if line.match_id is not None else "-"
    came = f"{line.last_status or ''} {line.last_error or ''}".strip()
    told = escape(f"{line.created_at:%Y-%m-%d %H:%M:%S}Z  {line.delivery_id}  {line.type}  {of}")
    console.out().print(f"{told}  [bold]{line.status}[/] {line.attempts}x {escape(came)}")


def _say_attempt(each: "Tried", *, as_json: bool) -> None:
    if as_json:
        console.emit(each)
        return
    took = "not sent" if each.duration_ms is None else f"{each.duration_ms} ms"
    told = f"{each.at:%Y-%m-%d %H:%M:%S}Z  {took}  {each.http_status or ''} {each.error or ''}"
    console.out().print(told.rstrip(), markup=False)


def _types(asked: list[str] | None) -> tuple[str, ...]:
    from api.outbox.events import TYPES

    known: tuple[str, ...] = TYPES
    unknown = [name for name in asked or () if name not in known]
    if unknown:
        console.fail(f"{unknown[0]!r} is no type to subscribe to; those are {', '.join(known)}", WRONG_USE)
    return tuple(dict.fromkeys(asked)) if asked else known


def _check(url: str, *, is_private_allowed: bool) -> None:
    from api.outbox.targets import TargetError, checked

    try:
        checked(url, is_private_allowed=is_private_allowed)
    except TargetError as error:
        console.fail(f"the URL {error}", WRONG_USE)


def _known(catalog: "Catalog", webhook_id: str) -> None:
    if catalog.webhooks().get(webhook_id) is None:
        console.fail(f"there is no webhook {webhook_id!r}")


def _by() -> "By":
    from adapters.catalog.webhooks import By

    return By(who=user())


def _now() -> datetime:
    return datetime.now(UTC)
