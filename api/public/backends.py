"""The services behind the endpoints, and the parameters that endpoints share.

Belongs here: declarations. Does not belong here: logic; which of a match's data a client may see (`access.grants`).
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path as Folder
from secrets import token_bytes
from typing import Annotated

import msgspec
from fastapi import Depends, Path, Query
from pydantic import BeforeValidator
from starlette.requests import HTTPConnection

from adapters.metrics import Metrics
from api.public.access.grants import granted
from api.public.access.usage import Usage
from api.public.announcer import Announcer
from api.public.board import Matches
from api.public.dashboard.queries import BUILT
from api.public.directory import Directory
from api.public.feeds.resources import Coverage
from api.public.history import History
from api.public.identifiers import identifier
from api.public.lags import Lags
from api.public.live.carrier import Carrier
from api.public.paging import LIMIT_MAX
from api.public.predictors import Predictors
from api.public.recent import Recent
from api.public.register import Register
from api.public.remembered import Remembered
from api.public.sandbox.playing import Sandboxes
from api.public.subscriptions import Subscriptions
from api.seqs import SEQ_MAX


def utc_now() -> datetime:
    return datetime.now(UTC)


class Backends(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a request may use. A default backend holds no data or refuses requests."""

    board: Matches
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
    lags: Lags = msgspec.field(default_factory=Lags)
    recent: Recent = msgspec.field(default_factory=Recent)
    coverage: Remembered[Coverage] = msgspec.field(default_factory=Remembered)
    ticket_secret: bytes = msgspec.field(default_factory=partial(token_bytes, 32))
    """Key that seals tickets. By default it is random, so that this process accepts only its own tickets."""
    allows_private: bool = False
    """Whether a webhook may target a private address."""
    now: Callable[[], datetime] = utc_now
    heartbeat_s: float = 5.0
    pages: Folder = BUILT
    """Folder of the dashboard's built files."""
    radar_folder: Folder | None = None
    """Folder of the operator's own radar pictures."""


async def backends_of(connection: HTTPConnection) -> Backends:
    """Return the backends of this request, limited to what is granted to its client."""
    found = connection.app.state.backends
    assert isinstance(found, Backends)
    return granted(found, connection.scope)


Behind = Annotated[Backends, Depends(backends_of)]
MatchId = Annotated[
    str, BeforeValidator(identifier), Path(min_length=1, max_length=128, description="the series")
]
ReceiptId = Annotated[str, BeforeValidator(identifier), Path(min_length=1, max_length=128)]
FromSeq = Annotated[int, Query(ge=0, le=SEQ_MAX, description="the first seq that is wanted")]
Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="at most so many items")]
