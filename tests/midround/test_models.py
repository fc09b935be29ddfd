"""`midround models`: what a person sees of promotion and rollback, and a champion that changes while a match runs."""

import json
import os
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from adapters.catalog.store import open_catalog
from adapters.clickhouse.client import connect, query_rows
from game.events import AnyEvent
from game.simulate.series import simulate
from game.simulate.setting import Setting
from midround import places, sending
from midround.cli import app
from midround.verify import verified
from models.bundle import BOOSTER, CARD, CHALLENGER, read_pointer
from models.predictor import CHAMPION
from models.promotion import refute, seed
from models.registry import aliases, register
from models.registry_record import record_of_bundle
from tests.models.another import other_bundle
from tests.ports import free_port
from tests.proofs.settling import settle
from tests.proofs.system import System, running, settings_on_free_ports
from tests.tracking import begun_store

pytestmark = pytest.mark.slow

SHIPPED = read_pointer(CHAMPION)
PARTS = ("broker", "store", "stream", "loader", "intake")
BATCH = 20
VERSIONS = "SELECT DISTINCT model_version AS version FROM cs2_predictions WHERE match_id = {match_id:String}"
COUNT = "SELECT count() AS n FROM game_events FINAL WHERE match_id = {match_id:String} AND is_retracted = 0"

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def runs(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["models", *arguments, "--home", str(tmp_path), "--json"])

    return runs


def lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_promotion_and_rollback_are_seen_in_list_history_and_catalog(run: Run, tmp_path: Path) -> None:
    [only] = lines(run("list"))
    assert (only["bundle"], only["roles"], only["since"]) == (SHIPPED.bundle, ["champion"], None)
    other_bundle(tmp_path / "build", "second")
    [done] = lines(run("promote", str(tmp_path / "build/second"), "--why", "better", "--who", "ann"))
    assert (done["champion"]["bundle"], done["previous"]["bundle"], done["catalog"]) == (
        "second",
        SHIPPED.bundle,
        "recorded",
    )
    listed = {line["bundle"]: line for line in lines(run("list"))}
    assert (listed["second"]["roles"], listed["second"]["who"]) == (["champion"], "ann")
    assert listed[SHIPPED.bundle]["roles"] == ["previous"]
    [back] = lines(run("rollback", "--why", "worse", "--who", "bob"))
    assert back["champion"]["hash"] == SHIPPED.hash
    with closing(open_catalog(f"sqlite:///{tmp_path / 'catalog.sqlite'}")) as catalog:
        rows = {row["model_version"]: row for row in catalog.all("model_versions")}
    assert (rows["second"]["promoted_by"], rows["second"]["promoted_why"]) == ("ann", "better")
    assert rows[SHIPPED.bundle]["promoted_why"] == "worse"


def test_who_brings_a_refuted_one_back_is_told(run: Run, tmp_path: Path) -> None:
    other_bundle(tmp_path / "build", "second")
    [done] = lines(run("promote", str(tmp_path / "build/second"), "--why", "better"))
    assert done["refuted"] == ""
    refute(tmp_path / "models", SHIPPED.hash, why="evidence 200 after 9 maps")
    [back] = lines(run("rollback", "--why", "worse"))
    assert (back["champion"]["hash"], back["refuted"]) == (SHIPPED.hash, "evidence 200 after 9 maps")
    command = ["models", "promote", "second", "--why", "x", "--home", str(tmp_path)]
    refute(tmp_path / "models", done["champion"]["hash"], why="evidence 300")
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 0, told.output
    assert "second was refuted on air: evidence 300" in told.output.replace("\n", " ")


def test_a_bundle_that_lies_is_named_and_refused(run: Run, tmp_path: Path) -> None:
    other_bundle(tmp_path / "models", "liar")
    lines(run("list"))
    path = tmp_path / "models/liar" / BOOSTER
    path.write_bytes(path.read_bytes() + b" ")
    refused = run("promote", "liar", "--why", "x")
    assert refused.exit_code == 2
    assert BOOSTER in refused.output
    assert "SHA-256" in refused.output
    listed = {line["bundle"]: line for line in lines(run("list"))}
    assert listed[SHIPPED.bundle]["roles"] == ["champion"]
    assert "SHA-256" in listed["liar"]["problem"]


def test_a_promotion_needs_a_reason(run: Run) -> None:
    assert run("promote", SHIPPED.bundle).exit_code == 2
    assert run("promote", SHIPPED.bundle, "--why", "again").exit_code == 1


def test_a_challenger_is_named_and_withdrawn(run: Run, tmp_path: Path) -> None:
    manifest = other_bundle(tmp_path / "build", "second")
    [named] = lines(run("challenge", str(tmp_path / "build/second"), "--why", "try", "--who", "ann"))
    assert (named["bundle"], named["hash"], named["who"]) == ("second", manifest.model_hash, "ann")
    assert (tmp_path / "models" / CHALLENGER).exists()
    assert run("challenge").exit_code == run("challenge", "second", "--stop").exit_code == 2
    assert run("challenge", SHIPPED.bundle).exit_code == 1
    assert lines(run("challenge", "--stop")) == [{"challenger": None}]
    assert not (tmp_path / "models" / CHALLENGER).exists()


def test_naming_a_challenger_and_withdrawing_it_moves_its_alias(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    seed(folder, CHAMPION)
    store = begun_store(tmp_path / "mlflow")
    register(store, record_of_bundle(folder / SHIPPED.bundle))
    other_bundle(folder, "second", with_card=True)
    register(store, record_of_bundle(folder / "second"))

    def challenging(*arguments: str) -> dict[str, str]:
        command = ["models", "challenge", *arguments, "--home", str(tmp_path)]
        done = CliRunner().invoke(app, command)
        assert (done.exit_code, done.stderr) == (0, "")
        return {alias: version.model_version for alias, version in aliases(store).items()}

    assert challenging("second", "--why", "try") == {"champion": SHIPPED.bundle, "challenger": "second"}
    assert challenging("--stop") == {"champion": SHIPPED.bundle}


def test_without_a_store_the_shadow_has_nothing_to_tell(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIDROUND_CLICKHOUSE__PORT", str(free_port()))
    found = run("shadow")
    assert found.exit_code != 0
    assert "no store answers" in found.output


def shortest(recorded: Path, count: int) -> list[Path]:
    """So many recordings, those with the smallest files."""
    return sorted((recorded / "cs2df").rglob("*.zip"), key=lambda path: path.stat().st_size)[:count]


@pytest.mark.recorded
def test_two_models_are_compared_on_the_same_states(run: Run, tmp_path: Path, recorded: Path) -> None:
    other_bundle(tmp_path / "models", "second")
    maps = [str(path) for path in shortest(recorded, 3)]
    [found] = lines(run("compare", SHIPPED.bundle, "second", *maps))
    assert found["maps"] == 3
    assert found["rows"] > 1_000
    assert found["paired"]["lo"] <= found["paired"]["value"] <= found["paired"]["hi"]
    assert found["log_loss_a"]["value"] - found["log_loss_b"]["value"] == pytest.approx(
        found["paired"]["value"]
    )
    assert (found["seen_a"], found["seen_b"]) == (3, None), "the second bundle has no card"
    [same] = lines(run("compare", "second", "second", *maps))
    assert (same["paired"]["value"], same["largest"]) == (0.0, 0.0)


@pytest.mark.recorded
def test_a_comparison_on_maps_that_a_model_was_trained_on_is_no_evidence(
    tmp_path: Path, recorded: Path
) -> None:
    card = json.loads((CHAMPION / SHIPPED.bundle / CARD).read_bytes())
    seen, unseen = shortest(recorded, 2)
    card["data"] |= {"files": [seen.name], "ids": [""]}
    other_bundle(tmp_path / "models", "second")
    (tmp_path / "models" / "second" / CARD).write_text(json.dumps(card))
    command = ["models", "compare", "second", "second", "--home", str(tmp_path)]
    flattered = CliRunner().invoke(app, [*command, str(seen), str(unseen)])
    told = " ".join(flattered.stdout.split())
    assert told.count("second was trained on 1 of these maps: the difference is no evidence") == 2
    fair = CliRunner().invoke(app, [*command, str(unseen)])
    assert fair.exit_code == 0
    assert "evidence" not in fair.stdout


def count(client: Any, match_id: str) -> int:
    [row] = query_rows(client, COUNT, {"match_id": match_id})
    return int(row["n"])


def send(system: System, events: Sequence[AnyEvent], *, pause_s: float) -> None:
    with closing(sending.Intake(system.url("intake"))) as intake:
        for some in sending.batches(events, BATCH):
            intake.post(some)
            system.step()
            time.sleep(pause_s)


def test_a_promotion_during_a_match_takes_over_and_everything_still_follows(tmp_path: Path) -> None:
    """Promoted, killed, rolled back, while events come: every prediction has its receipt, and batch says the same."""
    match = list(simulate(Setting(seed=23, best_of=1, position_hz=0)))[:2_400]
    match_id = match[0].match_id
    settings = settings_on_free_ports(tmp_path / "home")
    with running(settings, PARTS) as system:
        other_bundle(settings.home / "models", "second")
        client = connect(places.clickhouse_url(settings), {})

        def versions() -> set[str]:
            return {row["version"] for row in query_rows(client, VERSIONS, {"match_id": match_id})}

        def models(*arguments: str) -> None:
            command = ["models", *arguments, "--home", str(settings.home)]
            done = CliRunner().invoke(app, command, env=dict(os.environ))
            assert done.exit_code == 0, done.output

        send(system, match[:600], pause_s=0.0)
        models("promote", "second", "--why", "a test")
        send(system, match[600:1_000], pause_s=0.2)
        system.until(lambda: "second" in versions(), what="a prediction of the second model")
        system.kill("stream")
        send(system, match[1_000:1_400], pause_s=0.05)
        models("rollback", "--why", "a test")
        send(system, match[1_400:], pause_s=0.1)
        system.until(lambda: count(client, match_id) == len(match) + 2, what="both switches")
        settle(system, match)
        verdict = verified(client, match_id, places.lineup(settings), now=datetime.now(UTC))
        client.close()
    assert (verdict.problems, verdict.not_compared) == ((), 0)
    assert verdict.events == len(match) + 2


def test_a_registry_that_is_gone_is_told_and_undoes_nothing(tmp_path: Path) -> None:
    other_bundle(tmp_path / "build", "second")
    command = ["models", "promote", str(tmp_path / "build/second"), "--why", "x", "--home", str(tmp_path)]
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        done = CliRunner().invoke(app, command, env={"MIDROUND_MLFLOW__URL": url})
    assert done.exit_code == 0, done.output
    assert "second is champion" in done.output
    assert f"the registry does not follow: MLflow at {url}" in done.output.replace("\n", " ")
    assert read_pointer(tmp_path / "models").bundle == "second"
