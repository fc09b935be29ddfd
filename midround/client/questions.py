"""Questions to the API and the types of their answers, as data that both clients ask.

Belongs here: paths and types. Does not belong here: sending (`rest`), the live feed (`feed`).
"""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import msgspec

from api.public.definitions.resources import DefinitionView
from api.public.events.resources import EventView
from api.public.identifiers import segment
from api.public.matches.resources import MatchDetail, MatchSummary, StateView
from api.public.paging import Page
from api.public.players.resources import PlayerView
from api.public.predictions.resources import PredictionView, ReceiptView
from api.public.rounds.resources import RoundView
from api.public.swings.resources import SwingsView

T = TypeVar("T")


class Question(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One GET; its answer is a `T`."""

    path: str
    answer: Any
    parameters: Mapping[str, str | int] = {}


def matches(limit: int = 50) -> Question[list[MatchSummary]]:
    return Question(path="/api/v1/matches", answer=list[MatchSummary], parameters={"limit": limit})


def match(match_id: str) -> Question[MatchDetail]:
    return Question(path=_of(match_id), answer=MatchDetail)


def state(match_id: str) -> Question[StateView]:
    return Question(path=_of(match_id, "state"), answer=StateView)


def rounds(match_id: str) -> Question[list[RoundView]]:
    return Question(path=_of(match_id, "rounds"), answer=list[RoundView])


def players(match_id: str, scope: str = "map") -> Question[list[PlayerView]]:
    return Question(path=_of(match_id, "players"), answer=list[PlayerView], parameters={"scope": scope})


def latest_prediction(match_id: str) -> Question[PredictionView]:
    return Question(path=_of(match_id, "predictions/latest"), answer=PredictionView)


def receipt(match_id: str, receipt_id: str) -> Question[ReceiptView]:
    return Question(path=_of(match_id, f"receipts/{segment(receipt_id)}"), answer=ReceiptView)


def definitions() -> Question[list[DefinitionView]]:
    return Question(path="/api/v1/definitions", answer=list[DefinitionView])


def events(
    match_id: str, *, from_seq: int = 0, type_: str = "", limit: int = 1000
) -> Question[Page[EventView]]:
    """A page; `Client.all` turns them."""
    told: dict[str, str | int] = {"from_seq": from_seq, "limit": limit} | ({"type": type_} if type_ else {})
    return Question(path=_of(match_id, "events"), answer=Page[EventView], parameters=told)


def predictions(match_id: str, *, from_seq: int = 0, limit: int = 1000) -> Question[Page[PredictionView]]:
    """A page; `Client.all` turns them."""
    told = {"from_seq": from_seq, "limit": limit}
    return Question(path=_of(match_id, "predictions"), answer=Page[PredictionView], parameters=told)


def swings(match_id: str, *, from_seq: int = 0, limit: int = 1000) -> Question[Page[SwingsView]]:
    """A page; `Client.all` turns them."""
    told = {"from_seq": from_seq, "limit": limit}
    return Question(path=_of(match_id, "swings"), answer=Page[SwingsView], parameters=told)


def following(asked: Question[Page[T]], page: Page[T]) -> Question[Page[T]] | None:
    """The question for the next page; None at the end of what there is."""
    if page.next_from_seq is None:
        return None
    return msgspec.structs.replace(asked, parameters={**asked.parameters, "from_seq": page.next_from_seq})


def _of(match_id: str, part: str = "") -> str:
    return f"/api/v1/matches/{segment(match_id)}" + (f"/{part}" if part else "")
