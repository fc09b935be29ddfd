"""Request and response types of the sandbox.

Belongs here: types only. Does not belong here: playing the match (`playing`).
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Fault = Literal["drop", "delay", "gap", "restore", "silence"]
SPEED_MAX = 20


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A match to be played. The same seed yields the same match.

    Faults: `drop` closes all connections that follow the match, several times; `delay` makes events arrive too late, so
    that messages are retracted and published again; `gap` loses events; `restore` restores an earlier round; `silence`
    stops the source during live play, so that the match is suspended.
    """

    seed: Annotated[int, Meta(ge=0, le=2**31)] = 1
    best_of: Literal[1, 3, 5] = 1
    speed: Annotated[float, Meta(ge=1, le=SPEED_MAX)] = 4.0
    faults: Annotated[tuple[Fault, ...], Meta(max_length=5)] = ()


class Sandbox(msgspec.Struct, frozen=True, kw_only=True):
    """A match played for one client only. `is_over`: all of its events have been published."""

    match_id: str
    wish: Wish
    started_at: str
    events: int
    told: int
    is_over: bool
    links: dict[str, str]
