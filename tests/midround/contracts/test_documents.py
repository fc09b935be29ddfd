"""The contracts in the tree are those of the code, always the same bytes, and break nobody who relies on the last."""

import json
from functools import cache
from pathlib import Path

import jsonschema_rs
import pytest
from typer.testing import CliRunner

from api.outbox.telling import Teller
from api.public.live.sending import ENCODINGS
from game.codec import encode
from game.simulate.series import simulate
from game.simulate.setting import Setting
from midround.cli import app
from midround.commands.schema import ALLOWED, RELEASED
from midround.contracts.breaks import allowances, breaks, refused
from midround.contracts.documents import ASYNCAPI, EVENTS, GRAPHQL, OPENAPI, contracts
from tests.api.public.doubles import Desk, match_id, messages, records
from tests.house.tree import ROOT

FOLDER = ROOT / "docs" / "contracts"


@cache
def current() -> dict[str, str]:
    return contracts()


@pytest.mark.parametrize("name", [OPENAPI, GRAPHQL, ASYNCAPI, EVENTS])
def test_the_committed_contract_is_that_of_the_code(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == current()[name], "run `midround schema export`"


def test_the_export_is_the_same_each_time() -> None:
    assert contracts() == current()


def test_nobody_who_relies_on_the_released_contracts_breaks() -> None:
    old = {name: (ROOT / RELEASED / name).read_text(encoding="utf-8") for name in current()}
    allowed = allowances((ROOT / ALLOWED).read_text(encoding="utf-8"))
    found = breaks(old, current())
    assert refused(found, allowed) == []
    assert [each.line for each in allowed if each.line not in found] == [], "nothing breaks so: take it out"


@pytest.mark.slow
def test_simulated_events_are_what_their_schema_says() -> None:
    validator = jsonschema_rs.Draft202012Validator(json.loads(current()[EVENTS]))
    seen: set[str] = set()
    for event in simulate(Setting(seed=3)):
        if type(event).__name__ not in seen:
            seen.add(type(event).__name__)
            validator.validate(json.loads(encode(event)))
    assert len(seen) > 20


def test_published_messages_are_what_their_topics_say() -> None:
    document = json.loads(current()[ASYNCAPI])
    validated: set[str] = set()
    for message in messages(3):
        name = type(message).__name__
        if name not in validated:
            validated.add(name)
            payload = document["components"]["messages"][name]["payload"]
            schema = {**payload, "components": document["components"]}
            jsonschema_rs.Draft202012Validator(schema).validate(json.loads(encode(message)))
    assert validated == {"Processed", "StateDelta", "StateSnapshot", "Prediction", "Retraction"}


def test_frames_of_the_feed_are_what_its_channel_says() -> None:
    document = json.loads(current()[ASYNCAPI])
    named = document["channels"]["match-live"]["messages"]
    payloads = [document["components"]["messages"][name]["payload"] for name in named]
    validator = jsonschema_rs.Draft202012Validator({"anyOf": payloads, "components": document["components"]})
    desk = Desk().take(messages(3)).board.find(match_id())
    assert desk is not None
    seen = set()
    for text in (*desk.opening(), *desk.updates.since(0), *desk.forecasts.since(0)):
        frame = json.loads(text)
        if (kind := (frame["message"], frozenset(frame))) not in seen:
            seen.add(kind)
            validator.validate(frame)
    assert {message for message, _ in seen} >= {"snapshot", "delta", "prediction"}


def test_what_webhooks_are_sent_is_what_their_channel_says() -> None:
    document = json.loads(current()[ASYNCAPI])
    named = document["channels"]["webhooks"]["messages"]
    payloads = [document["components"]["messages"][name]["payload"] for name in named]
    validator = jsonschema_rs.Draft202012Validator({"oneOf": payloads, "components": document["components"]})
    teller = Teller({})
    bodies = [json.loads(notice.body) for record in records(messages(3)) for notice in teller.take(record)]
    for body in bodies:
        validator.validate(body)
    assert {body["type"] for body in bodies} >= {"match.started", "round.ended", "match.corrected"}


def test_every_reference_of_the_description_leads_somewhere() -> None:
    document = json.loads(current()[ASYNCAPI])

    def references(node: object) -> list[str]:
        if isinstance(node, dict):
            found = [node["$ref"]] if "$ref" in node else []
            return found + [each for value in node.values() for each in references(value)]
        return [each for value in node for each in references(value)] if isinstance(node, list) else []

    for reference in references(document):
        target = document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
        assert isinstance(target, dict)


@pytest.mark.slow
def test_the_command_ends_with_1_for_a_break_and_says_which(tmp_path: Path) -> None:
    for name, text in current().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    fine = CliRunner().invoke(app, ["schema", "check", "--against", str(tmp_path)])
    assert fine.exit_code == 0, fine.output
    more = current()[GRAPHQL].replace("type Match {", "type Match {\n  gone: Int")
    (tmp_path / GRAPHQL).write_text(more, encoding="utf-8")
    broken = CliRunner().invoke(app, ["schema", "check", "--against", str(tmp_path)])
    assert broken.exit_code == 1
    assert "schema.graphql: Match.gone was removed." in broken.output
    line = next(each for each in broken.output.splitlines() if each.startswith("schema.graphql"))
    wanted = tmp_path / "breaks.toml"
    wanted.write_text(f'[[allowed]]\nline = "{line}"\nreason = "for this test"\n', encoding="utf-8")
    told = CliRunner().invoke(app, ["schema", "check", "--against", str(tmp_path), "--allowed", str(wanted)])
    assert told.exit_code == 0, told.output


def test_a_folder_without_contracts_is_wrong_use(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["schema", "check", "--against", str(tmp_path)]).exit_code == 2


@pytest.mark.slow
def test_a_break_allowed_without_reason_is_wrong_use(tmp_path: Path) -> None:
    wanted = tmp_path / "breaks.toml"
    wanted.write_text('[[allowed]]\nline = "x"\n', encoding="utf-8")
    told = CliRunner().invoke(app, ["schema", "check", "--against", str(FOLDER), "--allowed", str(wanted)])
    assert told.exit_code == 2


def test_the_doors_of_the_feed_say_what_their_address_may_ask_for() -> None:
    """What the code takes, and nothing else."""
    document = json.loads(current()[ASYNCAPI])
    sockets = {
        name: document["channels"][name]["bindings"]["ws"]["query"]["properties"]
        for name in ("match-live", "live")
    }
    assert {name: {*asked} for name, asked in sockets.items()} == {
        "match-live": {"from_seq", "ticket"},
        "live": {"encoding", "ticket"},
    }
    assert sockets["live"]["encoding"]["enum"] == [*ENCODINGS]
    stream = document["operations"]["live-sse"]["bindings"]["http"]["query"]["properties"]
    paths = json.loads(current()[OPENAPI])["paths"]["/api/v1/live/sse"]["get"]["parameters"]
    assert {*stream} == {each["name"] for each in paths if each["in"] == "query"}
    assert document["channels"]["live-sse"]["messages"] == document["channels"]["live"]["messages"]
