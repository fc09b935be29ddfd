"""Matches announced by clients become events of the log, with clear answers to what cannot be announced."""

import asyncio
import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.catalog.announcers import announcer as announcer_of
from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka.connection import connection
from adapters.kafka.records import RAW
from adapters.kafka.tail import Tail
from api.problems import ProblemError
from api.public import announcer
from api.public.access.grants import GrantedAnnouncer
from api.public.announcements.queries import announcement
from api.public.announcer import Announcer, KafkaAnnouncer
from api.public.directory import Directory
from game.codec import decode, encode
from game.events import AnyEvent, SeriesAnnounced
from game.sources.records import event_of
from game.state import initial_state
from game.transitions.series import series_announced
from tests.api.public.doubles import NOON, Desk
from tests.api.public.office import Office
from tests.contracts.reading import collect
from tests.ports import free_port

WITHIN_S = 60
TOLD = {
    "team_a": {"name": "Aspen", "external_ids": {"league": "t1"}, "players": {"p1": "One"}},
    "team_b": {"name": "Birch"},
    "best_of": 3,
    "starts_at": "2026-06-01T18:00:00.000Z",
    "external_ids": {"league": "m:77"},
}


class Kept(Announcer):
    def __init__(self) -> None:
        self.events: list[AnyEvent] = []

    async def announce(self, event: AnyEvent) -> None:
        self.events.append(event)


def put(desk: Desk, body: object, match_id: str = "final") -> Any:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return desk.ask(f"/api/v1/matches/{match_id}", method="PUT", content=text)


def test_each_client_announces_as_a_source_of_its_own_and_cannot_choose_it(tmp_path: Path) -> None:
    office, kept = Office(tmp_path), Kept()
    desk = Desk(announcer=kept, directory=Directory(office.url), needs_keys=True)
    keys = [office.key(name, scopes=("announce",)) for name in ("one", "two")]
    keys += [office.another(office.clients.client_id("one"), scopes=("announce",))]
    keys += [office.key("office", scopes=("announce", "admin"))]
    for key in keys:
        answer = desk.ask(
            "/api/v1/matches/final", "PUT", content=json.dumps(TOLD).encode(), headers={"x-api-key": key}
        )
        assert answer.status_code == 202
    one, two, one_again, office_s = (event.source for event in kept.events)
    assert one == one_again != two
    assert announcer_of(one) == one
    assert announcer_of(two) == two
    assert announcer_of(office_s) is None
    assert office.clients.client_id("one") not in one
    office.close()


@pytest.mark.parametrize("id_", ["%00", "a%0Ab"])
def test_no_match_of_a_name_with_control_characters_is_announced(id_: str) -> None:
    kept = Kept()
    answer = Desk(announcer=kept).ask(f"/api/v1/matches/{id_}", "PUT", content=b"{}")
    assert (answer.status_code, answer.json()["field"]) == (400, "path.match_id")
    assert answer.json()["reason"] == "holds control characters"
    assert kept.events == []


def test_an_announcement_is_an_event_that_the_reducer_takes() -> None:
    kept = Kept()
    answer = put(Desk(announcer=kept), TOLD, "league%2Ffinal")
    told = answer.json()
    assert (answer.status_code, told["match_id"]) == (202, "league/final")
    assert told["links"]["catalog"] == "/api/v1/search/matches?match_id=league%2Ffinal"
    assert told["links"]["state"] == "/api/v1/matches/league%2Ffinal/state"
    [event] = kept.events
    assert isinstance(event, SeriesAnnounced)
    assert (event.event_id, event.match_id, event.source) == (told["event_id"], "league/final", "api")
    assert event.ts_event == NOON
    state, [fact, *_] = series_announced(initial_state("league/final"), event)
    assert (state.name_a, state.name_b, state.best_of) == ("Aspen", "Birch", 3)
    assert fact.external_ids == {"league": "m:77"}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "$"),
        (b"[]", "$"),
        (b'{"best_of":3} {}', "$"),
        (b"\xff", "$"),
        (b"[" * 60_000, "$"),
        ({"best_of": 0}, "$.best_of"),
        ({"best_off": 3}, "$.best_off"),
        ({"team_b": {"nam": "Birch"}}, "$.team_b.nam"),
        ({"team_a": {"name": 7}}, "$.team_a.name"),
        ({"starts_at": "tomorrow"}, "$.starts_at"),
        ({"external_ids": {"": "x"}}, "$.external_ids[...]"),
        ({"team_a": {"players": {"p" * 129: "One"}}}, "$.team_a.players[...]"),
        (
            {"vetoes": [{"map_name": "de_nuke", "action": "left"}, {"map_name": "de_dust2", "teem": "A"}]},
            "$.vetoes[1].teem",
        ),
        ({}, "$"),
        ({"team_a": {}, "best_of": None}, "$"),
        ({"maps": ["de_nuke", "de_dust2", "de_nuke"]}, "$.maps[2]"),
        ({"team_a": {"name": "Aspen"}, "team_b": {"name": "ASPEN"}}, "$.team_b.name"),
        ({"team_a": {"team_id": "t1"}, "team_b": {"team_id": "t1"}}, "$.team_b.team_id"),
        ({"external_ids": {"a:b": "x"}}, "$.external_ids.a:b"),
        ({"external_ids": {"league": "m77", "y": ""}}, "$.external_ids.y"),
        ({"external_ids": {"y": "a\0"}}, "$.external_ids.y"),
        ({"team_b": {"name": "Birch", "external_ids": {"a:b": "x"}}}, "$.team_b.external_ids.a:b"),
        (b" " * 70_000, "$"),
    ],
    ids=lambda told: str(told)[:20],
)
def test_what_cannot_be_announced_is_named(body: object, field: str) -> None:
    kept = Kept()
    answer = put(Desk(announcer=kept), body)
    assert answer.status_code in {400, 413}
    assert answer.json()["field"] == field
    assert kept.events == []


def test_ids_elsewhere_that_nobody_can_look_for_are_still_read_from_the_log() -> None:
    event = announcement("m", json.dumps(TOLD).encode(), event_id="e", now=NOON)
    raw = encode(event).replace(b'"league":"m:77"', b'"a:b":""')
    told = decode(raw)
    assert isinstance(told, SeriesAnnounced)
    assert told.payload.external_ids == {"a:b": ""}


def test_without_a_log_it_is_told_to_try_again() -> None:
    answer = put(Desk(), TOLD)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


def test_a_match_that_is_not_granted_cannot_be_announced() -> None:
    kept = Kept()
    granted = GrantedAnnouncer(kept, lambda match_id: match_id.startswith("league-"))
    for match_id in ("league-1", "other"):
        event = announcement(match_id, b'{"best_of":3}', event_id="e", now=NOON)
        if match_id == "other":
            with pytest.raises(ProblemError, match="not granted"):
                asyncio.run(granted.announce(event))
        else:
            asyncio.run(granted.announce(event))
    assert [event.match_id for event in kept.events] == ["league-1"]


@pytest.mark.slow
def test_the_log_has_it_when_it_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcer, "WITHIN_S", WITHIN_S)
    event = announcement(
        "final", json.dumps(TOLD).encode(), event_id="e1", now=NOON + timedelta(milliseconds=7)
    )
    with EmbeddedBroker(partitions=2) as broker:
        to = connection(broker.bootstrap_servers, {}, embedded=True, readers={})

        async def scene() -> None:
            announces = KafkaAnnouncer(to)
            await announces.announce(event)
            await announces.announce(event)
            await announces.close()

        asyncio.run(scene())
        tail = Tail(to, (RAW,), start="beginning")
        records = collect(lambda: tail.poll(0.2), 2)
        records += tail.poll(0.5)
        tail.close()
    assert [event_of(record.value, record.headers) for record in records] == [event, event]
    assert {record.key for record in records} == {b"final"}


def test_an_absent_broker_is_told() -> None:
    async def scene() -> None:
        announces = KafkaAnnouncer(connection(f"127.0.0.1:{free_port()}", {}, embedded=False))
        task = asyncio.create_task(
            announces.announce(announcement("m", b'{"best_of":3}', event_id="e", now=NOON))
        )
        await asyncio.sleep(0.2)
        await announces.close()
        with pytest.raises(ProblemError, match="does not take events"):
            await asyncio.wait_for(task, WITHIN_S)

    asyncio.run(scene())


class Slow:
    """A producer that comes once its broker is there, and then keeps everything."""

    def __init__(self) -> None:
        self.attempts, self.is_there = 0, threading.Event()

    def __call__(self, _connection: object, *, stopping: threading.Event) -> "Slow":
        self.attempts += 1
        assert self.is_there.wait(WITHIN_S)
        return self

    async def acknowledged(self, _records: object, *, timeout_s: float) -> None:
        assert timeout_s

    def close(self) -> None:
        """Nothing is open."""


def test_announcements_wait_for_one_attempt_and_not_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow()
    monkeypatch.setattr(announcer, "AcknowledgedProducer", slow)
    monkeypatch.setattr(announcer, "WITHIN_S", 0.1)
    event = announcement("m", b'{"best_of":3}', event_id="e", now=NOON)

    async def scene() -> None:
        announces = KafkaAnnouncer(connection("127.0.0.1:9", {}, embedded=False))
        async with asyncio.timeout(WITHIN_S):
            refused = await asyncio.gather(
                *(announces.announce(event) for _ in range(3)), return_exceptions=True
            )
        assert [type(each) for each in refused] == [ProblemError] * 3
        slow.is_there.set()
        monkeypatch.setattr(announcer, "WITHIN_S", WITHIN_S)
        await announces.announce(event)
        await announces.close()

    try:
        asyncio.run(scene())
    finally:
        slow.is_there.set()
    assert slow.attempts == 1
