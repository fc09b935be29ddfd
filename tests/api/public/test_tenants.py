"""Clients administered over REST: who may, what comes of it, and that a secret is told once."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.datastructures import Headers

from api.public.access import ring
from api.public.access.administrator import is_own
from api.public.directory import Directory
from api.public.register import Register
from tests.api.public.doubles import NOON, Desk
from tests.api.public.office import OURS, THEIRS, Office

pytestmark = pytest.mark.slow

TENANTS = "/api/v1/tenants"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Keys are asked for, and none is remembered."""
    monkeypatch.setattr(ring, "REMEMBERED_S", 0.0)
    made = Office(tmp_path)
    yield made
    made.close()


class Administrator:
    """Somebody with a key of the scope `admin`."""

    def __init__(self, office: Office) -> None:
        self._desk = office.desk
        self.key = office.key("office", scopes=("admin",))

    def send(self, method: str, path: str = "", body: Any = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.key}"}
        told = {} if body is None else {"json": body}
        return self._desk.send(method, TENANTS + path, headers=headers, **told)

    def json(self, method: str, path: str = "", body: Any = None) -> Any:
        answer = self.send(method, path, body)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()


@pytest.mark.parametrize("scopes", [("read", "live"), ("admin",)])
def test_the_scope_alone_opens_administration_and_nothing_else(
    office: Office, scopes: tuple[str, ...]
) -> None:
    text = office.key("one", scopes=scopes)
    may = "admin" in scopes
    for path in ("", "/plans", "/audit", "/nobody"):
        assert (office.status(TENANTS + path, text) != 403) is may
    assert (office.status("/api/v1/matches", text) == 200) is not may
    assert office.status("/api/v1/%74enants", text) == (200 if may else 403)


def test_a_client_from_its_creation_to_its_end(office: Office) -> None:
    admin = Administrator(office)
    made = admin.json("POST", body={"name": "desk", "plan": "trial", "matches": ["league-*"], "days": 9})
    client_id, first = made["client_id"], made["key"]
    account = office.ask("/api/v1/account", first).json()
    assert (account["client"], account["plan"], account["matches"]) == ("desk", "trial", ["league-*"])
    (row,) = (row for row in office.catalog.all("api_keys") if row["key_id"] == made["key_id"])
    assert row["expires_at"] == NOON + timedelta(days=9)
    second = admin.json("POST", f"/{client_id}/rotations", {"overlap_hours": 0})["key"]
    third = admin.json("POST", f"/{client_id}/keys", {"scopes": ["live"]})
    statuses = [office.status("/api/v1/account", each) for each in (first, second, third["key"])]
    assert statuses == [401, 200, 200]
    assert admin.json("PUT", f"/{client_id}/plan", {"plan": "broadcast"})["plan"] == "broadcast"
    assert admin.json("DELETE", f"/{client_id}/keys/{third['key_id']}") == {"revoked": 1}
    assert admin.send("DELETE", f"/{client_id}/keys/{third['key_id']}").status_code == 404
    assert admin.json("DELETE", f"/{client_id}/keys") == {"revoked": 2}
    assert office.status("/api/v1/account", second) == 401
    (shown,) = admin.json("GET", "?name=DES")
    assert shown == admin.json("GET", f"/{client_id}")
    assert {key["state"] for key in shown["keys"]} == {"revoked"}


def test_grants_are_changed_and_hold_with_the_next_request(office: Office) -> None:
    admin = Administrator(office)
    made = admin.json("POST", body={"name": "desk", "matches": ["nothing-*"]})
    path, key = f"/{made['client_id']}/matches", made["key"]

    def seen() -> set[str]:
        return {each["match_id"] for each in office.ask("/api/v1/matches", key).json()}

    assert seen() == set()
    assert admin.json("PUT", path, {"matches": [OURS]})["matches"] == [OURS]
    assert seen() == {OURS}
    assert admin.json("PUT", path, {"matches": None})["matches"] is None
    assert seen() == {OURS, THEIRS}
    wrong: list[dict[str, Any]] = [{}, {"matches": []}, {"matches": ["a\x07b"]}, {"matches": ["x" * 129]}]
    for body in wrong:
        assert admin.send("PUT", path, body).status_code == 400, body
    acts = {each["act"] for each in admin.json("GET", "/audit")["items"]}
    assert {"grant all matches", f"grant {OURS}"} < acts


@pytest.mark.parametrize(
    ("rotation", "days"), [({}, 9), ({"days": 2}, 2), ({"days": None}, None), ({"scopes": ["live"]}, 9)]
)
def test_a_rotated_key_lives_as_long_as_the_one_before_was_to(
    office: Office, rotation: dict[str, Any], days: int | None
) -> None:
    admin = Administrator(office)
    client_id = admin.json("POST", body={"name": "desk", "days": 9})["client_id"]
    office.now = NOON + timedelta(days=4)
    made = admin.json("POST", f"/{client_id}/rotations", rotation)
    (row,) = (row for row in office.catalog.all("api_keys") if row["key_id"] == made["key_id"])
    assert row["expires_at"] == (None if days is None else NOON + timedelta(days=4 + days))


def test_a_rotation_brings_back_nothing_that_was_revoked(office: Office) -> None:
    admin = Administrator(office)
    client_id = admin.json("POST", body={"name": "desk", "scopes": ["live"], "days": 9})["client_id"]
    more = admin.json("POST", f"/{client_id}/keys", {"scopes": ["admin"]})
    admin.json("DELETE", f"/{client_id}/keys/{more['key_id']}")
    key_id = admin.json("POST", f"/{client_id}/rotations", {})["key_id"]
    (row,) = (row for row in office.catalog.all("api_keys") if row["key_id"] == key_id)
    assert (row["scopes"], row["expires_at"]) == (["live"], NOON + timedelta(days=9))
    admin.json("DELETE", f"/{client_id}/keys")
    key_id = admin.json("POST", f"/{client_id}/rotations", {})["key_id"]
    (row,) = (row for row in office.catalog.all("api_keys") if row["key_id"] == key_id)
    assert (row["scopes"], row["expires_at"]) == (["read", "live"], None)


def test_a_key_in_the_place_of_one_that_was_told_on_lives_as_long_as_it_was_to(office: Office) -> None:
    admin = Administrator(office)
    client_id = admin.json("POST", body={"name": "desk"})["client_id"]
    told_on = admin.json("POST", f"/{client_id}/rotations", {})
    admin.json("DELETE", f"/{client_id}/keys/{told_on['key_id']}")
    key_id = admin.json("POST", f"/{client_id}/rotations", {})["key_id"]
    (row,) = (row for row in office.catalog.all("api_keys") if row["key_id"] == key_id)
    assert row["expires_at"] is None


def test_a_secret_is_told_once_and_logged_nowhere(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    admin = Administrator(office)
    with caplog.at_level(logging.DEBUG):
        answer = admin.send("POST", body={"name": "desk"})
        later = [admin.send("GET", path).text for path in ("", "/audit")]
    secret = answer.json()["key"][16:]
    assert answer.headers["cache-control"] == "no-store"
    assert secret not in caplog.text + "".join(later) + str(office.catalog.all("api_keys"))


def test_each_act_names_who_did_it_and_is_told_page_by_page(office: Office) -> None:
    admin = Administrator(office)
    made = admin.json("POST", body={"name": "desk"})
    admin.json("DELETE", f"/{made['client_id']}/keys")
    told: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = admin.json("GET", f"/audit?limit=2{cursor and f'&cursor={cursor}'}")
        told += page["items"]
        cursor = page["next_cursor"]
    ours = [entry for entry in told if entry["client_id"] == made["client_id"]]
    assert {entry["who"] for entry in ours} == {f"mr_{admin.key[3:15]}"}
    assert sorted(entry["act"] for entry in ours) == ["add key", "create client", "revoke 1 keys"]
    assert len(told) == len(office.catalog.all("audit"))
    assert admin.send("GET", "/audit?cursor=AAAA").status_code == 400


def test_clients_are_told_page_by_page(office: Office) -> None:
    admin = Administrator(office)
    for name in ("desk b", "Desk c", "desk a", "other"):
        admin.json("POST", body={"name": name})
    seen: list[list[str]] = []
    path: str | None = "?name=desk&limit=2"
    while path is not None:
        answer = admin.send("GET", path)
        seen.append([tenant["name"] for tenant in answer.json()])
        link = answer.headers.get("link")
        assert link is None or (link.startswith(f"<{TENANTS}?") and link.endswith('>; rel="next"'))
        path = link and link[1 + len(TENANTS) : link.index(">")]
    assert seen == [["Desk c", "desk a"], ["desk b"]]
    assert admin.send("GET", "?cursor=AAAA").json()["field"] == "query.cursor"


REFUSED: tuple[tuple[dict[str, Any], int, str], ...] = (
    ({"name": "office"}, 409, "$.name"),
    ({"name": "desk", "plan": "gold"}, 400, "$.plan"),
    ({"name": "desk", "scopes": ["write"]}, 400, "$.scopes[0]"),
    ({"name": "desk", "scopes": []}, 400, "$.scopes"),
    ({"name": "de\u0000sk"}, 400, "$.name"),
    ({"name": "desk\n"}, 400, "$.name"),
    ({"name": "desk", "matches": ["cup-*\n"]}, 400, "$.matches[0]"),
    ({"name": "desk", "days": 0}, 400, "$.days"),
    ({"name": "desk", "misspelt": 1}, 400, "$.misspelt"),
)


def test_what_cannot_be_is_refused_with_its_field(office: Office) -> None:
    admin = Administrator(office)
    for body, status, field in REFUSED:
        answer = admin.send("POST", body=body)
        assert (answer.status_code, answer.json()["field"]) == (status, field), body
    assert [row["name"] for row in office.catalog.all("api_clients")] == ["office"]


def test_nobody_s_client_is_told_so(office: Office) -> None:
    admin = Administrator(office)
    told: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("POST", "/keys", {}),
        ("POST", "/rotations", {}),
        ("DELETE", "/keys", None),
    ]
    told += [("PUT", "/plan", {"plan": "trial"}), ("PUT", "/matches", {"matches": None})]
    for method, path, body in told:
        assert admin.send(method, f"/nobody{path}", body).status_code == 404, path


def test_an_open_api_is_administered_from_this_machine_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    register = Register(url)
    desk = Desk(directory=Directory(url), register=register)

    def status(host: str = "localhost:8080", kind: str = "application/json", **headers: str) -> int:
        told = {"host": host, "content-type": kind} | headers
        return desk.send("POST", TENANTS, content=b'{"name":"desk"}', headers=told).status_code

    assert status(origin="https://elsewhere.example") == 403
    assert status(host="rebound.example") == 403
    assert status(host="[::1") == 403
    assert status(**{"x-forwarded-for": "203.0.113.5"}) == 403
    assert status(kind="text/plain") == 415
    assert status(origin="http://localhost:8080") == 201
    register.close()
    assert Desk().send("GET", TENANTS, headers={"host": "localhost"}).status_code == 503


@pytest.mark.parametrize("peer", ["203.0.113.5", "", "10.0.0.1"])
def test_another_machine_is_not_this_one(peer: str) -> None:
    assert not is_own(peer, Headers({"host": "localhost"}))
    assert is_own("::1", Headers({"host": "[::1]:8080"}))
