"""Reads scorecards from the store.

Belongs here: plain functions. Does not belong here: computing scorecards (the batch path), response types
(`resources`).
"""

from typing import Any

import msgspec

from api.public.history import History, Row
from api.public.moments import iso_or_none
from api.public.quality.resources import LiveQuality, QualityView
from game.view import MatchView


async def quality(history: History, view: MatchView) -> LiveQuality:
    """Return the quality of one match, its maps in the order of play. Raises AwayError."""
    rows = (await history.scorecards([view.match_id])).get(view.match_id, [])
    return LiveQuality(
        match_id=view.match_id,
        is_current=view.is_current,
        seq=view.seq,
        maps=tuple(_view(row) for row in rows),
    )


def _view(row: Row) -> QualityView:
    told: dict[str, Any] = {
        "first_at": iso_or_none(row["first_at"]),
        "last_at": iso_or_none(row["last_at"]),
        "rules": msgspec.json.decode(row["rules"] or "{}"),
    }
    return msgspec.convert(row | told, QualityView)
