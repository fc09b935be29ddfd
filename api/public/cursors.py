"""Places in lists, the next page's `cursor`: in one that is ordered by a moment and an id, the latest first, and in one
whose order moves, by number.

Belongs here: how a place becomes an opaque text and back, the header that names the next page. Does not belong here:
which lists, pages by seq (`paging`).
"""

import base64
from datetime import datetime
from typing import Annotated, TypeVar

import msgspec
from fastapi import Query
from starlette.datastructures import URL

from api.problems import NO_CONTROLS, ProblemError, has_controls, problem
from api.public.moments import in_utc

CursorText = Annotated[
    str | None,
    Query(max_length=512, description="`next_cursor`, or that of the header `link`, of the page before"),
]
PLACE_MAX = 1_000_000


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """A place in such a list."""

    moment: datetime
    id: str


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Behind which item a page begins in a list whose order moves: its number from 1, and its id."""

    at: Annotated[int, msgspec.Meta(ge=0, le=PLACE_MAX)]
    id: str = ""


C = TypeVar("C", Cursor, Place)
FIRST = Place(0)


def encoded(moment: datetime, id_: str) -> str:
    """The place of an item, for the next page: opaque to clients."""
    return _text(Cursor(moment, id_))


def decoded(text: str | None) -> tuple[datetime, str] | None:
    """The place that a request names. Raises a 400 problem for what is no cursor."""
    try:
        place = None if text is None else _decoded(text, Cursor)
        return None if place is None else (in_utc(place.moment), place.id)
    except ValueError as error:
        raise _unknown() from error


def encoded_place(at: int, id_: str = "") -> str:
    """The same where the order moves."""
    return _text(Place(at, id_))


def decoded_place(text: str | None) -> Place:
    """The place that a request names, or the beginning. Raises a 400 problem for what is no cursor."""
    try:
        return FIRST if text is None else _decoded(text, Place)
    except ValueError as error:
        raise _unknown() from error


def next_page(asked: URL, cursor: str | None) -> dict[str, str]:
    """The header `link` (RFC 8288): the same question from there on; none at the end."""
    if cursor is None:
        return {}
    url = asked.include_query_params(cursor=cursor)
    return {"link": f'<{url.path}?{url.query}>; rel="next"'}


def _text(place: Cursor | Place) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(place)).decode().rstrip("=")


def _decoded(text: str, type_: type[C]) -> C:
    place = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    found = msgspec.msgpack.decode(place, type=type_)
    if has_controls(found.id):
        raise ValueError(NO_CONTROLS)
    return found


def _unknown() -> ProblemError:
    return ProblemError(problem(400, "invalid", field="query.cursor", reason="is none of this API's cursors"))
