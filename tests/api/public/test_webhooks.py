"""Webhooks over REST: a client's are its own, a secret is shown once, what was sent can be seen and sent again."""

import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.catalog.clients import Made
from adapters.catalog.outbox import Attempt, Batch, New, Outbox
from adapters.catalog.store import open_catalog
from api.outbox.events import TYPES
from api.public.access import keys
from api.public.directory import Directory
from api.public.register import Register
from api.public.subscriptions import Subscriptions
from tests.api.public.doubles import NOON, Desk

pytestmark = pytest.mark.slow

HOOKS = "/api/v1/webhooks"
TARGET = "https://receiver.example/hook"


class Office:
    """An API that asks for keys, two clients, and one key that may only read."""

    def __init__(self, folder: Path) -> None:
        url = f"sqlite:///{folder / 'catalog.sqlite'}"
        self.catalog = open_catalog(url)
        self.register = Register(url)
        self.desk = Desk(
            directory=Directory(url),
            register=self.register,
            subscriptions=Subscriptions(url),
            needs_keys=True,
        )
        self.ours, self.theirs = self.key("ours", "read", "webhooks"), self.key("theirs", "read", "webhooks")
        self.reader = self.key("reader", "read")

    def key(self, name: str, *scopes: str, matches: Sequence[str] | None = None) -> str:
        clients, made = self.catalog.clients(), keys.new_key()
        first = Made(key_id=made.key_id, secret_hash=made.secret_hash, scopes=scopes)
        clients.create(name, first, plan="unlimited", matches=matches, who="me", now=NOON)
        return made.text

    def ask(self, method: str, path: str, key: str = "", body: object = None) -> tuple[int, Any]:
        answer = self.desk.ask(
            HOOKS + path,
            method,
            content=None if body is None else json.dumps(body).encode(),
            headers={"x-api-key": key or self.ours},
        )
        return answer.status_code, answer.json() if answer.content else None

    def made(self, key: str = "", **body: object) -> dict[str, Any]:
        status, told = self.ask("POST", "", key, {"url": TARGET, **body})
        assert status == 201, told
        return dict(told)


def give_up(outbox: Outbox, webhook_id: str, count: int) -> None:
    """So many deliveries, and all that wait, are given up."""
    new = [
        New(
            delivery_id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{webhook_id} {seq}")),
            webhook_id=webhook_id,
            type="round.ended",
            body=f'{{"seq":{seq}}}',
            match_id="m",
            seq=seq,
        )
        for seq in range(count)
    ]
    outbox.note(Batch(origin="o", positions={}, deliveries=new), now=NOON)
    attempt = Attempt(at=NOON, status="dead", due_at=NOON, http_status=500, error="http 500")
    while due := outbox.due(NOON, limit=9):
        outbox.settle(due[0].delivery_id, attempt)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(tmp_path_factory.mktemp("webhooks"))
    yield made
    made.register.close()
    made.catalog.close()


def test_a_secret_is_shown_at_making_and_at_rotation_and_never_again(office: Office) -> None:
    made = office.made(types=["series.ended", "series.ended"])
    assert made["secret"].startswith("whsec_")
    assert (made["types"], made["url"]) == (["series.ended"], TARGET)
    status, other = office.ask("POST", f"/{made['webhook_id']}/secret?overlap_hours=2")
    assert (status, other["others_until"]) == (200, "2026-01-18T14:00:00.000Z")
    assert other["secret"] != made["secret"]
    shown = [office.ask("GET", ""), office.ask("GET", f"/{made['webhook_id']}")]
    assert "whsec" not in json.dumps(shown)
    _, one = office.ask("GET", f"/{made['webhook_id']}")
    told = {name: made[name] for name in ("webhook_id", "url", "types", "created_at")}
    assert one == told | {"newest_delivery": None}
    assert office.made()["types"] == list(TYPES)


def test_another_client_s_webhook_is_as_unknown_as_none(office: Office) -> None:
    webhook_id = office.made()["webhook_id"]
    assert webhook_id not in json.dumps(office.ask("GET", "", office.theirs))
    nobody = "00000000-0000-0000-0000-000000000000"
    for method, path in (
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/secret"),
        ("POST", "/ping"),
        ("GET", "/deliveries"),
        ("GET", f"/deliveries/{nobody}/attempts"),
        ("POST", "/deliveries/resend"),
        ("POST", f"/deliveries/{nobody}/resend"),
    ):
        theirs = office.ask(method, f"/{webhook_id}{path}", office.theirs)
        assert theirs == office.ask(method, f"/{nobody}{path}", office.theirs), (method, path)
        assert theirs[0] == 404
    assert office.ask("GET", f"/{webhook_id}")[0] == 200


def test_an_administrator_has_any_client_s_and_nobody_else_has(office: Office) -> None:
    webhook_id = office.made()["webhook_id"]
    [client] = [each for each in office.catalog.clients().all("ours", limit=9) if each.name == "ours"]
    asked = f"/{webhook_id}?client_id={client.client_id}"
    assert [office.ask("GET", asked, key)[0] for key in (office.ours, office.theirs)] == [403, 403]
    admin = office.key("admin", "read", "webhooks", "admin")
    assert office.ask("GET", f"/{webhook_id}", admin)[0] == 404
    assert office.ask("GET", asked, admin)[1]["webhook_id"] == webhook_id
    status, told = office.ask("POST", "?client_id=nobody", admin, {"url": TARGET})
    assert (status, told["field"]) == (404, "query.client_id")
    assert office.ask("DELETE", asked, admin)[0] == 204
    noted = office.catalog.clients().audit(after=None, limit=100)
    assert admin[:15] in {each.who for each in noted if each.client_id == client.client_id}


def test_a_key_that_may_only_read_changes_nothing(office: Office) -> None:
    assert office.ask("GET", "", office.reader) == (200, [])
    status, told = office.ask("POST", "", office.reader, {"url": TARGET})
    assert (status, told["reason"]) == (403, "the key lacks the scope 'webhooks'")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "$.url"),
        ({"url": 1}, "$.url"),
        ({"url": TARGET, "types": []}, "$.types"),
        ({"url": TARGET, "types": ["kill"]}, "$.types[0]"),
        ({"url": TARGET, "secret": "whsec_mine"}, "$.secret"),
        ({"url": "http://receiver.example/"}, "$.url"),
        ({"url": "https://127.0.0.1/"}, "$.url"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "$.url"),
        ([], "$"),
    ],
)
def test_what_cannot_be_a_webhook_is_told_by_its_field(office: Office, body: object, field: str) -> None:
    status, told = office.ask("POST", "", body=body)
    assert (status, told["field"]) == (400, field)


def test_bytes_that_are_no_body_are_told_so(office: Office) -> None:
    headers = {"x-api-key": office.ours}
    for content, status in ((b"", 400), (b"\xff", 400), (b'"\xff"', 400), (b" " * 20_000, 413)):
        assert office.desk.ask(HOOKS, "POST", content=content, headers=headers).status_code == status


def test_what_waited_of_a_match_that_is_not_granted_any_more_is_not_shown(office: Office) -> None:
    key = office.key("another", "read", "webhooks", matches=["cup-*"])
    webhook_id = office.made(key)["webhook_id"]
    give_up(office.catalog.outbox(), webhook_id, 1)
    assert office.ask("POST", f"/{webhook_id}/ping", key)[0] == 200
    _, told = office.ask("GET", f"/{webhook_id}/deliveries", key)
    shown = {each["match_id"]: each["body"] for each in told["items"]}
    assert shown["m"] is None
    assert shown[None]["type"] == "ping"
    line = next(each for each in told["items"] if each["match_id"] == "m")
    _, again = office.ask("POST", f"/{webhook_id}/deliveries/{line['delivery_id']}/resend", key)
    assert (again["status"], again["body"]) == ("pending", None)


def test_deliveries_are_turned_page_by_page_and_sent_again(office: Office) -> None:
    webhook_id = office.made()["webhook_id"]
    give_up(office.catalog.outbox(), webhook_id, 5)
    _, first = office.ask("GET", f"/{webhook_id}/deliveries?limit=3")
    _, rest = office.ask("GET", f"/{webhook_id}/deliveries?limit=3&cursor={first['next_cursor']}")
    items = [*first["items"], *rest["items"]]
    assert ([each["seq"] for each in items], rest["next_cursor"]) == ([4, 3, 2, 1, 0], None)
    line = items[0]
    assert (line["status"], line["attempts"], line["last_status"], line["last_error"]) == (
        "dead",
        1,
        500,
        "http 500",
    )
    assert (line["body"], line["due_at"]) == ({"seq": 4}, None)
    _, [tried] = office.ask("GET", f"/{webhook_id}/deliveries/{line['delivery_id']}/attempts")
    assert (tried["at"], tried["duration_ms"], tried["status"]) == (line["attempted_at"], None, 500)
    assert tried["error"] == "http 500"
    status, one = office.ask("POST", f"/{webhook_id}/deliveries/{line['delivery_id']}/resend")
    assert (status, one["status"], one["attempts"]) == (200, "pending", 0)
    assert office.ask("POST", f"/{webhook_id}/deliveries/resend") == (200, {"resent": 4})
    _, pending = office.ask("GET", f"/{webhook_id}/deliveries?status=pending&match_id=m")
    assert len(pending["items"]) == 5
    for wrong in ("cursor=%00", "cursor=zz", "status=lost", "match_id=%00", "more=1"):
        assert office.ask("GET", f"/{webhook_id}/deliveries?{wrong}")[0] == 400, wrong
    unknown = "00000000-0000-0000-0000-0000000000ff"
    assert office.ask("POST", f"/{webhook_id}/deliveries/{unknown}/resend")[0] == 404
    assert office.ask("GET", f"/{webhook_id}/deliveries/{unknown}/attempts")[0] == 404


def test_a_test_event_is_queued_and_a_webhook_goes(office: Office) -> None:
    webhook_id = office.made()["webhook_id"]
    status, line = office.ask("POST", f"/{webhook_id}/ping")
    assert (status, line["status"], line["match_id"]) == (200, "pending", None)
    assert line["body"] == {
        "type": "ping",
        "timestamp": "2026-01-18T12:00:00.000Z",
        "data": {"webhook_id": webhook_id},
    }
    [due] = [each for each in office.catalog.outbox().due(NOON, limit=99) if each.webhook_id == webhook_id]
    assert due.delivery_id == line["delivery_id"]
    assert office.ask("GET", f"/{webhook_id}")[1]["newest_delivery"] == "pending"
    assert office.ask("DELETE", f"/{webhook_id}") == (204, None)
    assert office.ask("GET", f"/{webhook_id}")[0] == 404
    acts = [row for row in office.catalog.all("audit") if webhook_id in row["act"]]
    assert {row["act"].partition(" webhook")[0] for row in acts} == {"create", "delete"}
    assert {(row["who"], row["key_id"]) for row in acts} == {(office.ours[:15], office.ours[3:15])}


def test_a_client_has_so_many_and_no_more(office: Office) -> None:
    key = office.key("eager", "webhooks")
    statuses = [office.ask("POST", "", key, {"url": TARGET})[0] for _ in range(21)]
    assert statuses == [201] * 20 + [409]


def test_an_open_api_knows_no_client_and_says_how_it_would() -> None:
    answer = Desk().ask(HOOKS)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:midround:problem:open")
    assert "api.access" in answer.json()["reason"]


def test_without_a_catalog_it_is_away(tmp_path: Path) -> None:
    office = Office(tmp_path)
    url = f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    desk = Desk(directory=Directory(url), needs_keys=True, now=lambda: NOON + timedelta(seconds=1))
    answer = desk.ask(HOOKS, headers={"x-api-key": office.ours})
    office.catalog.close()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
