"""Places in lists that are ordered by a moment and an id, the latest first: what asks for the next page.

Belongs here: how a place becomes an opaque text and back. Does not belong here: which lists, pages by seq (`paging`).
"""

import base64
from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import Query

from api.problems import NO_CONTROLS, ProblemError, has_controls, problem
from api.public.moments import in_utc

CursorText = Annotated[str | None, Query(max_length=512, description="`next_cursor` of the page before")]


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """A place in such a list."""

    moment: datetime
    id: str


def encoded(moment: datetime, id_: str) -> str:
    """The place of an item, for the next page: opaque to clients."""
    place = msgspec.msgpack.encode(Cursor(moment, id_))
    return base64.urlsafe_b64encode(place).decode().rstrip("=")


def decoded(text: str | None) -> tuple[datetime, str] | None:
    """The place that a request names. Raises a 400 problem for what is no cursor."""
    try:
        place = None if text is None else _decoded(text)
    except ValueError as error:
        reason = "is none of this API's cursors"
        raise ProblemError(problem(400, "invalid", field="query.cursor", reason=reason)) from error
    return None if place is None else (place.moment, place.id)


def _decoded(text: str) -> Cursor:
    place = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    found = msgspec.msgpack.decode(place, type=Cursor)
    if has_controls(found.id):
        raise ValueError(NO_CONTROLS)
    return Cursor(in_utc(found.moment), found.id)
