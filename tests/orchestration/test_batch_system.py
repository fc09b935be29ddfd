"""The batch path as operators have it: Dagster and MLflow beside the live path, a match on air to its scorecard by
itself, a backfill through the UI's own GraphQL."""

import os
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path

import pytest

from adapters.lake import raw
from adapters.lake.partitions import maps_of, of_match, parsed
from adapters.lake.raw import RawEvent
from adapters.lake.tables import DERIVED, QUALITY, RAW_EVENTS
from adapters.settings import Kafka, Settings
from game.codec import encode
from game.events import AnyEvent, Kill
from midround import inputs, machine, parts, places, sending
from midround.backfill import CHAIN, BackfillError, Progress, Webserver, awaited
from midround.fold import FoldedMatch, fold_recording
from midround.supervisor import Say, Supervisor
from models import registry
from models.predictor import load_champion
from orchestration.derivation import Derived, known_maps
from orchestration.importing import COMMAND
from orchestration.resources import TrackingResource
from tests.ports import free_ports
from tests.proofs.system import PORTS as LIVE_PORTS
from tests.proofs.system import UNHURRIED

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_800)]
PORTS = (*LIVE_PORTS, "shadow.metrics_port", "dagster.port", "dagster.code_port", "mlflow.port")
PATIENCE_S = 800.0
"""A deadline against hanging, on a machine that others load too; no claim."""
SEASON_S = 3_000.0
"""The same for all recorded maps."""


class System:
    """The parts that run; `await_` steps their supervisor."""

    def __init__(self, settings: Settings, supervisor: Supervisor) -> None:
        self.settings = settings
        self.root = settings.lake_path
        self._supervisor = supervisor

    def await_(self, what: str, found: Callable[[], bool], *, patience_s: float = PATIENCE_S) -> None:
        deadline_s = time.monotonic() + patience_s
        while not found():
            assert time.monotonic() < deadline_s, f"{what}: not seen"
            self._supervisor.step()
            time.sleep(0.2)

    def kill(self, *names: str) -> None:
        """kill -9; the supervisor starts them again."""
        for name in names:
            os.kill(self._supervisor.pids()[name], signal.SIGKILL)

    def webserver(self) -> Webserver:
        return Webserver(f"http://127.0.0.1:{self.settings.dagster.port}")

    def maps(self, match_id: str) -> list[Derived]:
        match = of_match(self.root, RAW_EVENTS.name, match_id)
        return [] if match is None else known_maps(self.root, match)


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, with_manifest: Callable[[Path], Path]
) -> Iterator[System]:
    free = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    home = with_manifest(tmp_path_factory.mktemp("home"))
    settings = parts.moved(Settings(home=home, kafka=Kafka(options=UNHURRIED)), free)
    with machine.running(settings, say=lambda _: None, is_batch=True) as supervisor:
        machine.until_ready(supervisor, stopping=threading.Event(), timeout_s=PATIENCE_S)
        yield System(settings, supervisor)


def test_a_map_that_was_decided_on_air_comes_to_its_scorecard_by_itself(system: System) -> None:
    events = list(inputs.simulated(seed=8, best_of=1, position_hz=0).events())
    match_id = events[0].match_id
    with closing(sending.Intake(places.intake_url(system.settings))) as intake:
        sending.play(intake, events, speed=None, told=lambda _: None)
    system.await_("scorecard", lambda: bool(system.maps(match_id)))
    (found,) = system.maps(match_id)
    (line,) = FoldedMatch(events, load_champion(), files={found.card.map_id: "live"}).lines()
    assert (found.card.facts_digest, found.finality) == (line.facts_digest, "final")
    with closing(system.webserver()) as webserver:
        assert found.partition.key in webserver.partitions(RAW_EVENTS.name)


@pytest.mark.proof
def test_the_champion_on_air_comes_to_the_registry_by_itself(system: System) -> None:
    store, found = TrackingResource.of(system.settings).store(), dict[registry.Alias, registry.Version]()

    def is_there() -> bool:
        with suppress(registry.RegistryError):
            found.update(registry.aliases(store))
        return registry.CHAMPION in found

    system.await_("alias of the champion", is_there)
    assert found[registry.CHAMPION].model_hash == load_champion().model_hash


@pytest.mark.proof
def test_an_event_that_comes_after_the_end_amends_the_match_by_itself(system: System) -> None:
    """The sensor sees that the log has grown; the chain sends the amendment, and runs again when that has come."""
    events = list(inputs.simulated(seed=22, best_of=1, position_hz=0).events())
    (line,) = FoldedMatch(events, load_champion(), files={_map_of(events): "live"}).lines()
    late = events.pop(next(i for i, x in enumerate(events) if isinstance(x, Kill) and x.round_no == 3))
    with closing(sending.Intake(places.intake_url(system.settings))) as intake:
        sending.play(intake, events, speed=None, told=lambda _: None)
        system.await_("scorecard", lambda: bool(system.maps(late.match_id)))
        (before,) = system.maps(late.match_id)
        sending.play(intake, [late], speed=None, told=lambda _: None)
    system.await_("late event", lambda: system.maps(late.match_id)[0].card.stale > 0)
    system.await_("amendment", lambda: system.maps(late.match_id)[0].finality == "amended")
    (after,) = system.maps(late.match_id)
    assert before.card.facts_digest != after.card.facts_digest == line.facts_digest


def _map_of(events: list[AnyEvent]) -> str:
    return next(event.map_id for event in events if event.map_id is not None)


@pytest.mark.proof
def test_a_backfill_through_the_ui_s_graphql_equals_the_fold(system: System) -> None:
    told = _imported(system, (31, 32, 33))
    with closing(system.webserver()) as webserver:
        end = _backfilled(system, webserver, _keys(system, webserver, _ids(told)), meanwhile=lambda: None)
    assert end.is_whole
    assert set(end.assets) == set(CHAIN)
    _equals_the_fold(system, told)


@pytest.mark.proof
@pytest.mark.timeout(3_600)
def test_every_recorded_map_through_the_ui_s_graphql_equals_the_fold(
    system: System, recorded: Path, say: Say
) -> None:
    champion, due = load_champion(), dict[str, dict[str, str]]()
    for match in inputs.recorded([recorded / "cs2df"]):
        assert match.series is not None
        folded = fold_recording(match.series, champion)
        digests = {
            map_id: line.facts_digest for map_id, line in zip(folded.files, folded.lines(), strict=True)
        }
        due[folded.state.match_id] = digests
    command = [*COMMAND, "--home", str(system.settings.home), "--", str(recorded / "cs2df")]
    subprocess.run(command, check=True, capture_output=True)
    with closing(system.webserver()) as webserver:
        keys = _keys(system, webserver, list(due))
        end = _backfilled(system, webserver, keys, meanwhile=lambda: None, patience_s=SEASON_S)
    assert end.is_whole
    found = {id_: {each.card.map_id: each.card.facts_digest for each in system.maps(id_)} for id_ in due}
    assert found == due
    say(f"{sum(map(len, due.values()))} recorded maps through Dagster's GraphQL equal the fold")


@pytest.mark.proof
def test_a_backfill_that_was_killed_in_the_middle_is_made_whole_by_the_next(system: System) -> None:
    """Daemon and code server die without a word, and the run with them; nothing half stays in the way."""
    told = _imported(system, (41, 42, 43))

    def killed() -> None:
        system.await_("the first partition", lambda: any(system.maps(each[0].match_id) for each in told))
        system.kill("daemon", "code")

    with closing(system.webserver()) as webserver:
        keys = _keys(system, webserver, _ids(told))
        _backfilled(system, webserver, keys, meanwhile=killed)
        assert _backfilled(system, webserver, keys, meanwhile=lambda: None).is_whole
    _equals_the_fold(system, told)


@pytest.mark.proof
def test_in_a_backfill_a_match_that_cannot_be_read_stops_no_other(system: System) -> None:
    told = _imported(system, (51, 52, 53))
    match = of_match(system.root, RAW_EVENTS.name, told[1][0].match_id)
    assert match is not None
    file = next(match.folder(system.root, RAW_EVENTS.name).glob("*.parquet"))
    kept = file.read_bytes()
    with closing(system.webserver()) as webserver:
        keys = _keys(system, webserver, _ids(told))
        file.write_bytes(kept[:-100])
        end = _backfilled(system, webserver, keys, meanwhile=lambda: None)
        assert {end.assets[name] for name in CHAIN} - {(3, 3, 0)} == {(3, 2, 1)}
        _equals_the_fold(system, [told[0], told[2]])
        file.write_bytes(kept)
        assert _backfilled(system, webserver, keys, meanwhile=lambda: None).is_whole
    _equals_the_fold(system, told)


def _imported(system: System, seeds: tuple[int, ...]) -> list[list[AnyEvent]]:
    told = [_some(seed) for seed in seeds]
    for events in told:
        given = [RawEvent(raw=encode(event), file="import") for event in events]
        raw.add(system.root, events[0].match_id, given, code_version="test")
    return told


def _ids(told: list[list[AnyEvent]]) -> list[str]:
    return [events[0].match_id for events in told]


def _keys(system: System, webserver: Webserver, ids: list[str]) -> list[str]:
    """The partitions of these matches of one map, once the sensor has added them."""

    def known() -> list[str]:
        return [key for key in webserver.partitions(RAW_EVENTS.name) if parsed(key).match_id in ids]

    system.await_("partitions of the imports", lambda: len(known()) == len(ids))
    return known()


def _backfilled(
    system: System,
    webserver: Webserver,
    keys: list[str],
    *,
    meanwhile: Callable[[], None],
    patience_s: float = PATIENCE_S,
) -> Progress:
    """The end of a backfill of all assets, whichever it is."""
    end: list[Progress] = []
    backfill_id = webserver.launch(CHAIN, keys)
    thread = threading.Thread(target=lambda: end.append(awaited(webserver, backfill_id, lambda _: None)))
    thread.start()
    meanwhile()
    system.await_("end of the backfill", lambda: not thread.is_alive(), patience_s=patience_s)
    return end[0]


def _equals_the_fold(system: System, told: list[list[AnyEvent]]) -> None:
    champion = load_champion()
    for events in told:
        (found,) = system.maps(events[0].match_id)
        (line,) = FoldedMatch(events, champion, files={found.card.map_id: "import"}).lines()
        assert found.card.facts_digest == line.facts_digest
        match = found.partition.match
        tables = [maps_of(system.root, each.name, match) for each in DERIVED]
        assert tables == [[found.partition]] * len(DERIVED)


def test_what_does_not_exist_is_told_in_the_webserver_s_words(system: System) -> None:
    with closing(system.webserver()) as webserver:
        with pytest.raises(BackfillError, match="no asset nothing"):
            webserver.partitions("nothing")
        with pytest.raises(BackfillError):
            webserver.launch([QUALITY.name], ["2026-01-01:no:map"])


def test_the_tracking_server_answers(system: System) -> None:
    with urllib.request.urlopen(
        f"http://127.0.0.1:{system.settings.mlflow.port}/health", timeout=30
    ) as answer:
        assert answer.status == 200


def _some(seed: int) -> list[AnyEvent]:
    return list(islice(inputs.simulated(seed=seed, best_of=1, position_hz=0).events(), 1_500))
