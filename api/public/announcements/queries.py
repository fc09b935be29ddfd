"""Turns an announcement into an event of its match.

Belongs here: validation of the request body, as plain functions. Does not belong here: writing the event to the log
(`api.public.announcer`).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from adapters.catalog.announcers import OFFICE
from api.problems import NO_CONTROLS, ProblemError, has_controls, problem
from api.public.choices import with_choices
from game.codec import DecodeError, decode
from game.events import AnyEvent, SeriesAnnounced
from game.payloads import SeriesAnnouncedData, TeamSheet, VetoStep

PAYLOAD = "$.payload"
"""Path of the request body within the event built from it."""


NO_OBJECT = DecodeError(field="$", reason='is not one JSON object, such as {"best_of": 3}')


def announcement(
    match_id: str, body: bytes, *, event_id: str, now: datetime, source: str = OFFICE
) -> AnyEvent:
    """Build the event `series_announced`. Raises a 400 problem that names the field of the body at fault."""
    envelope = {
        "event_id": event_id,
        "match_id": match_id,
        "ts_event": now,
        "type": "series_announced",
        "source": source,
        "payload": msgspec.Raw(body),
    }
    found = misspelt(body) or decode(msgspec.json.encode(envelope), "json")
    if isinstance(found, SeriesAnnounced):
        found = senseless(found.payload) or found
    if isinstance(found, DecodeError):
        field = found.field.replace(PAYLOAD, "$", 1) if found.field.startswith(PAYLOAD) else found.field
        reason = with_choices(found.reason, field, SeriesAnnouncedData)
        raise ProblemError(problem(400, "invalid", field=field, reason=reason))
    return found


def senseless(said: SeriesAnnouncedData) -> DecodeError | None:
    """Return why a well-formed announcement makes no sense, or None."""
    if said == SeriesAnnouncedData():
        return DecodeError(field="$", reason="announces nothing: say who plays, when, or what else is known")
    again = next((at for at, name in enumerate(said.maps) if name in said.maps[:at]), None)
    if again is not None:
        return DecodeError(field=f"$.maps[{again}]", reason="is there already: a map is played once")
    if said.team_a.team_id is not None and said.team_a.team_id == said.team_b.team_id:
        return DecodeError(field="$.team_b.team_id", reason="is that of team_a")
    names = [(sheet.name or "").strip().casefold() for sheet in (said.team_a, said.team_b)]
    if names[0] and names[0] == names[1]:
        return DecodeError(field="$.team_b.name", reason="is that of team_a")
    return _unfindable(said)


def _unfindable(said: SeriesAnnouncedData) -> DecodeError | None:
    """Return why an external ID could not be searched for, or None. Searches name an ID as `system:id`. The log may
    hold such IDs from other sources: the event type accepts them."""
    for path, ids in (
        ("$", said.external_ids),
        ("$.team_a", said.team_a.external_ids),
        ("$.team_b", said.team_b.external_ids),
    ):
        for system, id_ in ids.items():
            reason = _no_id(system, id_)
            if reason is not None:
                return DecodeError(field=f"{path}.external_ids.{system}", reason=reason)
    return None


def _no_id(system: str, id_: str) -> str | None:
    if ":" in system:
        return "a system has no colon in its name: searches name an id as system:id"
    if not id_:
        return "is empty"
    return NO_CONTROLS if has_controls(system + id_) else None


def misspelt(body: bytes) -> DecodeError | None:
    """Return why the body cannot be put into the envelope, or None: it is not one JSON object, or has an unknown
    field."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NO_OBJECT
    if not isinstance(told, dict):
        return NO_OBJECT
    return next((found for part in _parts(told) if (found := _unknown(*part)) is not None), None)


def _parts(told: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, object], type[msgspec.Struct]]]:
    """Yield the body and each object inside it as (path, object, expected type)."""
    yield "$", told, SeriesAnnouncedData
    for team in ("team_a", "team_b"):
        if isinstance(sheet := told.get(team), dict):
            yield f"$.{team}", sheet, TeamSheet
    vetoes = told.get("vetoes")
    for number, step in enumerate(vetoes if isinstance(vetoes, list) else ()):
        if isinstance(step, dict):
            yield f"$.vetoes[{number}]", step, VetoStep


def _unknown(path: str, told: Mapping[str, object], of: type[msgspec.Struct]) -> DecodeError | None:
    known = of.__struct_fields__
    name = next((name for name in told if name not in known), None)
    if name is None:
        return None
    return DecodeError(field=f"{path}.{name}", reason=f"no such field; there are {', '.join(known)}")
