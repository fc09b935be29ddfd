"""Webhooks and their outbox, on SQLite and on Postgres: one contract for both."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from adapters.catalog.attempts import KEPT_MAX, Tried
from adapters.catalog.changes import CatalogAwayError
from adapters.catalog.clients import Made
from adapters.catalog.outbox import Asked, Attempt, Batch, Delivery, New, Outbox, Status
from adapters.catalog.store import Catalog, open_catalog
from adapters.catalog.webhooks import OF_CLIENT_MAX, OLDER_MAX, By, WebhookError
from tests.adapters.catalog.conftest import BOTH, url_of
from tests.adapters.catalog.together import at_once

NOON = datetime(2026, 5, 17, 12, tzinfo=UTC)
ME = By(who="me")
PLACE = ("match-state", 0)


@pytest.fixture(params=BOTH, scope="module")
def catalog(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """One for all tests here: each is another client."""
    opened = open_catalog(url_of(request, tmp_path_factory.mktemp("catalog")))
    yield opened
    opened.close()


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


class Office:
    """A client with a key and webhooks, in a catalog that tests share: each test is another client."""

    def __init__(self, catalog: Catalog, name: str, *, matches: list[str] | None = None) -> None:
        self.catalog, self.outbox, self.webhooks = catalog, catalog.outbox(), catalog.webhooks()
        clients = catalog.clients()
        first = Made(key_id=f"key-{name}", secret_hash="h", scopes=("read",), expires_at=later(3600))
        self.client_id = clients.create(name, first, plan="trial", matches=matches, who="me", now=NOON)

    def webhook(self, secret: str = "whsec_one", *types: str) -> str:
        made = self.webhooks.create(
            self.client_id, url="https://there/", types=types or ("swing",), secret=secret, by=ME, now=NOON
        )
        return made.webhook_id

    def note(
        self, webhook_id: str, match_id: str, *seqs: int, origin: str = "log", position: int = 1
    ) -> None:
        new = [
            New(
                delivery_id=f"{webhook_id}-{match_id}-{seq}",
                webhook_id=webhook_id,
                type="swing",
                body="{}",
                match_id=match_id,
                seq=seq,
            )
            for seq in seqs
        ]
        self.outbox.note(Batch(origin=origin, positions={PLACE: position}, deliveries=new), now=NOON)

    def due(self, at: datetime = NOON, **told: Any) -> list[tuple[str, int | None]]:
        """Match and seq of what is due for this client's webhooks."""
        ours = {each.webhook_id for each in self.webhooks.all(self.client_id)}
        found = [each for each in self.outbox.due(at, limit=100, **told) if each.webhook_id in ours]
        lines = [self.outbox.delivery(each.webhook_id, each.delivery_id) for each in found]
        return [(line.match_id or "", line.seq) for line in lines if line is not None]

    def settle(self, webhook_id: str, match_id: str, *, seq: int, status: Status, due_s: float = 0) -> None:
        line = self.line(webhook_id, match_id, seq)
        attempt = Attempt(at=NOON, status=status, due_at=later(due_s), http_status=500, error="http 500")
        self.outbox.settle(line.delivery_id, attempt)

    def line(self, webhook_id: str, match_id: str, seq: int) -> Delivery:
        found = self.outbox.delivery(webhook_id, f"{webhook_id}-{match_id}-{seq}")
        assert found is not None
        return found


def test_the_first_of_each_lane_is_due_and_bars_the_rest(catalog: Catalog) -> None:
    office = Office(catalog, "lanes")
    one, two = office.webhook(), office.webhook()
    office.note(one, "m", 1, 2)
    office.note(one, "n", 7)
    office.note(two, "m", 1)
    assert sorted(office.due()) == [("m", 1), ("m", 1), ("n", 7)]
    assert office.due(without=[one]) == [("m", 1)]
    office.settle(one, "m", seq=1, status="pending", due_s=60)
    assert sorted(office.due()) == [("m", 1), ("n", 7)]
    assert ("m", 2) not in office.due(later(61))
    office.settle(one, "m", seq=1, status="dead")
    assert ("m", 2) in office.due()
    line = office.line(one, "m", 1)
    assert (line.attempts, line.last_status, line.last_error, line.status) == (2, 500, "http 500", "dead")


def test_what_came_of_a_delivery_that_is_gone_is_kept_of_no_other(catalog: Catalog) -> None:
    """SQLite gives the number of a newest row that went to the next one."""
    left, stays = Office(catalog, "left-amid-a-flight"), Office(catalog, "stays")
    gone, there = left.webhook(), stays.webhook()
    left.note(gone, "m", 1)
    in_flight = left.line(gone, "m", 1)
    left.webhooks.delete(gone, by=ME, now=NOON)
    stays.note(there, "m", 1)
    attempt = Attempt(at=NOON, status="delivered", due_at=NOON, http_status=200)
    left.outbox.settle(in_flight.delivery_id, attempt)
    assert (stays.line(there, "m", 1).status, stays.line(there, "m", 1).attempts) == ("pending", 0)


def test_what_is_noted_again_changes_nothing(catalog: Catalog) -> None:
    office = Office(catalog, "again")
    webhook_id = office.webhook()
    office.note(webhook_id, "m", 1)
    office.settle(webhook_id, "m", seq=1, status="delivered")
    office.note(webhook_id, "m", 1, 2)
    office.note("gone-meanwhile", "m", 1)
    assert office.due() == [("m", 2)]
    assert office.line(webhook_id, "m", 1).status == "delivered"


def test_deliveries_and_position_are_one_transaction(catalog: Catalog) -> None:
    office = Office(catalog, "cursor")
    webhook_id = office.webhook()
    office.note(webhook_id, "m", 1, position=41)
    broken = Batch(
        origin="log",
        positions={PLACE: 99},
        deliveries=[
            New(delivery_id="d", webhook_id=webhook_id, type="swing", body="{}", match_id="m", seq=2)
        ],
        told={"m": None},  # type: ignore[dict-item]
    )
    with pytest.raises(CatalogAwayError, match="IntegrityError"):
        office.outbox.note(broken, now=NOON)
    assert office.outbox.positions("log") == {PLACE: 41}
    assert office.outbox.delivery(webhook_id, "d") is None


def test_positions_in_another_log_are_dropped_with_what_was_known_there(catalog: Catalog) -> None:
    outbox = catalog.outbox()
    outbox.note(Batch(origin="first", positions={PLACE: 5}, told={"m": "[]"}), now=NOON)
    assert (outbox.positions("first"), outbox.told()) == ({PLACE: 5}, {"m": "[]"})
    assert (outbox.positions("second"), outbox.told()) == ({}, {})


def test_old_and_new_secret_sign_until_the_old_one_ends(catalog: Catalog) -> None:
    office = Office(catalog, "rotation")
    webhook_id = office.webhook("whsec_old")
    office.note(webhook_id, "m", 1)
    office.webhooks.rotate(webhook_id, secret="whsec_new", others_until=later(60), by=ME, now=later(1))

    def secrets(at: datetime) -> tuple[str, ...]:
        return next(each.secrets for each in office.outbox.due(at, limit=99) if each.webhook_id == webhook_id)

    assert secrets(later(59)) == ("whsec_new", "whsec_old")
    assert secrets(later(60)) == ("whsec_new",)
    assert "whsec" not in repr(office.outbox.due(NOON, limit=99))


def test_of_the_secrets_before_a_few_sign_however_often_another_is_made(catalog: Catalog) -> None:
    office = Office(catalog, "rotates-on")
    webhook_id, other = office.webhook("whsec_0"), office.webhook("whsec_other")
    office.note(webhook_id, "m", 1)
    office.note(other, "m", 1)
    for number in range(1, 9):
        secret, now = f"whsec_{number}", later(number)
        office.webhooks.rotate(webhook_id, secret=secret, others_until=later(999), by=ME, now=now)
    due = {each.webhook_id: each.secrets for each in office.outbox.due(later(9), limit=99)}
    assert due[webhook_id] == ("whsec_8", "whsec_7", "whsec_6")
    assert len(due[webhook_id]) == 1 + OLDER_MAX
    assert due[other] == ("whsec_other",)


def test_of_secrets_that_are_made_at_once_one_has_no_end(catalog: Catalog) -> None:
    office = Office(catalog, "rotates-at-once")
    webhook_id = office.webhook()

    def rotate(number: int) -> None:
        secret = f"whsec_{number}"
        office.webhooks.rotate(webhook_id, secret=secret, others_until=later(60), by=ME, now=later(number))

    at_once(catalog, "INSERT INTO webhook_secrets ", [partial(rotate, number) for number in range(4)])
    ends = [row["until"] for row in catalog.all("webhook_secrets") if row["webhook_id"] == webhook_id]
    assert ends.count(None) == 1


def test_the_dead_are_sent_again_one_or_all(catalog: Catalog) -> None:
    office = Office(catalog, "dead")
    webhook_id = office.webhook()
    office.note(webhook_id, "m", 1, 2, 3)
    for seq, status in ((1, "dead"), (2, "dead"), (3, "delivered")):
        office.settle(webhook_id, "m", seq=seq, status=status)  # type: ignore[arg-type]
    assert office.outbox.resend(webhook_id, delivery_id=f"{webhook_id}-m-2", by=ME, now=NOON) == 1
    assert office.due() == [("m", 2)]
    assert office.outbox.resend(webhook_id, by=ME, now=NOON) == 1
    assert office.due() == [("m", 1)]
    line = office.line(webhook_id, "m", 1)
    assert (line.attempts, line.attempted_at, line.last_status, line.last_error) == (0, None, None, None)
    resent = [
        row
        for row in catalog.all("audit")
        if row["act"].startswith(f"resend 1 deliveries of webhook {webhook_id}")
    ]
    assert {row["client_id"] for row in resent} == {office.client_id}
    acts = [row["act"] for row in catalog.all("audit") if webhook_id in row["act"]]
    assert sorted(acts) == [
        f"create webhook {webhook_id}",
        f"resend 1 deliveries of webhook {webhook_id}",
        f"resend 1 deliveries of webhook {webhook_id}",
    ]


def test_every_attempt_is_kept_also_over_a_resend_up_to_a_bound(catalog: Catalog) -> None:
    office = Office(catalog, "attempts")
    webhook_id = office.webhook()
    office.note(webhook_id, "m", 1, 2)
    delivery_id, other = (f"{webhook_id}-m-{seq}" for seq in (1, 2))

    def settle(status: Status, at_s: float, **told: Any) -> None:
        attempt = Attempt(at=later(at_s), status=status, due_at=later(at_s), **told)
        office.outbox.settle(delivery_id, attempt)

    settle("pending", 1, http_status=500, error="http 500", duration_ms=12)
    settle("dead", 2, error="not resolved")
    settle("pending", 3)  # not pending any more: it is none of ours
    office.outbox.resend(webhook_id, by=ME, now=NOON)
    settle("delivered", 4, http_status=204, duration_ms=3)
    assert office.outbox.attempts(other) == []
    assert office.outbox.attempts(delivery_id) == [
        Tried(at=later(4), http_status=204, duration_ms=3),
        Tried(at=later(2), error="not resolved"),
        Tried(at=later(1), http_status=500, error="http 500", duration_ms=12),
    ]
    for at_s in range(KEPT_MAX):
        office.outbox.resend(webhook_id, delivery_id=delivery_id, by=ME, now=NOON)
        settle("delivered", at_s)
    found = office.outbox.attempts(delivery_id)
    assert (len(found), found[0].at, found[-1].at) == (KEPT_MAX, later(KEPT_MAX - 1), NOON)


def test_attempts_go_with_their_delivery(catalog: Catalog) -> None:
    office = Office(catalog, "attempts-gone")
    removed, forgotten = office.webhook(), office.webhook()
    for webhook_id in (removed, forgotten):
        office.note(webhook_id, "m", 1)
        office.settle(webhook_id, "m", seq=1, status="delivered")
        assert len(office.outbox.attempts(f"{webhook_id}-m-1")) == 1
    office.webhooks.delete(removed, by=ME, now=NOON)
    assert office.outbox.attempts(f"{removed}-m-1") == []
    office.outbox.forget(later(1))
    assert office.outbox.attempts(f"{forgotten}-m-1") == []


def test_a_client_without_a_key_that_is_taken_gets_nothing(catalog: Catalog) -> None:
    office = Office(catalog, "shown-out", matches=["league-*"])
    webhook_id = office.webhook()
    office.note(webhook_id, "m", 1)
    [subscription] = [s for s in office.outbox.subscriptions(NOON) if s.webhook_id == webhook_id]
    assert (subscription.matches, subscription.types, subscription.since) == (("league-*",), ("swing",), NOON)
    expired = later(3600)
    assert webhook_id not in {s.webhook_id for s in office.outbox.subscriptions(expired)}
    assert (office.due(), office.due(expired)) == ([("m", 1)], [])
    catalog.clients().revoke("shown-out", who="me", now=NOON)
    assert office.due() == []


def test_a_webhook_goes_with_all_it_has_and_is_out_of_another_client_s_reach(catalog: Catalog) -> None:
    office, other = Office(catalog, "owner"), Office(catalog, "stranger")
    webhook_id = office.webhook()
    office.note(webhook_id, "m", 1)
    theirs = By(who="them", client_id=other.client_id)
    assert other.webhooks.get(webhook_id, client_id=other.client_id) is None
    with pytest.raises(WebhookError, match="there is no webhook"):
        other.webhooks.delete(webhook_id, by=theirs, now=NOON)
    with pytest.raises(WebhookError, match="there is no webhook"):
        other.webhooks.rotate(webhook_id, secret="s", others_until=NOON, by=theirs, now=NOON)
    office.webhooks.delete(webhook_id, by=ME, now=NOON)
    for table in ("webhooks", "webhook_secrets", "webhook_deliveries"):
        assert webhook_id not in {row["webhook_id"] for row in catalog.all(table)}


def test_a_client_has_a_bounded_number_of_webhooks(catalog: Catalog) -> None:
    office = Office(catalog, "many")
    for _ in range(OF_CLIENT_MAX):
        office.webhook()
    with pytest.raises(WebhookError, match="at most"):
        office.webhook()


def test_two_who_make_webhooks_at_once_do_not_pass_the_bound(catalog: Catalog) -> None:
    office = Office(catalog, "two-at-once")
    for _ in range(OF_CLIENT_MAX - 1):
        office.webhook()
    others: list[Future[str]] = []
    with ThreadPoolExecutor(1) as threads, amid(catalog, "INSERT INTO webhooks ") as meanwhile:

        @meanwhile
        def make_another() -> None:
            others.append(threads.submit(office.webhook))
            wait(others, timeout=0.3)

        office.webhook()
    with pytest.raises(WebhookError, match="at most"):
        others[0].result()
    assert len(office.webhooks.all(office.client_id)) == OF_CLIENT_MAX


@contextmanager
def amid(catalog: Catalog, statement: str) -> Iterator[Callable[[Callable[[], None]], None]]:
    """Decorates what happens once, before the first statement of the catalog that begins so."""
    acts: list[Callable[[], None]] = []

    def look(*told: Any) -> None:
        if told[2].startswith(statement) and acts:
            acts.pop()()

    event.listen(catalog._engine, "before_cursor_execute", look)
    try:
        yield acts.append
    finally:
        event.remove(catalog._engine, "before_cursor_execute", look)
    assert not acts


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Catalog]:
    opened = open_catalog(f"sqlite:///{tmp_path / 'c.db'}")
    yield opened
    opened.close()


def test_nothing_is_queued_for_a_webhook_that_goes_at_that_moment(file: Catalog, tmp_path: Path) -> None:
    """SQLite minds no foreign keys here."""
    office = Office(file, "goes")
    webhook_id = office.webhook()
    with amid(file, "INSERT INTO webhook_deliveries ") as meanwhile:

        @meanwhile
        def remove() -> None:
            with (
                closing(sqlite3.connect(tmp_path / "c.db", timeout=0, isolation_level=None)) as other,
                suppress(sqlite3.OperationalError),
            ):
                other.execute("DELETE FROM webhooks")

        office.note(webhook_id, "m", 1)
    assert {row["webhook_id"] for row in file.all("webhook_deliveries")} <= {
        each.webhook_id for each in office.webhooks.all()
    }


def test_deliveries_of_no_webhook_are_forgotten(file: Catalog, tmp_path: Path) -> None:
    office = Office(file, "gone")
    gone, there = office.webhook(), office.webhook()
    for webhook_id in (gone, there):
        office.note(webhook_id, "m", 1)
    with closing(sqlite3.connect(tmp_path / "c.db", isolation_level=None)) as other:
        other.execute("DELETE FROM webhooks WHERE webhook_id = ?", (gone,))
    assert file.outbox().forget(NOON) == 1
    assert [row["webhook_id"] for row in file.all("webhook_deliveries")] == [there]


def test_the_log_is_turned_page_by_page_and_forgotten(catalog: Catalog) -> None:
    office = Office(catalog, "log")
    webhook_id = office.webhook()
    office.note(webhook_id, "m", 1, 2, 3)
    office.settle(webhook_id, "m", seq=1, status="delivered")
    first = office.outbox.deliveries(Asked(webhook_id=webhook_id), limit=2)
    rest = office.outbox.deliveries(Asked(webhook_id=webhook_id, before=first[-1].number), limit=2)
    assert [line.seq for line in (*first, *rest)] == [3, 2, 1]
    pending = office.outbox.deliveries(Asked(webhook_id=webhook_id, status="pending", match_id="m"), limit=9)
    assert [line.seq for line in pending] == [3, 2]
    office.outbox.forget(later(1))
    assert [line.seq for line in office.outbox.deliveries(Asked(webhook_id=webhook_id), limit=9)] == [3, 2]


def test_an_error_tells_nothing_of_what_was_kept(tmp_path: Path) -> None:
    catalog = open_catalog(f"sqlite:///{tmp_path / 'c.db'}")
    outbox: Outbox = catalog.outbox()
    batch = Batch(origin="o", positions={}, told={"whsec_secret": None})  # type: ignore[dict-item]
    with pytest.raises(CatalogAwayError, match="IntegrityError") as raised:
        outbox.note(batch, now=NOON)
    catalog.close()
    assert "whsec" not in str(raised.value)
    assert raised.value.__suppress_context__
