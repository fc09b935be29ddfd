"""The store as the API reads it: rows of ClickHouse as resources.

Belongs here: running the queries of `sql` in threads, and converting rows. Does not belong here: SQL itself, merging
with live data.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from api.public import sql, sql_of_many
from api.public.away import AwayError
from api.public.events.resources import EventView
from api.public.history import History, Row, Stored
from api.public.moments import iso, iso_or_none
from api.public.players.resources import MapLine
from api.public.predictions.resources import Kept, PointView, kept_of, stored_point
from api.public.rounds.resources import RoundView
from api.public.silence import Silence
from api.public.swings.resources import SwingsView, of_row
from api.public.threads import WAITS_S, Threads
from api.public.timeline.resources import Moment
from game.view import MatchView

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

LOGGER = logging.getLogger("midround.public")
AT_ONCE = 8
"""Concurrent queries; further ones wait."""
TIMEOUTS = {"connect_timeout": "2", "send_receive_timeout": "5"}
ANSWERS_S = 15.0
"""Seconds a query may take, including the wait for its turn."""


class ClickHouseHistory(History):
    """ClickHouse behind `url`. Connects at the first query, and again after an outage. While the store is silent,
    queries are refused at once, except for one that tries."""

    def __init__(
        self,
        url: str,
        options: Mapping[str, str] | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._options = TIMEOUTS | dict(options or {})
        self._client: Client | None = None
        self._connecting = threading.Lock()
        self._silence = Silence(clock)
        self._threads = Threads("store", AT_ONCE, part="store", answers_s=ANSWERS_S)
        self._aside = Threads("store-ready", 1, part="store")

    async def views(self, limit: int) -> list[MatchView]:
        return [_view(row) for row in await self.rows(sql.VIEWS, limit=limit)]

    async def view(self, match_id: str) -> MatchView | None:
        rows = await self.rows(sql.VIEW, match_id=match_id)
        return _view(rows[0]) if rows else None

    async def events(
        self, match_id: str, *, from_seq: int, type_: str | None, limit: int
    ) -> Stored[EventView]:
        through = await self._through(sql.EVENTS_THROUGH, match_id)
        rows = await self.rows(
            sql.EVENTS, match_id=match_id, from_seq=from_seq, type=type_ or "", limit=limit
        )
        return Stored(items=[_event(row) for row in rows], through_seq=through)

    async def predictions(self, match_id: str, *, from_seq: int, limit: int) -> Stored[Kept]:
        through = await self._through(sql.PREDICTIONS_THROUGH, match_id)
        rows = await self.rows(sql.PREDICTIONS, match_id=match_id, from_seq=from_seq, limit=limit)
        return Stored(items=[_kept(row) for row in rows], through_seq=through)

    async def points(
        self, match_id: str, *, from_seq: int, horizon: str, resolution_ms: int, limit: int
    ) -> Stored[PointView]:
        through = await self._through(sql.PREDICTIONS_THROUGH, match_id)
        asked = {"from_seq": from_seq, "resolution_ms": resolution_ms, "limit": limit}
        rows = await self.rows(sql.THINNED, match_id=match_id, **asked)
        return Stored(items=[stored_point(row, horizon) for row in rows], through_seq=through)

    async def moments(
        self, match_id: str, *, types: Sequence[str], from_seq: int, limit: int
    ) -> Stored[Moment]:
        through = await self._through(sql.EVENTS_THROUGH, match_id)
        asked = {"types": list(types), "from_seq": from_seq, "limit": limit}
        rows = await self.rows(sql.TIMELINE, match_id=match_id, **asked)
        return Stored(items=[_moment(row) for row in rows], through_seq=through)

    async def latest_prediction(self, match_id: str) -> Kept | None:
        rows = await self.rows(sql.LATEST_PREDICTION, match_id=match_id)
        return _kept(rows[0]) if rows else None

    async def receipt(self, match_id: str, receipt_id: str) -> Kept | None:
        rows = await self.rows(sql.RECEIPT, match_id=match_id, receipt_id=receipt_id)
        return _kept(rows[0]) if rows else None

    async def swings(self, match_id: str, *, from_seq: int, limit: int) -> Stored[SwingsView]:
        through = await self._through(sql.EVENTS_THROUGH, match_id)
        rows = await self.rows(sql.SWINGS, match_id=match_id, from_seq=from_seq, limit=limit)
        return Stored(items=[of_row(row) for row in rows], through_seq=through)

    async def rounds(self, match_id: str) -> list[RoundView]:
        return [_round(row) for row in await self.rows(sql.ROUNDS, match_id=match_id)]

    async def players(self, match_id: str, *, scope: str) -> dict[str, list[MapLine]]:
        lines: dict[str, list[MapLine]] = {}
        for row in await self.rows(sql.PLAYERS, match_id=match_id, scope=scope):
            lines.setdefault(row.pop("player_id"), []).append(msgspec.convert(row, MapLine))
        return lines

    async def views_of(self, match_ids: Sequence[str]) -> dict[str, MatchView]:
        found = await self.rows(sql_of_many.VIEWS, match_ids=list(match_ids))
        return {row["match_id"]: _view(row) for row in found}

    async def latest_of(self, match_ids: Sequence[str]) -> dict[str, Kept]:
        found = await self.rows(sql_of_many.LATEST_PREDICTIONS, match_ids=list(match_ids))
        return {row["match_id"]: _kept(row) for row in found}

    async def rounds_of(self, match_ids: Sequence[str]) -> dict[str, list[RoundView]]:
        told: dict[str, list[RoundView]] = {each: [] for each in match_ids}
        for row in await self.rows(sql_of_many.ROUNDS, match_ids=list(match_ids)):
            told[row.pop("match_id")].append(_round(row))
        return told

    async def players_of(
        self, match_ids: Sequence[str], *, scope: str
    ) -> dict[str, dict[str, list[MapLine]]]:
        told: dict[str, dict[str, list[MapLine]]] = {each: {} for each in match_ids}
        for row in await self.rows(sql_of_many.PLAYERS, match_ids=list(match_ids), scope=scope):
            lines = told[row.pop("match_id")].setdefault(row.pop("player_id"), [])
            lines.append(msgspec.convert(row, MapLine))
        return told

    async def scorecards(self, match_ids: Sequence[str]) -> dict[str, list[Row]]:
        told: dict[str, list[Row]] = {}
        for row in await self.rows(sql_of_many.QUALITY, match_ids=list(match_ids)):
            told.setdefault(row["match_id"], []).append(row)
        return told

    async def rows(self, question: str, **values: object) -> list[Row]:
        return await self._threads.run(lambda: self._ask(question, values))

    async def trouble(self) -> str | None:
        try:
            await self._aside.run(lambda: self._ask("SELECT 1 AS one", {}))
        except AwayError as error:
            return str(error)
        return None

    async def _through(self, question: str, match_id: str) -> int:
        """Return the seq up to which the store is complete. Queried before the items, so that rows that arrive between
        the two queries may appear early but are never missed."""
        return int((await self.rows(question, match_id=match_id))[0]["seq"] or 0)

    def _ask(self, question: str, values: Mapping[str, object]) -> list[Row]:
        """Run a query. Raises AwayError, after which the next query reconnects. The client is imported here, at the
        first query, since its import takes time."""
        from clickhouse_connect.driver.exceptions import Error
        from urllib3.exceptions import HTTPError

        from adapters.clickhouse.client import query_rows

        asked_s, is_answered = self._silence.begin(), False
        try:
            found = query_rows(self._connected(), question, values)
            is_answered = True
        except (Error, HTTPError, OSError) as error:
            self._client = None
            said = str(error).partition("\n")[0][:300]
            LOGGER.warning("the store does not answer: %s", said, extra={"awaits": "store"})
            raise AwayError("store", "the store does not answer") from error
        finally:
            self._silence.end(asked_s, is_answered=is_answered)
        return found

    def _connected(self) -> "Client":
        from adapters.clickhouse.client import connect

        if not self._connecting.acquire(timeout=WAITS_S):
            raise AwayError("store", "the store does not let itself be connected")
        try:
            if self._client is None:
                self._client = connect(self._url, self._options)
            return self._client
        finally:
            self._connecting.release()


def _view(row: Row) -> MatchView:
    return MatchView(
        match_id=row["match_id"],
        seq=row["seq"],
        prev_seq=row["prev_seq"],
        state=msgspec.json.decode(row["state"], type=dict[str, Any]),
        ts_event=row["ts_event"],
        is_current=True,
    )


def _event(row: Row) -> EventView:
    return EventView(
        **row
        | {
            "ts_event": iso(row["ts_event"]),
            "received_at": iso_or_none(row["received_at"]),
            "processed_at": iso_or_none(row["processed_at"]),
            "payload": msgspec.Raw(row["payload"]),
            "facts": msgspec.Raw(row["facts"]),
        }
    )


def _moment(row: Row) -> Moment:
    return Moment(**row | {"ts_event": iso(row["ts_event"]), "payload": msgspec.Raw(row["payload"])})


def _kept(row: Row) -> Kept:
    found = kept_of(row["message"].encode())
    assert found is not None, "the loader keeps retractions in a table of their own"
    return found


def _round(row: Row) -> RoundView:
    told = {"started_at": iso_or_none(row["started_at"]), "ended_at": iso(row["ended_at"])}
    return RoundView(**row | told | {"survivors": tuple(row["survivors"])})
