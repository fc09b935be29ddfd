"""Tickets as the API gives them. Shapes only."""

import msgspec


class TicketView(msgspec.Struct, frozen=True, kw_only=True):
    """Stands for a key in the query of a WebSocket, for a minute: browsers send no headers there."""

    ticket: str
    expires_at: str


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and within which limits."""

    client: str
    client_id: str
    key_id: str
    expires_at: str | None
    """Until when the key is taken; null: for ever."""
    scopes: tuple[str, ...]
    plan: str
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
    used_this_month: int
    """What every process has counted, some seconds ago, and this one since."""
    events_this_month: int
    """The same of messages of live feeds."""
    matches: tuple[str, ...] | None
    """Patterns of the match ids that this client may see; null: all."""
