"""Pages in the graph: cursors and page sizes.

Belongs here: the arguments `first` and `after`. Does not belong here: the items.
"""

import base64
import binascii

import msgspec
import strawberry

from api.problems import ProblemError, problem
from api.seqs import SEQ_MAX

FIRST, FIRST_MAX = 20, 100
MATCHES_MAX = 50


@strawberry.type(description="Where a page ends.")
class PageInfo:
    end_cursor: str | None = strawberry.field(description="The next page's `after`; null on an empty page.")
    has_next_page: bool
    is_complete: bool = strawberry.field(
        description="False: the store is away or behind, so something in between is missing. Ask again."
    )


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The item after which a page begins: its seq or place, and an ID if the place may have moved."""

    at: int
    id: str = ""


_CURSOR = msgspec.json.Decoder(Cursor)


def first_within(first: int, most: int = FIRST_MAX) -> int:
    """Check and return `first`. Raises a 400 problem if it is not from 1 to `most`."""
    if not 1 <= first <= most:
        raise ProblemError(problem(400, "invalid", field="first", reason=f"must be from 1 to {most}"))
    return first


def encoded(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def decoded(text: str | None) -> Cursor | None:
    """Decode a cursor. Raises a 400 problem for an invalid one."""
    if text is None:
        return None
    try:
        found = _CURSOR.decode(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
        raise _unknown() from error
    if not 0 <= found.at < SEQ_MAX:
        raise _unknown()
    return found


def next_seq(after: str | None) -> int:
    """Return the first seq of the page after `after`."""
    found = decoded(after)
    return 0 if found is None else found.at + 1


def _unknown() -> ProblemError:
    reason = "is no cursor of a page: take endCursor as it came, or leave it out for the first page"
    return ProblemError(problem(400, "invalid", field="after", reason=reason))
