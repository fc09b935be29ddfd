"""From the log into the outbox: who gets what, and that neither a kill nor an absent catalog loses or doubles any."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.catalog.changes import CatalogAwayError
from adapters.catalog.outbox import Batch, Outbox
from adapters.kafka.records import PROCESSED, STATE, Record
from adapters.metrics import metrics
from api.outbox.events import TYPES
from tests.api.outbox.doubles import Office
from tests.api.outbox.test_telling import log
from tests.api.public.doubles import NOON

pytestmark = pytest.mark.slow

PIECE = 400


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.catalog.close()


def pieces(records: Sequence[Record]) -> list[Sequence[Record]]:
    return [records[at : at + PIECE] for at in range(0, len(records), PIECE)]


def unread(outbox: Outbox, records: Sequence[Record]) -> list[Record]:
    """What a process that begins anew reads."""
    kept = outbox.positions("log")
    return [each for each in records if each.offset >= kept.get((each.topic, each.partition), 0)]


def test_each_webhook_gets_the_types_that_it_wants(office: Office) -> None:
    every, ends = office.webhook(), office.webhook("https://there/", "series.ended")
    noter = office.noter()
    for piece in pieces(log()):
        noter.take(piece)
    lines = office.lines(every)
    assert {line.type for line in lines} == set(TYPES) - {"match.corrected", "model.switched"}
    assert json.loads(lines[0].body)["type"] == "match.started"
    seqs = [line.seq for line in lines if line.type == "round.ended" and line.seq is not None]
    assert seqs == sorted(seqs)
    assert [line.type for line in office.lines(ends)] == ["series.ended"]


def test_a_match_that_is_not_granted_is_not_told(tmp_path: Path) -> None:
    office = Office(tmp_path, matches=["league-*"])
    webhook_id = office.webhook()
    noter = office.noter()
    noter.take(log()[:4_000])
    assert office.lines(webhook_id) == []
    office.catalog.close()


def test_what_was_published_before_a_webhook_was_made_is_not_for_it(office: Office) -> None:
    webhook_id = office.webhook()
    early = NOON - timedelta(seconds=1)
    before = [replace(each, timestamp_ms=int(early.timestamp() * 1000)) for each in log()[:4_000]]
    noter = office.noter()
    noter.take(before)
    assert office.lines(webhook_id) == []
    noter.take(log()[4_000:6_000])
    assert office.lines(webhook_id) != []


@pytest.mark.parametrize("every", [3, 7])
def test_killed_between_reading_and_noting_it_reads_again_what_it_has_not_noted(
    office: Office, every: int
) -> None:
    whole = office.webhook()
    noter = office.noter()
    for piece in pieces(log()):
        noter.take(piece)
    expected = settled(office, whole)
    office.outbox.positions("another log, so that all begins anew")
    killed = office.webhook()
    while rest := unread(office.outbox, log()):
        noter = office.noter(clock=iter(range(0, 10**6, 10)).__next__)
        for piece in pieces(rest)[:every]:
            noter.take(piece)
    assert settled(office, killed) == expected


def settled(office: Office, webhook_id: str) -> dict[str, list[tuple[str, int | None]]]:
    """By topic what was noted, in order, without what is said on the way to an outcome; an outcome may be told later,
    with the next whole snapshot, so its seq is left out."""
    lines = [line for line in office.lines(webhook_id) if "provisional" not in line.body]
    swings = [(line.type, line.seq) for line in lines if line.type == "round.swing"]
    return {PROCESSED: swings, STATE: [(line.type, None) for line in lines if line.type != "round.swing"]}


def test_what_is_known_of_another_log_holds_nothing_back(office: Office) -> None:
    office.noter().take(log()[:6_000])
    assert office.outbox.told() != {}
    webhook_id = office.webhook()
    office.noter(origin="another").take(log()[:3_000])
    assert office.lines(webhook_id)[0].type == "match.started"


def test_without_news_the_position_is_kept_now_and_then(office: Office) -> None:
    at_s = [0.0]
    noter = office.noter(clock=lambda: at_s[0])
    quiet = [each for each in log() if each.topic == PROCESSED][:1]
    assert noter.take(quiet) == {}
    assert office.outbox.positions("log") == {}
    at_s[0] = 6.0
    kept = noter.take([])
    assert kept == office.outbox.positions("log") == {(PROCESSED, 0): quiet[0].offset + 1}


def test_a_record_that_cannot_be_read_stops_nothing(office: Office) -> None:
    webhook_id = office.webhook()
    noter = office.noter()
    bad = [replace(log()[0], value=value) for value in (b"\xff", b"{}", b'{"message":"retraction"}')]
    noter.take([*bad, *[replace(each, topic=PROCESSED) for each in bad], *log()[:3_000]])
    assert office.lines(webhook_id) != []


@pytest.mark.parametrize("topic", [STATE, PROCESSED])
def test_a_match_whose_id_no_catalog_takes_is_left_out(office: Office, topic: str) -> None:
    """Postgres takes no NUL in a text: the position would stay, and the record be met again for ever."""
    webhook_id, measured = office.webhook(), metrics()
    told = [each for each in log()[:6_000] if each.topic == topic]
    match_id = json.loads(told[0].value)["match_id"].encode()
    spoilt = [replace(each, value=each.value.replace(match_id, b"m\\u0000")) for each in told]
    noter = office.noter(measured=measured)
    noter.take(spoilt)
    assert office.lines(webhook_id) == []
    assert office.outbox.told() == {}
    assert measured.registry.get_sample_value("error_total", {"kind": "unreadable_message"})
    noter.take(told)
    assert office.lines(webhook_id) != []


class Away(Outbox):
    """Keeps nothing."""

    def note(self, batch: Batch, *, now: datetime) -> None:
        raise CatalogAwayError("locked")


def test_while_the_catalog_is_away_the_position_stays(office: Office) -> None:
    webhook_id = office.webhook()
    away = Away(office.catalog._engine)
    noter = office.noter(notes=away)
    with pytest.raises(CatalogAwayError):
        noter.take(log()[:3_000])
    assert office.outbox.positions("log") == {}
    office.noter().take(unread(office.outbox, log()[:3_000]))
    assert office.lines(webhook_id)[0].type == "match.started"
