"""`midround clients`: a key is shown once, opens the API, and can be rotated and revoked."""

import json
import stat
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from adapters.catalog.store import open_catalog
from adapters.catalog.usage import Used
from api.public.directory import Directory
from midround.cli import app
from tests.api.public.doubles import Desk

pytestmark = pytest.mark.slow


def told(home: Path, *words: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(app, ["clients", *words, "--home", str(home), "--json"])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def test_a_key_is_shown_once_and_opens_the_api(tmp_path: Path) -> None:
    (made,) = told(tmp_path, "create", "desk", "--plan", "trial", "--matches", "league-*", "--days", "9")
    (listed,) = told(tmp_path, "list")
    assert made["key"] not in json.dumps(listed)
    assert (listed["client"], listed["plan"], listed["matches"], listed["state"]) == (
        "desk",
        "trial",
        ["league-*"],
        "taken",
    )
    desk = Desk(directory=Directory(f"sqlite:///{tmp_path / 'catalog.sqlite'}"), needs_keys=True)
    assert desk.ask("/api/v1/account", headers={"x-api-key": made["key"]}).json()["client"] == "desk"


def test_grants_are_changed_and_in_the_audit(tmp_path: Path) -> None:
    told(tmp_path, "create", "desk", "--matches", "league-*")
    told(tmp_path, "grant", "desk", "--matches", "cup-*", "--matches", "final-7")
    assert told(tmp_path, "list")[0]["matches"] == ["cup-*", "final-7"]
    told(tmp_path, "grant", "desk", "--all")
    assert told(tmp_path, "list")[0]["matches"] is None
    assert told(tmp_path, "audit")[0]["act"] == "grant all matches"
    for words in ((), ("--all", "--matches", "cup-*")):
        result = CliRunner().invoke(app, ["clients", "grant", "desk", *words, "--home", str(tmp_path)])
        assert result.exit_code == 2


def test_a_rotation_ends_the_other_keys(tmp_path: Path) -> None:
    (first,) = told(tmp_path, "create", "desk")
    (second,) = told(tmp_path, "rotate", "desk", "--overlap-hours", "0")
    states = {line["key_id"]: line["state"] for line in told(tmp_path, "list")}
    assert states == {first["key_id"]: "expired", second["key_id"]: "taken"}


def test_a_rotated_key_lives_as_long_as_the_one_before(tmp_path: Path) -> None:
    told(tmp_path, "create", "desk", "--days", "9")
    for words, days in ((), 9), (("--days", "2"), 2), ((), 2), (("--days", "0"), None), ((), None):
        (made,) = told(tmp_path, "rotate", "desk", *words)
        (line,) = [line for line in told(tmp_path, "list") if line["key_id"] == made["key_id"]]
        created, expires = (
            line[name] and datetime.fromisoformat(line[name]) for name in ("created_at", "expires_at")
        )
        assert (expires and expires - created) == (days and timedelta(days=days))


def test_a_key_in_the_place_of_one_that_was_told_on_lives_as_long_as_it_was_to(tmp_path: Path) -> None:
    told(tmp_path, "create", "desk")
    (told_on,) = told(tmp_path, "rotate", "desk")
    told(tmp_path, "revoke", told_on["key_id"])
    (made,) = told(tmp_path, "rotate", "desk")
    ends = {line["key_id"]: line["expires_at"] for line in told(tmp_path, "list")}
    assert ends[made["key_id"]] is None


def test_a_rotation_brings_back_nothing_that_was_revoked(tmp_path: Path) -> None:
    (made,) = told(tmp_path, "create", "desk", "--scope", "admin", "--days", "9")
    told(tmp_path, "revoke", made["key_id"])
    told(tmp_path, "rotate", "desk")
    states = {line["state"]: (line["scopes"], line["expires_at"]) for line in told(tmp_path, "list")}
    assert states["taken"] == (["read", "live"], None)


@pytest.mark.parametrize(
    "words",
    [
        ("clients", "create", "desk", "--days", "99999999"),
        ("clients", "rotate", "nobody", "--days", "99999999"),
        ("clients", "rotate", "nobody", "--overlap-hours", "1e12"),
        ("clients", "rotate", "nobody", "--overlap-hours", "nan"),
        ("webhooks", "rotate", "nothing", "--overlap-hours", "1e12"),
        ("webhooks", "rotate", "nothing", "--overlap-hours", "nan"),
    ],
)
def test_times_have_a_bound(tmp_path: Path, words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*words, "--home", str(tmp_path)])
    assert (result.exit_code, words[-2] in result.output) == (2, True)
    assert told(tmp_path, "list") == []


def test_who_has_no_name_is_named_by_his_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in containers that run as a number."""

    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 4321")

    monkeypatch.setattr("getpass.getuser", nameless)
    monkeypatch.setattr("os.getuid", lambda: 4321)
    told(tmp_path, "create", "desk")
    assert {line["who"] for line in told(tmp_path, "audit")} == {"uid 4321"}


def test_a_key_for_administration_keeps_its_scopes_and_every_act_is_told(tmp_path: Path) -> None:
    told(tmp_path, "create", "office", "--scope", "admin")
    told(tmp_path, "plan", "office", "broadcast")
    told(tmp_path, "rotate", "office")
    lines = told(tmp_path, "list")
    assert [(line["plan"], line["scopes"]) for line in lines] == [("broadcast", ["admin"])] * 2
    acts = [line["act"] for line in told(tmp_path, "audit")]
    assert acts == ["rotate keys", "set plan broadcast", "add key", "create client"]


def test_usage_is_told_by_client_and_by_day(tmp_path: Path) -> None:
    (made,) = told(tmp_path, "create", "desk", "--plan", "trial")
    catalog = open_catalog(f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    for day in (date(2026, 1, 3), date(2026, 1, 18), date(2026, 2, 1)):
        used = Used(client_id=made["client_id"], day=day, requests=2, connections=1)
        catalog.usage().add([used], month=day.replace(day=1))
    catalog.close()
    (month,) = told(tmp_path, "usage", "--month", "2026-01")
    assert (month["client"], month["used"], month["of"]) == ("desk", 6, 100_000)
    days = told(tmp_path, "usage", "desk", "--month", "2026-01")
    assert [line["day"] for line in days] == ["2026-01-18", "2026-01-03"]


def test_revoking_names_what_there_is(tmp_path: Path) -> None:
    (made,) = told(tmp_path, "create", "desk")
    assert told(tmp_path, "revoke", made["key_id"]) == [{"revoked": 1}]
    assert [line["state"] for line in told(tmp_path, "list")] == ["revoked"]
    told(tmp_path, "rotate", "desk")
    told(tmp_path, "revoke", "desk")
    acts = [line for line in told(tmp_path, "audit") if line["act"] == "revoke 1 keys"]
    of = [(line["client_id"], line["key_id"]) for line in acts]
    assert of == [(made["client_id"], None), (made["client_id"], made["key_id"])]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "desk", "--plan", "gold"), "there is no plan 'gold'"),
        (("create", "desk", "--scope", "write"), "there is no scope 'write'"),
        (("rotate", "nobody"), "there is no client 'nobody'"),
        (("revoke", "nobody"), "'nobody' is no key or client"),
    ],
)
def test_what_cannot_be_is_one_line(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(app, ["clients", *words, "--home", str(tmp_path)])
    assert result.exit_code != 0
    assert said in result.output


def test_the_data_folder_is_made_for_nobody_else(tmp_path: Path) -> None:
    told(tmp_path / "srv" / "midround", "create", "desk")
    assert stat.S_IMODE((tmp_path / "srv" / "midround").stat().st_mode) == 0o700
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o750)
    told(shared, "create", "desk")
    assert stat.S_IMODE(shared.stat().st_mode) == 0o750


def test_a_client_is_there_once(tmp_path: Path) -> None:
    told(tmp_path, "create", "desk")
    result = CliRunner().invoke(app, ["clients", "create", "desk", "--home", str(tmp_path)])
    assert (result.exit_code != 0, "'desk' already" in result.output) == (True, True)


def test_people_read_names_and_patterns_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "[ann]")
    told(tmp_path, "create", "[desk]", "--matches", "[a-z]*")
    for words, lines in (
        (["plan", "[desk]", "trial"], ["[desk] has the plan trial"]),
        (["usage"], ["client [desk]"]),
        (["list"], ["[desk]", "[a-z]*"]),
        (["audit"], ["[ann]"]),
    ):
        result = CliRunner().invoke(app, ["clients", *words, "--home", str(tmp_path)])
        assert (result.exit_code, [line for line in lines if line not in result.output]) == (0, [])
