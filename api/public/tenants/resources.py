"""Clients, keys and what was done to them, as administrators ask and see them. Shapes only."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api.public.access.ring import SCOPES, USUAL, Scope

_PRINTED = r"^[^\x00-\x1f\x7f]+(?!\n)$"
"""No control characters. Python's `$` holds before a last line break too, and a schema's readers know no `\\Z`."""
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=_PRINTED)]
Pattern = Annotated[str, Meta(min_length=1, max_length=128, pattern=_PRINTED)]
PlanName = Annotated[str, Meta(min_length=1, max_length=32)]
Patterns = Annotated[tuple[Pattern, ...], Meta(min_length=1, max_length=100)]
Scopes = Annotated[tuple[Scope, ...], Meta(min_length=1, max_length=len(SCOPES))]
Days = Annotated[int, Meta(ge=1, le=36_500)]
OverlapHours = Annotated[float, Meta(ge=0, le=8_760)]
OVERLAP_HOURS = 24.0


class NewTenant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A client with its first key. `matches` are patterns of the match ids that it may see; null: all. The key ends
    after `days`; null: never."""

    name: Name
    plan: PlanName = "standard"
    matches: Patterns | None = None
    scopes: Scopes = USUAL
    days: Days | None = None


class NewKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One more key of a client. It ends after `days`; null: never."""

    scopes: Scopes = USUAL
    days: Days | None = None


class Rotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new key in the place of all others, which are taken for `overlap_hours` more. `scopes` null: those of the
    newest key that is taken. The new key ends after `days`, null: never; left out: it is taken as long as that one was
    to be, counted from now."""

    scopes: Scopes | None = None
    days: Days | UnsetType | None = UNSET
    overlap_hours: OverlapHours = OVERLAP_HOURS


class NewPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The plan that a client is to have."""

    plan: PlanName


class NewMatches(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The patterns of match ids that a client is to see in place of those before; null: all matches."""

    matches: Patterns | None


class KeyMade(msgspec.Struct, frozen=True, kw_only=True):
    """A new key. `key` is told in this answer and never again."""

    client_id: str
    key_id: str
    key: str

    def __repr__(self) -> str:
        return f"KeyMade({self.key_id})"


class TenantKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key without its secret."""

    key_id: str
    scopes: tuple[str, ...]
    state: Literal["taken", "expired", "revoked"]
    created_at: str
    expires_at: str | None
    revoked_at: str | None


class TenantView(msgspec.Struct, frozen=True, kw_only=True):
    """A client with its keys, the newest first. `matches` null: it may see all."""

    client_id: str
    name: str
    plan: str
    matches: tuple[str, ...] | None
    created_at: str
    keys: tuple[TenantKey, ...]


class PlanView(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of a plan."""

    name: str
    requests_per_second: float
    burst: int
    connections: int
    monthly: int | None
    """Requests and connections in a calendar month (UTC); null: as many as the rate lets through."""
    monthly_events: int | None
    """Messages of live feeds in a calendar month; null: all that there are."""
    matches_at_once: int
    """How many matches one connection follows."""
    operations_at_once: int
    """How many operations of GraphQL one connection has under way."""


class DayView(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asked on a day (UTC): requests that were answered, live feeds that were opened, what was
    refused because it was above the plan, and messages that live feeds told."""

    day: str
    requests: int
    connections: int
    refused: int
    events: int


class UsageView(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asked, the latest day first; a day without requests is left out. What the processes of the API have
    counted within the last seconds is not in it."""

    client_id: str
    plan: str
    monthly: int | None
    used_this_month: int
    monthly_events: int | None
    events_this_month: int
    days: list[DayView]


class Revoked(msgspec.Struct, frozen=True, kw_only=True):
    """How many keys are taken no more."""

    revoked: int


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One administrative act: who did what to which client and key. `who` is a user of this machine, `this machine`,
    or a key without its secret."""

    at: str
    who: str
    act: str
    client_id: str | None
    key_id: str | None


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Acts, the latest first. `next_cursor` asks for the next page; null at the end."""

    items: list[AuditEntry]
    next_cursor: str | None


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Who does something, and when: what each entry of the audit has."""

    who: str
    now: datetime
