"""Rows of the store as the loader writes them. No tests here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from clickhouse_connect.driver.client import Client

from adapters.clickhouse.inserts import insert
from adapters.clickhouse.tables import CS2_EVENTS_RAW, GAME_EVENTS
from game.codec import encode
from game.events import AnyEvent, Chat
from game.payloads import ChatData
from tests.adapters.clickhouse.samples import sample

DECIDED = '[{"fact":"map_decided"}]'


def said(match_id: str, at: datetime, *, number: int, map_id: str | None = None) -> AnyEvent:
    """Some event of a match."""
    return Chat(
        event_id=f"{match_id}-{number}",
        match_id=match_id,
        map_id=map_id,
        ts_event=at,
        source="test",
        payload=ChatData(text="gg"),
    )


def log(client: Client, events: Sequence[AnyEvent], *, received_at: datetime, first: int = 0) -> None:
    """These events in the raw log, one after the other, all received then."""
    rows = [
        {
            **sample(CS2_EVENTS_RAW),
            "match_id": event.match_id,
            "headers": {"format": "native+json"},
            "topic": "raw-game-events",
            "partition": 0,
            "offset": offset,
            "received_at": received_at,
            "published_at": received_at,
            "raw": encode(event),
        }
        for offset, event in enumerate(events, start=first)
    ]
    insert(client, CS2_EVENTS_RAW, rows)


def told(client: Client, match_id: str, at: datetime, *, map_id: str | None, seq: int, **more: Any) -> None:
    """One processed event; `facts` and `is_retracted` as they are given."""
    row = {
        **sample(GAME_EVENTS),
        "match_id": match_id,
        "map_id": map_id,
        "ts_event": at,
        "seq": seq,
        "version": seq,
        "facts": "[]",
        "is_retracted": False,
        **more,
    }
    insert(client, GAME_EVENTS, [row])
