"""What the endpoints stand on, and the parameters that they share. No logic."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path as Folder
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Path, Query
from msgspec.structs import replace
from pydantic import BeforeValidator
from starlette.requests import HTTPConnection

from adapters.metrics import Metrics
from api.public.access.gate import TENANT
from api.public.access.grants import GrantedBoard, GrantedDirectory, GrantedHistory
from api.public.board import Board
from api.public.directory import Directory
from api.public.history import History
from api.public.identifiers import identifier
from api.public.live.carrier import Carrier
from api.public.paging import LIMIT, LIMIT_MAX, SEQ_MAX
from api.public.predictors import Predictors


class Backends(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a request may ask."""

    board: Board
    history: History
    directory: Directory
    metrics: Metrics
    models: Predictors
    now: Callable[[], datetime]
    heartbeat_s: float
    carrier: Carrier
    pages: Folder
    """Where the dashboard's built files are."""


async def backends_of(connection: HTTPConnection) -> Backends:
    """What this request may ask: all of it, or what is granted to the client that asks."""
    found = connection.app.state.backends
    assert isinstance(found, Backends)
    return granted(found, connection.scope)


def granted(behind: Backends, scope: Mapping[str, Any]) -> Backends:
    """`behind` with what is not granted to who asks left out."""
    tenant = scope.get(TENANT)
    if tenant is None or tenant.matches is None:
        return behind
    return replace(
        behind,
        board=GrantedBoard(behind.board, tenant.may_see),
        history=GrantedHistory(behind.history, tenant.may_see),
        directory=GrantedDirectory(behind.directory, tenant.may_see),
    )


Behind = Annotated[Backends, Depends(backends_of)]
MatchId = Annotated[
    str, BeforeValidator(identifier), Path(min_length=1, max_length=128, description="the series")
]
ReceiptId = Annotated[str, BeforeValidator(identifier), Path(min_length=1, max_length=128)]
FromSeq = Annotated[int, Query(ge=0, le=SEQ_MAX, description="the first seq that is wanted")]
Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="at most so many items")]
DEFAULT_LIMIT = LIMIT
