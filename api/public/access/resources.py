"""Tickets as the API gives them. Shapes only."""

import msgspec


class TicketView(msgspec.Struct, frozen=True, kw_only=True):
    """Stands for a key in the query of a WebSocket, for a minute: browsers send no headers there."""

    ticket: str
    expires_at: str


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and within which limits."""

    client: str
    key_id: str
    scopes: tuple[str, ...]
    plan: str
    requests_per_second: float
    burst: int
    connections: int
    matches: tuple[str, ...] | None
    """Patterns of the match ids that this client may see; null: all."""
