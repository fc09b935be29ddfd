"""Looks up and changes clients in the register. A key's secret is created here, returned once and not kept.

Belongs here: plain functions. Does not belong here: SQL (`adapters`), response types (`resources`). Every function that
reads the register may raise AwayError, and a 404 problem for an unknown client.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeVar

import msgspec

from api.problems import ProblemError, problem
from api.public.access.keys import Key, new_key
from api.public.access.plans import PLANS
from api.public.access.ring import USUAL
from api.public.answers import not_found
from api.public.cursors import encoded
from api.public.moments import iso, iso_or_none
from api.public.register import Register
from api.public.tenants.resources import (
    Act,
    AuditEntry,
    AuditPage,
    DayView,
    KeyMade,
    NewKey,
    NewTenant,
    PlanView,
    Rotation,
    TenantKey,
    TenantView,
    UsageView,
)

if TYPE_CHECKING:
    from adapters.catalog.clients import ClientLine, Clients, KeyLine, Made
    from adapters.catalog.store import Catalog
    from adapters.catalog.usage import Used

T = TypeVar("T")


async def tenants(
    register: Register, name: str, *, after: tuple[datetime, str] | None, limit: int, now: datetime
) -> tuple[list[TenantView], str | None]:
    """Return clients whose name contains `name`, ordered by name, and the cursor of the next page (None on the last
    page). A cursor holds a client's creation time and name."""

    def found(clients: "Clients") -> tuple[list[TenantView], str | None]:
        lines = clients.all(name, limit=limit + 1, after=None if after is None else after[1])
        shown = lines[:limit]
        last = shown[-1] if len(lines) > limit else None
        keys = clients.keys([line.client_id for line in shown]) if shown else []
        following = None if last is None else encoded(last.created_at, last.name)
        return [_tenant(line, keys, now) for line in shown], following

    return await _done(register, found)


async def tenant(register: Register, client_id: str, *, now: datetime) -> TenantView:
    """Return one client."""

    def found(clients: "Clients") -> TenantView:
        return _tenant(clients.client(client_id), clients.keys([client_id]), now)

    return await _done(register, found)


async def create(register: Register, asked: NewTenant, act: Act) -> KeyMade:
    """Create a client with its first key. Raises a 400 problem for an unknown plan, 409 if the name is taken."""
    _known(asked.plan)

    key = new_key()

    def done(clients: "Clients") -> str:
        made = _made(key, asked.scopes, life=_life(asked.days), now=act.now)
        matches = None if asked.matches is None else list(asked.matches)
        return clients.create(asked.name, made, plan=asked.plan, matches=matches, who=act.who, now=act.now)

    return _told(await _done(register, done), key)


async def add_key(register: Register, client_id: str, asked: NewKey, *, act: Act) -> KeyMade:
    """Create another key."""
    key = new_key()

    def done(clients: "Clients") -> None:
        made = _made(key, asked.scopes, life=_life(asked.days), now=act.now)
        clients.add_key(clients.client(client_id).client_id, made, who=act.who, now=act.now)

    await _done(register, done)
    return _told(client_id, key)


async def rotate(register: Register, client_id: str, asked: Rotation, *, act: Act) -> KeyMade:
    """Create a key that replaces all others. Settings that are not given are those of the newest key."""
    key = new_key()

    def done(clients: "Clients") -> None:
        clients.client(client_id)
        newest = clients.newest_key(client_id, now=act.now)
        scopes, life = (USUAL, None) if newest is None else (newest.scopes, newest.life)
        life = life if asked.days is msgspec.UNSET else _life(asked.days)
        made = _made(key, asked.scopes or scopes, life=life, now=act.now)
        until = act.now + timedelta(hours=asked.overlap_hours)
        clients.add_key(client_id, made, who=act.who, now=act.now, others_until=until)

    await _done(register, done)
    return _told(client_id, key)


async def revoke(register: Register, client_id: str, key_id: str | None, *, act: Act) -> int:
    """Revoke one key or all keys and return the number revoked. Raises a 404 problem for a key that is not valid."""

    def done(clients: "Clients") -> int:
        clients.client(client_id)
        return clients.revoke_keys(client_id, key_id, who=act.who, now=act.now)

    count = await _done(register, done)
    if key_id is not None and not count:
        raise not_found("path.key_id", f"this client has no key {key_id!r} that is taken")
    return count


async def set_plan(register: Register, client_id: str, plan: str, *, act: Act) -> TenantView:
    """Change the limits; takes effect in every process within five seconds. Raises a 400 problem for an unknown
    plan."""
    _known(plan)
    await _done(register, lambda clients: clients.set_plan(client_id, plan, who=act.who, now=act.now))
    return await tenant(register, client_id, now=act.now)


async def set_matches(
    register: Register, client_id: str, matches: Sequence[str] | None, *, act: Act
) -> TenantView:
    """Change the grants; takes effect in every process within five seconds."""
    await _done(register, lambda clients: clients.set_matches(client_id, matches, who=act.who, now=act.now))
    return await tenant(register, client_id, now=act.now)


async def audit(register: Register, after: tuple[datetime, str] | None, *, limit: int) -> AuditPage:
    """Return the audit log, latest first."""
    lines = await _done(register, lambda clients: clients.audit(after=after, limit=limit + 1))
    shown = lines[:limit]
    last = shown[-1] if len(lines) > limit else None
    items = [
        AuditEntry(at=iso(line.at), who=line.who, act=line.act, client_id=line.client_id, key_id=line.key_id)
        for line in shown
    ]
    return AuditPage(items=items, next_cursor=None if last is None else encoded(last.at, last.entry_id))


async def usage(register: Register, client_id: str, *, days: int, now: datetime) -> UsageView:
    """Return a client's usage in the last `days` days, today included, and in this month."""
    today = now.astimezone(UTC).date()
    month = today.replace(day=1)
    since = today - timedelta(days=days - 1)

    def found(catalog: "Catalog") -> UsageView:
        line = catalog.clients().client(client_id)
        told = catalog.usage().days(client_id, since=min(since, month))
        plan = PLANS.get(line.plan)
        return UsageView(
            client_id=client_id,
            plan=line.plan,
            monthly=None if plan is None else plan.monthly,
            used_this_month=sum(each.requests + each.connections for each in told if each.day >= month),
            monthly_events=None if plan is None else plan.monthly_events,
            events_this_month=sum(each.events for each in told if each.day >= month),
            days=[_day(each) for each in told if each.day >= since],
        )

    return await _asked(register, found)


def plans() -> list[PlanView]:
    """Return every plan, the smallest first."""
    return [
        PlanView(
            name=plan.name,
            requests_per_second=plan.rate,
            burst=plan.burst,
            connections=plan.connections,
            monthly=plan.monthly,
            monthly_events=plan.monthly_events,
            matches_at_once=plan.matches,
            operations_at_once=plan.operations,
        )
        for plan in PLANS.values()
    ]


def state_of(line: "KeyLine", now: datetime) -> Literal["taken", "expired", "revoked"]:
    """Return whether a key is valid (`taken`), expired or revoked."""
    if line.revoked_at is not None:
        return "revoked"
    return "expired" if line.expires_at is not None and line.expires_at <= now else "taken"


async def _done(register: Register, act: "Callable[[Clients], T]") -> T:
    return await _asked(register, lambda catalog: act(catalog.clients()))


async def _asked(register: Register, act: "Callable[[Catalog], T]") -> T:
    from adapters.catalog.clients import NameTakenError, UnknownClientError

    try:
        return await register.ask(act)
    except NameTakenError as error:
        raise ProblemError(problem(409, "taken", field="$.name", reason=str(error))) from error
    except UnknownClientError as error:
        raise not_found("path.client_id", str(error)) from error


def _made(key: Key, scopes: Iterable[str], *, life: timedelta | None, now: datetime) -> "Made":
    """Return the stored part of a key that is valid for `life`; None: forever."""
    from adapters.catalog.clients import Made

    return Made(
        key_id=key.key_id,
        secret_hash=key.secret_hash,
        scopes=tuple(dict.fromkeys(scopes)),
        expires_at=None if life is None else now + life,
    )


def _told(client_id: str, key: Key) -> KeyMade:
    return KeyMade(client_id=client_id, key_id=key.key_id, key=key.text)


def _life(days: int | None) -> timedelta | None:
    return None if days is None else timedelta(days=days)


def _known(plan: str) -> None:
    if plan not in PLANS:
        reason = f"there is no plan {plan!r}: {', '.join(PLANS)}"
        raise ProblemError(problem(400, "invalid", field="$.plan", reason=reason))


def _tenant(line: "ClientLine", keys: "Iterable[KeyLine]", now: datetime) -> TenantView:
    return TenantView(
        client_id=line.client_id,
        name=line.name,
        plan=line.plan,
        matches=line.matches,
        created_at=iso(line.created_at),
        keys=tuple(_key(key, now) for key in keys if key.client_id == line.client_id),
    )


def _day(line: "Used") -> DayView:
    return DayView(
        day=line.day.isoformat(),
        requests=line.requests,
        connections=line.connections,
        refused=line.refused,
        events=line.events,
    )


def _key(line: "KeyLine", now: datetime) -> TenantKey:
    return TenantKey(
        key_id=line.key_id,
        scopes=line.scopes,
        state=state_of(line, now),
        created_at=iso(line.created_at),
        expires_at=iso_or_none(line.expires_at),
        revoked_at=iso_or_none(line.revoked_at),
    )
