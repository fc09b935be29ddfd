"""`midround webhooks`: a secret is shown once, what was given up is sent again, what cannot be is one line."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from adapters.catalog.outbox import Attempt, New
from adapters.catalog.store import open_catalog
from midround.cli import app

pytestmark = pytest.mark.slow

NOW = datetime(2026, 5, 17, 12, tzinfo=UTC)


def told(home: Path, *words: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(app, [*words, "--home", str(home), "--json"])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    told(tmp_path, "clients", "create", "desk", "--scope", "read", "--scope", "webhooks")
    return tmp_path


def give_up(home: Path, webhook_id: str, error: str = "no answer") -> None:
    """One delivery that was."""
    catalog = open_catalog(f"sqlite:///{home / 'catalog.sqlite'}")
    outbox = catalog.outbox()
    outbox.queue(New(delivery_id="d-1", webhook_id=webhook_id, type="ping", body="{}"), now=NOW)
    [due] = outbox.due(NOW, limit=1)
    outbox.settle(due.delivery_id, Attempt(at=NOW, status="dead", due_at=NOW, error=error))
    catalog.close()


def test_from_making_to_removing(home: Path) -> None:
    (made,) = told(home, "webhooks", "create", "desk", "https://there.example/x", "--type", "series.ended")
    (listed,) = told(home, "webhooks", "list", "desk")
    assert (listed["client"], listed["types"]) == ("desk", ["series.ended"])
    webhook_id = made["webhook_id"]
    (other,) = told(home, "webhooks", "rotate", webhook_id, "--overlap-hours", "0")
    assert made["secret"].startswith("whsec_")
    assert other["secret"] not in {made["secret"], json.dumps(listed)}
    give_up(home, webhook_id)
    (line,) = told(home, "webhooks", "deliveries", webhook_id, "--status", "dead")
    assert (line["delivery_id"], line["last_error"]) == ("d-1", "no answer")
    assert told(home, "webhooks", "resend", webhook_id) == [{"resent": 1}]
    assert told(home, "webhooks", "resend", webhook_id, "--delivery", "d-1") == [{"resent": 0}]
    assert told(home, "webhooks", "delete", webhook_id) == [{"deleted": webhook_id}]
    assert told(home, "webhooks", "list") == []


def test_people_read_lines(home: Path) -> None:
    for words in (["create", "desk", "https://there.example/x"], ["list"]):
        result = CliRunner().invoke(app, ["webhooks", *words, "--home", str(home)])
        assert "https://there.example/x" in result.output
        assert ("whsec_" in result.output) == (words[0] == "create")


def test_people_read_names_and_problems_as_they_are(home: Path) -> None:
    told(home, "clients", "create", "[desk]", "--scope", "webhooks")
    (made,) = told(home, "webhooks", "create", "[desk]", "https://there.example/[x]")
    give_up(home, made["webhook_id"], "no answer from [::1]")
    for words, said in (
        (["list", "[desk]"], "[desk]  https://there.example/[x]"),
        (["deliveries", made["webhook_id"]], "no answer from [::1]"),
    ):
        result = CliRunner().invoke(app, ["webhooks", *words, "--home", str(home)])
        assert said in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "desk", "https://10.0.0.1/"), "not public"),
        (("create", "desk", "http://there.example/"), "must begin with https"),
        (("create", "desk", "https://there.example/", "--type", "kill"), "'kill' is no type to subscribe to"),
        (
            ("create", "desk", "https://there.example/", "--type", "ping"),
            "those are match.started, round.ended, ",
        ),
        (("create", "nobody", "https://there.example/"), "there is no client 'nobody'"),
        (("rotate", "nothing"), "there is no webhook 'nothing'"),
        (("delete", "nothing"), "there is no webhook 'nothing'"),
        (("resend", "nothing"), "there is no webhook 'nothing'"),
        (("deliveries", "nothing"), "there is no webhook 'nothing'"),
    ],
)
def test_what_cannot_be_is_one_line(home: Path, words: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(app, ["webhooks", *words, "--home", str(home)])
    assert result.exit_code != 0
    assert said in result.output
