"""Tickets and accounts in API responses. Types only."""

import msgspec


class TicketView(msgspec.Struct, frozen=True, kw_only=True):
    """Replaces a key in the query of a live feed, for a minute: browsers cannot send headers there."""

    ticket: str
    expires_at: str


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """The requesting client, and its limits."""

    client: str
    client_id: str
    key_id: str
    expires_at: str | None
    """When the key expires; null: never."""
    scopes: tuple[str, ...]
    plan: str
    requests_per_second: float
    burst: int
    connections: int
    monthly: int | None
    """Requests and connections per calendar month (UTC); null: limited only by the rate."""
    monthly_events: int | None
    """Messages of live feeds per calendar month; null: unlimited."""
    matches_at_once: int
    """How many matches one connection may follow."""
    operations_at_once: int
    """How many GraphQL operations one connection may run concurrently."""
    used_this_month: int
    """Requests and connections counted by all processes, as of some seconds ago, plus this process's since."""
    events_this_month: int
    """The same for messages of live feeds."""
    matches: tuple[str, ...] | None
    """Patterns of the match ids that this client may see; null: all."""
