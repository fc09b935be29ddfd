"""What a client may wish of its sandbox, and what is told of it. Shapes only."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Fault = Literal["drop", "delay", "gap", "restore", "silence"]
SPEED_MAX = 20


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A match to be played. The same seed is the same match.

    Faults: `drop` ends every connection that follows it, some times; `delay` lets events come too late, so that what
    was told is taken back and told anew; `gap` loses events; `restore` takes a round back; `silence` has the source
    say nothing in live play, so that the match is suspended.
    """

    seed: Annotated[int, Meta(ge=0, le=2**31)] = 1
    best_of: Literal[1, 3, 5] = 1
    speed: Annotated[float, Meta(ge=1, le=SPEED_MAX)] = 4.0
    faults: Annotated[tuple[Fault, ...], Meta(max_length=5)] = ()


class Sandbox(msgspec.Struct, frozen=True, kw_only=True):
    """A match that is played for one client alone. `is_over`: all of it was told."""

    match_id: str
    wish: Wish
    started_at: str
    events: int
    told: int
    is_over: bool
    links: dict[str, str]
