"""Operations that a client of the live feed may send.

Belongs here: types and their parsing. Does not belong here: executing them (`session`).
"""

import msgspec

from api.public.choices import with_choices
from api.public.live.frames import Channel, RefusedFrame
from api.public.live.subscriber import USUAL
from api.seqs import SEQ_MAX
from game.codec import refusal

CHARACTERS_MAX = 4_096
"""Largest length of one operation."""


class Subscribe(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="op", tag="subscribe"
):
    """Follow a match. `from_seq` is the first seq that the client is missing on any of the channels."""

    match_id: str
    channels: frozenset[Channel] = USUAL
    from_seq: int | None = None


class Unsubscribe(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="op", tag="unsubscribe"
):
    """Stop following a match."""

    match_id: str


class Named(msgspec.Struct, frozen=True):
    """The part of a refused operation that names its match."""

    match_id: str | None = None


Operation = Subscribe | Unsubscribe
_DECODER: "msgspec.json.Decoder[Operation]" = msgspec.json.Decoder(Operation)
_NAMED = msgspec.json.Decoder(Named)
UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)


def operation(text: str | bytes) -> Operation | RefusedFrame:
    """Parse the operation in a client's frame; return a RefusedFrame if it is invalid."""
    if len(text) > CHARACTERS_MAX:
        return RefusedFrame(field="$", reason=f"has more than {CHARACTERS_MAX} characters")
    try:
        asked = _DECODER.decode(text)
    except UNREADABLE as error:
        refused = refusal(error)
        reason = with_choices(refused.reason, refused.field, Operation)
        return RefusedFrame(field=refused.field, reason=reason, match_id=_named(text))
    if not 1 <= len(asked.match_id) <= 128:
        return RefusedFrame(field="$.match_id", reason="is no id of 1 to 128 characters")
    if isinstance(asked, Subscribe):
        return _checked(asked)
    return asked


def _named(text: str | bytes) -> str | None:
    try:
        return _NAMED.decode(text).match_id
    except UNREADABLE:
        return None


def _checked(asked: Subscribe) -> Subscribe | RefusedFrame:
    if not asked.channels:
        return RefusedFrame(field="$.channels", reason="names no channel", match_id=asked.match_id)
    if asked.from_seq is not None and not 0 <= asked.from_seq <= SEQ_MAX:
        return RefusedFrame(field="$.from_seq", reason="is no seq", match_id=asked.match_id)
    return asked
