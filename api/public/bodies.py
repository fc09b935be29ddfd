"""Request bodies: read up to a limit, and decoded into the expected type.

Belongs here: the problem for an invalid body. Does not belong here: the meaning of a body.
"""

import re
from typing import Any, TypeVar

import msgspec
from fastapi import Request

from api.problems import ProblemError, problem
from api.public.choices import with_choices
from game.codec import refusal

T = TypeVar("T")
CHANGE_MAX = 64 * 1024
"""Largest size in bytes of a body that describes a change."""
JSON_TYPE = "application/json"
_NAMED = re.compile(r"Object (?:contains unknown|missing required) field `(.*)`", re.DOTALL)


async def body_within(request: Request, most: int) -> bytes:
    """Read the body of a request. Raises a 413 problem as soon as more than `most` bytes have arrived."""
    held = bytearray()
    async for part in request.stream():
        held += part
        if len(held) > most:
            raise ProblemError(problem(413, "too-large", field="$", reason=f"has more than {most} bytes"))
    return bytes(held)


async def json_of(request: Request, type_: type[T]) -> T:
    """Decode the body of a request that changes something. Requiring the media type JSON prevents cross-site
    requests: a foreign page can make a browser send any text, but JSON only if CORS allows it. Raises a 400, 413 or
    415 problem."""
    demand_json(request)
    return decoded(await body_within(request, CHANGE_MAX), msgspec.json.Decoder(type_))


def demand_json(request: Request) -> None:
    """Raise a 415 problem for a body that is not JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON_TYPE:
        reason = f"is {kind!r}, and must be {JSON_TYPE}"
        raise ProblemError(problem(415, "media-type", field="content-type", reason=reason))


def decoded(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Decode the body. Raises a 400 problem that names the field at fault, including missing and unknown ones."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        field, reason = _told(error, decoder.type)
        raise ProblemError(problem(400, "invalid", field=field, reason=reason)) from error


def _told(error: Exception, type_: Any) -> tuple[str, str]:
    """Return field and reason from msgspec's error for a body that is not a valid `type_`."""
    refused = refusal(error)
    named = _NAMED.fullmatch(refused.reason)
    field = refused.field if named is None else f"{refused.field}.{named[1]}"
    return field, with_choices(refused.reason, refused.field, type_)
