"""Bad input to a running system: each kind gets an error that names field and reason, and harms nothing else.

What comes over HTTP is answered; what stands in the log all the same becomes a dead letter. Afterwards no part has
fallen, and a clean match still comes out as its batch fold has it.
"""

import gzip
import http.client
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from backports import zstd

from adapters.kafka.producer import AcknowledgedProducer
from adapters.kafka.records import RAW, Outgoing
from adapters.kafka.server import wait_until
from game.events import AnyEvent
from game.facts import Quality
from game.simulate.series import simulate
from game.simulate.setting import Setting
from midround import health, sending
from midround.supervisor import PartError, Say
from models.fold import fold_events
from models.predictor import CHAMPION, load_champion
from tests.proofs.system import System, running, settings_on_free_ports
from tests.proofs.tally import Tally, ends
from tests.proofs.witness import Witness

PARTS = ("broker", "stream", "intake")
MEBI = 1024 * 1024
ENVELOPE: dict[str, Any] = {
    "event_id": "bad-1",
    "match_id": "bad-match",
    "map_id": "bad-map",
    "round_no": 1,
    "ts_event": "2026-01-18T12:00:00.123Z",
    "type": "kill",
    "source": "demo",
    "seq_no": 1,
    "payload": {"killer_player_id": "p1", "victim_player_id": "p2", "killer_team": "A", "weapon": "ak47"},
}
EVENT = json.dumps(ENVELOPE).encode()


def with_field(**fields: object) -> bytes:
    return json.dumps({**ENVELOPE, **fields}).encode()


NO_EVENTS: dict[str, tuple[bytes, str]] = {
    "truncated JSON": (EVENT[:80], "$"),
    "no JSON at all": (b"\x00\x01\x02", "$"),
    "a number as text": (with_field(round_no="one"), "$.round_no"),
    "a wrong type in the payload": (
        with_field(payload={"killer_player_id": 7, "victim_player_id": "p2"}),
        "$.payload.killer_player_id",
    ),
    "NaN": (EVENT.replace(b'"seq_no": 1', b'"seq_no": NaN'), "$"),
    "a huge number": (with_field(seq_no=10**30), "$.seq_no"),
    "a time before all matches": (with_field(ts_event="0001-01-01T00:00:00Z"), "$.ts_event"),
    "a time after all matches": (with_field(ts_event="9999-12-31T23:59:59Z"), "$.ts_event"),
    "invalid UTF-8": (EVENT.replace(b"ak47", b"\xff\xfe"), "$"),
}
"""What is no event, and the field at fault; "$" is the whole."""
ZEROS = b"0" * (100 * MEBI)
TOO_LARGE: dict[str, tuple[Callable[[], bytes], str]] = {
    "10 MB": (lambda: b"[" + EVENT + b" " * (10 * MEBI) + b"]", ""),
    "a gzip bomb": (lambda: gzip.compress(ZEROS, 9), "gzip"),
    "a zstd bomb": (lambda: zstd.compress(ZEROS, 3), "zstd"),
}


class Scene:
    """A running system, a witness, and an HTTP client that sends anything."""

    def __init__(self, system: System, witness: Witness) -> None:
        self.system = system
        self.witness = witness

    def post(self, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
        """Status and answer."""
        part = self.system.parts["intake"]
        with closing(http.client.HTTPConnection(part.host, part.port, timeout=60)) as client:
            client.request("POST", "/events", body, {"content-type": "application/json", **headers})
            answer = client.getresponse()
            return answer.status, json.loads(answer.read())

    def put(self, body: bytes, **headers: bytes) -> None:
        """Past the intake, into the raw log."""
        record = Outgoing(topic=RAW, key=b"bad-match", value=body, headers=headers)
        with closing(AcknowledgedProducer(self.system.broker, delivery_timeout_s=60)) as producer:
            producer.send(record)
            producer.flush_blocking(timeout_s=60)

    def send(self, events: Sequence[AnyEvent]) -> None:
        with closing(sending.Intake(self.system.url("intake"))) as intake:
            for some in sending.batches(events):
                intake.post(some)
        assert intake.sent.accepted == len(events)

    def assert_folded(self, events: Sequence[AnyEvent]) -> None:
        """A match comes out as its batch fold has it, and no part has fallen."""
        self.witness.wait(ends([events]), step=self.system.step)
        expected = Tally.of(fold_events(events, load_champion())).summary()
        assert self.witness.failure is None
        assert self.witness.tallies[events[0].match_id].summary() == expected


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    settings = settings_on_free_ports(tmp_path_factory.mktemp("system"))
    with running(settings, PARTS) as system, Witness(system.broker) as witness:
        yield Scene(system, witness)
        assert system.said == []


def short_match(seed: int) -> list[AnyEvent]:
    """A simulated map in few events."""
    setting = Setting(seed=seed, best_of=1, position_hz=0, has_shots=False)
    return list(simulate(setting))


@pytest.mark.slow
def test_bad_input_is_named_and_harms_no_match(scene: Scene, say: Say) -> None:
    for name, (body, field) in NO_EVENTS.items():
        status, answer = scene.post(body)
        assert (status, answer["field"]) == (400, field), name
        assert answer["reason"], name
    for name, (made, encoding) in TOO_LARGE.items():
        status, answer = scene.post(made(), **{"content-encoding": encoding})
        assert (status, answer["field"]) == (413, "$"), name
        assert "bytes" in answer["reason"], name
    for body, _ in NO_EVENTS.values():
        scene.put(body, format=b"native+json", source=b"test")
    scene.put(EVENT, format=b"carrier pigeon")
    match = short_match(11)
    scene.send(match)
    scene.assert_folded(match)
    letters = {letter.raw: letter for letter in scene.witness.letters}
    assert {body: letters[body].field for body, _ in NO_EVENTS.values()} == dict(NO_EVENTS.values())
    assert letters[EVENT].field == "format"
    assert all(letter.reason and letter.topic == RAW and letter.offset >= 0 for letter in letters.values())
    assert "bad-match" not in scene.witness.tallies
    say(
        f"{len(NO_EVENTS)} kinds of no event refused at intake and set aside from the log, {len(TOO_LARGE)} bodies too "
        f"large refused, {len(letters)} dead letters; a match of {len(match):,} events after them equals its fold"
    )


@pytest.mark.slow
def test_a_bad_item_harms_no_other_of_its_body(scene: Scene) -> None:
    match = short_match(12)
    body = b"\n".join(
        [json.dumps({**ENVELOPE, "round_no": -1}).encode(), EVENT[:50], with_field(match_id="good")]
    )
    status, answer = scene.post(body, **{"content-type": "application/x-ndjson"})
    assert (status, answer["accepted"]) == (202, 1)
    assert [(each["index"], each["field"]) for each in answer["rejected"]] == [(0, "$.round_no"), (1, "$")]
    scene.send(match)
    scene.assert_folded(match)


@pytest.mark.slow
def test_an_unknown_type_is_kept_and_an_event_after_the_end_named(scene: Scene) -> None:
    match = short_match(13)
    last = match[-1]
    after = {
        **ENVELOPE,
        "match_id": last.match_id,
        "source": last.source,
        "map_id": None,
        "ts_event": last.ts_event.isoformat(),
    }
    dance = {
        **after,
        "event_id": "dance",
        "type": "dance",
        "seq_no": len(match) + 1,
        "payload": {"moves": [1]},
    }
    kill = {**after, "event_id": "late-kill", "seq_no": len(match) + 2}
    scene.send(match)
    assert [scene.post(json.dumps(each).encode())[0] for each in (dance, kill)] == [202, 202]
    scene.witness.wait({last.match_id: "late-kill"}, step=scene.system.step)
    tally = scene.witness.tallies[last.match_id]
    assert tally.told("dance").type == "dance"
    found = [fact for fact in tally.told("late-kill").facts if isinstance(fact, Quality)]
    assert found, "a kill after the end breaks a rule"
    assert all(fact.rule for fact in found)


@pytest.mark.slow
def test_a_model_that_is_not_its_hash_is_named_and_stops_no_other_part(tmp_path: Path) -> None:
    champion = tmp_path / "champion"
    shutil.copytree(CHAMPION, champion)
    [altered] = champion.glob("*/booster.txt")
    altered.write_bytes(altered.read_bytes().replace(b"1", b"2", 1))
    settings = settings_on_free_ports(tmp_path / "home", **{"stream.champion": str(champion)})
    with running(settings, PARTS, is_awaited=False) as system:
        with pytest.raises(PartError, match=r"stream ended with 2 .*booster\.txt: has SHA-256 [0-9a-f]+"):
            system.until_ready()
        wait_until(lambda: health.is_ready(system.parts["intake"]), timeout_s=60, what="the intake")
        with closing(sending.Intake(system.url("intake"))) as intake:
            intake.post(short_match(14)[:100])
        assert intake.sent.accepted == 100
        assert sorted(system.supervisor.pids()) == ["broker", "intake"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["no zip", "cut off", "a bomb", "a member that is no JSON"])
def test_a_corrupt_recording_is_named(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", {"a bomb": b"0" * (64 * MEBI)}.get(kind, b'{"schemaVersion": '))
    if kind == "no zip":
        path.write_bytes(b"PK but no zip")
    elif kind == "cut off":
        path.write_bytes(path.read_bytes()[:-30])
    command = [str(Path(sys.executable).with_name("midround")), "fold", str(path), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    said = " ".join(done.stderr.split())
    assert "broken.zip" in said
    assert "Traceback" not in said
    assert ("manifest.json" in said) == (kind in {"a bomb", "a member that is no JSON"})
