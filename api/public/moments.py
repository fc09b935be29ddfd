"""Timestamps as the API reads and writes them.

Belongs here: parsing and formatting. Does not belong here: anything else.
"""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

NO_MOMENT = "is no moment in ISO 8601, such as 2026-01-18T12:00:00Z or 2026-01-18"
_DATED = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
"""How a timestamp in ISO 8601 must begin: a number alone could be seconds or a year."""
_OFFSET = re.compile(r"(:\d\d(?:\.\d+)?) (?=\d\d:?\d\d$)", re.ASCII)
"""End of a time and the space before its offset, which was a plus sign in a URL."""


def in_utc(moment: datetime) -> datetime:
    """Convert to UTC; a time without a zone is taken as UTC. Raises ValueError outside the years 1 to 9999."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is not between the years 1 and 9999 in UTC") from error


def _dated(told: object) -> object:
    if not isinstance(told, str):
        return told
    if _DATED.match(told) is None:
        raise ValueError(NO_MOMENT)
    return _OFFSET.sub(r"\1+", told)


Moment = Annotated[datetime, BeforeValidator(_dated), AfterValidator(in_utc)]
"""A request parameter: a date or time in ISO 8601, converted to UTC."""


def moment(told: object) -> datetime:
    """Parse a client's timestamp, in UTC. Raises ValueError with a message for the client."""
    try:
        found = datetime.fromisoformat(str(_dated(told)))
    except ValueError:
        raise ValueError(NO_MOMENT) from None
    return in_utc(found)


def iso(moment: datetime) -> str:
    """Format as ISO 8601 in UTC with milliseconds; a time without a zone is taken as UTC."""
    return in_utc(moment).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def iso_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
