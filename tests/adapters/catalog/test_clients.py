"""Clients and their keys, on SQLite and Postgres: made together or not at all, and after which key another is made."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import event, text

from adapters.catalog.changes import CatalogAwayError
from adapters.catalog.clients import Clients, Made, NameTakenError, UnknownClientError
from adapters.catalog.store import Catalog, open_catalog, writable
from adapters.catalog.transactions import begun
from adapters.catalog.usage import Used
from tests.adapters.catalog.conftest import BOTH, url_of
from tests.adapters.catalog.together import at_once

NOON = datetime(2026, 5, 17, 12, tzinfo=UTC)


@pytest.fixture(params=BOTH, scope="module")
def catalog(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """One for all tests here: each has clients of its own."""
    opened = open_catalog(url_of(request, tmp_path_factory.mktemp("catalog")))
    yield opened
    opened.close()


@pytest.fixture
def clients(catalog: Catalog) -> Clients:
    return catalog.clients()


def later(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def made(key_id: str, *scopes: str, expires_at: datetime | None = None) -> Made:
    return Made(key_id=key_id, secret_hash="h", scopes=scopes or ("read",), expires_at=expires_at)


def create(clients: Clients, name: str, first: Made, *, now: datetime = NOON) -> str:
    return clients.create(name, first, plan="trial", matches=None, who="me", now=now)


class Interrupted(Exception):
    """The process is gone amid the act."""


def test_a_client_is_made_with_its_key_or_not_at_all(catalog: Catalog, clients: Clients) -> None:
    def interrupt(*told: Any) -> None:
        if told[2].startswith("INSERT INTO api_keys"):
            raise Interrupted

    event.listen(catalog._engine, "before_cursor_execute", interrupt)
    with pytest.raises(Interrupted):
        create(clients, "whole", made("k-whole"))
    event.remove(catalog._engine, "before_cursor_execute", interrupt)
    assert clients.all("whole", limit=9) == []
    client_id = create(clients, "whole", made("k-whole", "read", "live"))
    (line,) = clients.keys([client_id])
    assert (line.key_id, line.scopes, line.expires_at) == ("k-whole", ("read", "live"), None)
    acts = [(each.act, each.key_id) for each in clients.audit(after=None, limit=99)]
    assert acts == [("add key", "k-whole"), ("create client", None)]
    with pytest.raises(NameTakenError):
        create(clients, "whole", made("k-another"))
    assert clients.key("k-another") is None
    assert [each.key_id for each in clients.named(["k-whole", "k-another"])] == ["k-whole"]


SECRET = "the-hash-of-a-secret"
SECRETLY = Made(key_id=SECRET, secret_hash=SECRET, scopes=("read",))


def test_other_matches_are_granted_in_place_of_those_before(clients: Clients) -> None:
    client_id = create(clients, "granted", made("granted"))
    for matches in (("league-*", "cup-1"), None, ("cup-2",)):
        told = clients.set_matches(client_id, matches, who="me", now=NOON)
        assert told.matches == clients.client(client_id).matches == matches
        found = clients.key("granted")
        assert found is not None
        assert found.matches == matches
    acts = [line.act for line in clients.audit(after=None, limit=1000) if line.client_id == client_id]
    assert {"grant all matches", "grant league-*, cup-1", "grant cup-2"} < set(acts)
    with pytest.raises(UnknownClientError):
        clients.set_matches("nobody", None, who="me", now=NOON)


ACTS: dict[str, Callable[[Catalog], object]] = {
    "create": lambda catalog: create(catalog.clients(), SECRET, SECRETLY),
    "add_key": lambda catalog: catalog.clients().add_key("c", SECRETLY, who="me", now=NOON),
    "set_plan": lambda catalog: catalog.clients().set_plan(SECRET, "trial", who="me", now=NOON),
    "revoke_keys": lambda catalog: catalog.clients().revoke_keys("c", SECRET, who="me", now=NOON),
    "key": lambda catalog: catalog.clients().key(SECRET),
    "usage": lambda catalog: catalog.usage().add(
        [Used(client_id=SECRET, day=NOON.date())], month=NOON.date()
    ),
    "days": lambda catalog: catalog.usage().days(SECRET, since=NOON.date()),
}


@pytest.mark.parametrize("act", ACTS)
def test_what_fails_in_the_catalog_tells_no_values(act: str, tmp_path: Path) -> None:
    with closing(open_catalog(f"sqlite:///{tmp_path / 'catalog.db'}")) as catalog:
        with catalog._engine.begin() as connection:
            for table in ("api_keys", "client_usage", "audit"):
                connection.execute(text(f"DROP TABLE {table}"))
            connection.execute(text("ALTER TABLE api_clients RENAME COLUMN plan TO other"))
        with pytest.raises(CatalogAwayError) as told:
            ACTS[act](catalog)
    assert SECRET not in "".join(traceback.format_exception(told.value))


def test_another_key_is_made_after_the_newest_that_is_taken_and_none_that_was_revoked(
    clients: Clients,
) -> None:
    client_id = create(clients, "after", made("k-first", expires_at=later(9)))

    def newest(hours: float) -> str | None:
        found = clients.newest_key(client_id, now=later(hours))
        return None if found is None else found.key_id

    def add(key: Made, *, hours: float) -> None:
        clients.add_key(client_id, key, who="me", now=later(hours))

    add(made("k-admin", "admin"), hours=1)
    assert newest(2) == "k-admin"
    clients.revoke("k-admin", who="me", now=later(2))
    assert newest(2) == "k-first"
    add(made("k-short", "live", expires_at=later(4)), hours=3)
    assert (newest(3), newest(5), newest(10)) == ("k-short", "k-first", "k-short")
    clients.revoke(client_id, who="me", now=later(5))
    assert newest(5) is None


def test_of_keys_that_take_the_others_place_at_once_one_has_no_end(
    clients: Clients, catalog: Catalog
) -> None:
    client_id = create(clients, "at-once", made("k-0"))

    def rotate(number: int) -> None:
        key, now = made(f"k-at-once-{number}"), later(number)
        clients.add_key(client_id, key, who="me", now=now, others_until=later(9))

    at_once(catalog, "INSERT INTO api_keys", [partial(rotate, number) for number in range(4)])
    assert [line.expires_at for line in clients.keys([client_id])].count(None) == 1


def test_keys_from_before_were_to_live_until_they_end(url: str) -> None:
    engine, config = writable(url), Config()
    config.set_main_option("script_location", "adapters.catalog:migrations")
    with begun(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0007")
        connection.execute(
            text("INSERT INTO api_clients VALUES ('c', 'desk', 'trial', NULL, :at)"), {"at": NOON}
        )
        key = "INSERT INTO api_keys VALUES ('k', 'c', 'h', '[]', :at, :until, NULL)"
        connection.execute(text(key), {"at": NOON, "until": later(9)})
    engine.dispose()
    with closing(open_catalog(url)) as catalog:
        assert [line.life for line in catalog.clients().keys(["c"])] == [timedelta(hours=9)]


def test_a_key_that_ends_with_a_rotation_was_to_live_as_long_as_before(clients: Clients) -> None:
    client_id = create(clients, "lives", made("k-lives-1"))
    second, third = made("k-lives-2", expires_at=later(100)), made("k-lives-3")
    clients.add_key(client_id, second, who="me", now=later(1), others_until=later(25))
    clients.add_key(client_id, third, who="me", now=later(2), others_until=later(26))
    lives = {line.key_id: (line.expires_at, line.life) for line in clients.keys([client_id])}
    assert lives == {
        "k-lives-1": (later(25), None),
        "k-lives-2": (later(26), timedelta(hours=99)),
        "k-lives-3": (None, None),
    }
