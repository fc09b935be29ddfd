"""The state that a fold keeps between two events, and its recovery snapshot.

Belongs here: the state and its encoding. Does not belong here: how an event changes it (`models.fold`).
"""

import msgspec
from backports import zstd
from msgspec import Struct
from msgspec.structs import replace

from game.codec import UNREADABLE
from game.sequence import SequenceState
from models.amendment import Draft
from models.page import PACKING, Page
from models.play import Play
from models.receipt import GENESIS

SNAPSHOT_VERSION = 2


class FoldState(Struct, kw_only=True):
    """Everything that the next step of one match depends on."""

    play: Play
    checkpoint: Play
    sequence: SequenceState = msgspec.field(default_factory=SequenceState)
    page: Page = msgspec.field(default_factory=Page)
    seq: int = 0
    state_seq: int = 0
    snapshot_seq: int = 0
    prediction_seq: int = 0
    receipt: str = GENESIS
    corrections: int = 0
    last_event_id: str | None = None
    """The match's last event in the log, even if it was not folded; amendments excluded."""
    draft: Draft = Draft()
    """The parts of an amendment received so far."""
    amended: str = ""
    """The id of the telling in force; empty: the log's own events."""


class Snapshot(Struct, frozen=True, kw_only=True):
    """An encoded fold: the page's blocks, which are already compressed, and the compressed rest."""

    version: int
    blocks: list[bytes]
    rest: bytes


class SnapshotError(ValueError):
    """This code cannot read the recovery snapshot. Replay the match from the log instead."""


def asleep(at: FoldState) -> bytes:
    """The snapshot of a fold."""
    rest = replace(at, page=replace(at.page, blocks=[]))
    return msgspec.msgpack.encode(
        Snapshot(
            version=SNAPSHOT_VERSION,
            blocks=at.page.blocks,
            rest=zstd.compress(msgspec.msgpack.encode(rest), PACKING),
        )
    )


def awake(raw: bytes) -> FoldState:
    """The fold restored from a snapshot. Raises `SnapshotError`."""
    try:
        snapshot = msgspec.msgpack.decode(raw, type=Snapshot)
        if snapshot.version != SNAPSHOT_VERSION:
            raise ValueError(f"version {snapshot.version}, expected {SNAPSHOT_VERSION}")
        at = msgspec.msgpack.decode(zstd.decompress(snapshot.rest), type=FoldState)
    except (*UNREADABLE, zstd.ZstdError) as error:
        raise SnapshotError(f"recovery snapshot: {error}") from error
    at.page.blocks = list(snapshot.blocks)
    return at
