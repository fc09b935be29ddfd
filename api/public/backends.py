"""What the endpoints stand on, and the parameters that they share. No logic."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path as Folder
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Path, Query
from msgspec.structs import replace
from pydantic import BeforeValidator
from starlette.requests import HTTPConnection

from adapters.metrics import Metrics
from api.public.access.gate import TENANT
from api.public.access.grants import GrantedAnnouncer, GrantedBoard, GrantedDirectory, GrantedHistory
from api.public.access.ring import Tenant
from api.public.access.usage import Usage
from api.public.announcer import Announcer
from api.public.board import Board
from api.public.dashboard.queries import BUILT
from api.public.directory import Directory
from api.public.history import History
from api.public.identifiers import identifier
from api.public.live.carrier import Carrier
from api.public.paging import LIMIT, LIMIT_MAX, SEQ_MAX
from api.public.predictors import Predictors
from api.public.register import Register
from api.public.sandbox.playing import BoardWithSandbox, Sandboxes
from api.public.subscriptions import Subscriptions


def utc_now() -> datetime:
    return datetime.now(UTC)


class Backends(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a request may ask. What is left out knows nothing, or refuses."""

    board: Board
    history: History
    metrics: Metrics
    directory: Directory = msgspec.field(default_factory=Directory)
    subscriptions: Subscriptions = msgspec.field(default_factory=Subscriptions)
    register: Register = msgspec.field(default_factory=Register)
    usage: Usage = msgspec.field(default_factory=lambda: Usage(utc_now))
    models: Predictors = msgspec.field(default_factory=Predictors)
    announcer: Announcer = msgspec.field(default_factory=Announcer)
    sandboxes: Sandboxes = msgspec.field(default_factory=Sandboxes)
    carrier: Carrier = msgspec.field(default_factory=Carrier)
    allows_private: bool = False
    """Whether a webhook may lead to a private address."""
    now: Callable[[], datetime] = utc_now
    heartbeat_s: float = 5.0
    pages: Folder = BUILT
    """Where the dashboard's built files are."""
    radar_folder: Folder | None = None
    """Where the operator's own pictures of maps are."""


async def backends_of(connection: HTTPConnection) -> Backends:
    """What this request may ask: all of it, or what is granted to the client that asks."""
    found = connection.app.state.backends
    assert isinstance(found, Backends)
    return granted(found, connection.scope)


def granted(behind: Backends, scope: Mapping[str, Any]) -> Backends:
    """`behind` with what is not granted to who asks left out, and his own match beside it."""
    tenant = scope.get(TENANT)
    seen = behind if tenant is None or tenant.matches is None else _seen(behind, tenant)
    own = behind.sandboxes.board(client_of(scope))
    return seen if own is None else replace(seen, board=BoardWithSandbox(seen.board, own))


def client_of(scope: Mapping[str, Any]) -> str:
    """Who asks; everybody is one where nobody is asked for a key."""
    tenant = scope.get(TENANT)
    return "" if tenant is None else tenant.client_id


def client_id_of(connection: HTTPConnection) -> str:
    return client_of(connection.scope)


def _seen(behind: Backends, tenant: Tenant) -> Backends:
    return replace(
        behind,
        board=GrantedBoard(behind.board, tenant.may_see),
        history=GrantedHistory(behind.history, tenant.may_see),
        directory=GrantedDirectory(behind.directory, tenant.may_see),
        announcer=GrantedAnnouncer(behind.announcer, tenant.may_see),
    )


Behind = Annotated[Backends, Depends(backends_of)]
ClientId = Annotated[str, Depends(client_id_of)]
MatchId = Annotated[
    str, BeforeValidator(identifier), Path(min_length=1, max_length=128, description="the series")
]
ReceiptId = Annotated[str, BeforeValidator(identifier), Path(min_length=1, max_length=128)]
FromSeq = Annotated[int, Query(ge=0, le=SEQ_MAX, description="the first seq that is wanted")]
Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="at most so many items")]
DEFAULT_LIMIT = LIMIT
