"""API requests about matches and the types of their answers, as data that both clients use.

Belongs here: paths and types, pagination. Does not belong here: requests about all matches together (`archive`),
sending (`rest`), the live feed (`feed`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal, Protocol, TypeVar

import msgspec

from api.public.announcements.resources import Announced
from api.public.definitions.resources import DefinitionView
from api.public.events.resources import EventView
from api.public.identifiers import segment
from api.public.matches.resources import MatchDetail, MatchSummary, StateView
from api.public.paging import Page
from api.public.players.resources import PlayerView
from api.public.predictions.resources import (
    HistoryView,
    PredictionView,
    ReceiptView,
    ScoresView,
    VerificationView,
)
from api.public.quality.resources import LiveQuality
from api.public.rounds.resources import EconomyView, RoundView
from api.public.swings.resources import Explanation, Highlight, SwingsView
from api.public.timeline import resources as timeline_resources
from api.public.what_if.resources import WhatIfView
from game.payloads import SeriesAnnouncedData
from game.what_if import WhatIf

T_co = TypeVar("T_co", covariant=True)
Parameters = Mapping[str, str | int | float]
ExportTable = Literal["events", "predictions", "rounds", "players", "swings"]
ExportFormat = Literal["csv", "parquet", "arrow", "ndjson"]


class Question(msgspec.Struct, Generic[T_co], frozen=True, kw_only=True):
    """One request. Its answer is decoded to a `T_co`; `bytes` is the raw content. `body` is sent as JSON."""

    path: str
    answer: Any
    parameters: Parameters = {}
    method: Literal["GET", "POST", "PUT"] = "GET"
    body: Any = None


class Turned(Protocol[T_co]):
    """An answer that is one page: it names where the next begins, by seq or by cursor."""

    @property
    def items(self) -> Sequence[T_co]: ...


class Event(EventView, frozen=True, kw_only=True):
    """One normalized event, with payload and facts decoded."""

    payload: dict[str, Any]  # type: ignore[assignment]
    facts: list[dict[str, Any]]  # type: ignore[assignment]


class Moment(timeline_resources.Moment, frozen=True, kw_only=True):
    """One event of a match's timeline, with its payload decoded."""

    payload: dict[str, Any]  # type: ignore[assignment]


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


def events(match_id: str, *, from_seq: int = 0, type_: str = "", limit: int = 1000) -> Question[Page[Event]]:
    """One page; `Client.all` reads all pages."""
    told: Parameters = {"from_seq": from_seq, "limit": limit} | ({"type": type_} if type_ else {})
    return Question(path=_of(match_id, "events"), answer=Page[Event], parameters=told)


def timeline(
    match_id: str, *, from_seq: int = 0, types: str = "", limit: int = 1000
) -> Question[Page[Moment]]:
    """One page; `types` is comma-separated, by default those that tell the story of the match."""
    told: Parameters = {"from_seq": from_seq, "limit": limit} | ({"types": types} if types else {})
    return Question(path=_of(match_id, "timeline"), answer=Page[Moment], parameters=told)


def predictions(match_id: str, *, from_seq: int = 0, limit: int = 1000) -> Question[Page[PredictionView]]:
    """One page; `Client.all` reads all pages."""
    told = {"from_seq": from_seq, "limit": limit}
    return Question(path=_of(match_id, "predictions"), answer=Page[PredictionView], parameters=told)


def swings(match_id: str, *, from_seq: int = 0, limit: int = 1000) -> Question[Page[SwingsView]]:
    """One page; `Client.all` reads all pages."""
    told = {"from_seq": from_seq, "limit": limit}
    return Question(path=_of(match_id, "swings"), answer=Page[SwingsView], parameters=told)


def history(
    match_id: str, *, resolution_s: float = 1.0, from_seq: int = 0, limit: int = 1000
) -> Question[HistoryView]:
    """One page of win probabilities, one per interval; call `Client.get` again from `next_from_seq` for the next
    page."""
    told: Parameters = {"resolution_s": resolution_s, "from_seq": from_seq, "limit": limit}
    return Question(path=_of(match_id, "predictions/history"), answer=HistoryView, parameters=told)


def scores(match_id: str) -> Question[ScoresView]:
    return Question(path=_of(match_id, "predictions/scores"), answer=ScoresView)


def verification(match_id: str, receipt_id: str) -> Question[VerificationView]:
    return Question(path=_of(match_id, f"receipts/{segment(receipt_id)}/verify"), answer=VerificationView)


def economy(match_id: str) -> Question[EconomyView]:
    return Question(path=_of(match_id, "economy"), answer=EconomyView)


def highlights(match_id: str, limit: int = 10) -> Question[list[Highlight]]:
    return Question(path=_of(match_id, "highlights"), answer=list[Highlight], parameters={"limit": limit})


def explanation(match_id: str, seq: int) -> Question[Explanation]:
    return Question(path=_of(match_id, f"explanations/{seq}"), answer=Explanation)


def quality(match_id: str) -> Question[LiveQuality]:
    return Question(path=_of(match_id, "quality"), answer=LiveQuality)


def export(match_id: str, table: ExportTable, format_: ExportFormat = "parquet") -> Question[bytes]:
    """The content of an exported file."""
    told = {"format": format_}
    return Question(path=_of(match_id, f"exports/{table}"), answer=bytes, parameters=told)


def what_if(match_id: str, changes: WhatIf) -> Question[WhatIfView]:
    """Win probabilities if the current round stood differently."""
    return Question(path=_of(match_id, "what-if"), answer=WhatIfView, method="POST", body=changes)


def announce(match_id: str, said: SeriesAnnouncedData) -> Question[Announced]:
    """Announce what is known of a match before it begins; the key needs the scope `announce`."""
    return Question(path=_of(match_id), answer=Announced, method="PUT", body=said)


def following(page: object) -> Parameters:
    """The parameter that asks for the next page, by `seq` or by cursor. Empty at the end, and for a list."""
    places = {name: getattr(page, f"next_{name}", None) for name in ("from_seq", "cursor")}
    return {name: place for name, place in places.items() if place is not None}


def _of(match_id: str, part: str = "") -> str:
    return f"/api/v1/matches/{segment(match_id)}" + (f"/{part}" if part else "")
