"""Places in paged lists, encoded as the `cursor` of the next page: by timestamp and ID in lists ordered latest first,
by number in lists whose order changes.

Belongs here: encoding and decoding places, the header that links to the next page. Does not belong here: which lists
use them, pages by seq (`paging`).
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
    """A place in a list ordered by timestamp and ID."""

    moment: datetime
    id: str


class Place(msgspec.Struct, frozen=True, array_like=True):
    """The item after which a page begins in a list whose order changes: its number, counted from 1, and its ID."""

    at: Annotated[int, msgspec.Meta(ge=0, le=PLACE_MAX)]
    id: str = ""


C = TypeVar("C", Cursor, Place)
FIRST = Place(0)


def encoded(moment: datetime, id_: str) -> str:
    """Encode the place of an item as an opaque cursor."""
    return _text(Cursor(moment, id_))


def decoded(text: str | None) -> tuple[datetime, str] | None:
    """Decode the place in a request. Raises a 400 problem for an invalid cursor."""
    try:
        place = None if text is None else _decoded(text, Cursor)
        return None if place is None else (in_utc(place.moment), place.id)
    except ValueError as error:
        raise _unknown() from error


def encoded_place(at: int, id_: str = "") -> str:
    """Encode a place in a list whose order changes."""
    return _text(Place(at, id_))


def decoded_place(text: str | None) -> Place:
    """Decode the place in a request; without a cursor, the beginning. Raises a 400 problem for an invalid cursor."""
    try:
        return FIRST if text is None else _decoded(text, Place)
    except ValueError as error:
        raise _unknown() from error


def next_page(asked: URL, cursor: str | None) -> dict[str, str]:
    """Return the header `link` (RFC 8288) to the next page of the same request; empty on the last page."""
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
