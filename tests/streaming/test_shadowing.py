"""The shadow's process: nothing that it meets ends it; killed and started again, what it tells is as it would be."""

import contextlib
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from clickhouse_connect.driver.client import Client

from adapters.clickhouse.client import connect, query_rows
from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka.connection import Connection, connection
from adapters.kafka.producer import AcknowledgedProducer
from adapters.kafka.records import PREDICTIONS, PROCESSED, SHADOW, Outgoing, Record
from adapters.kafka.tail import Tail
from adapters.metrics import metrics
from api.public.sql import SHADOWED
from game.codec import encode
from game.messages import Message, Prediction, Retraction, ShadowPrediction
from game.simulate.series import simulate
from game.simulate.setting import Setting
from models.bundle import CHALLENGER
from models.fold import fold_events
from models.predictor import CHAMPION, load_champion, load_predictor
from models.promotion import challenge, seed, stand_down
from models.shadow import shadowed
from models.shadow_report import shadow_report
from streaming.rows import load
from streaming.shadowing import Shadow
from streaming.steps import outgoing
from tests.models.another import at, other_bundle
from tests.ports import free_port
from tests.stores import embedded_store
from tests.streaming import messages as m
from tests.streaming.test_loading import LoaderProcess, wait_for

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SCRIPT = """
import sys
from pathlib import Path
from adapters.kafka.connection import connection
from streaming import shadowing
broker, folder, port = sys.argv[1:]
sys.exit(shadowing.run(connection(broker, {}, embedded=True), folder=Path(folder), metrics_port=int(port)))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of models with a challenger."""
    models = tmp_path / "models"
    seed(models, CHAMPION)
    other_bundle(models, "other")
    challenge(models, "other", who="ann", why="try", now=at(NOW))
    return models


def told(rounds: int) -> list[Message]:
    """All messages of the first rounds of a match."""
    events = simulate(Setting(seed=11, best_of=1, position_hz=0, has_shots=False))
    some = [event for event in events if (event.round_no or 0) <= rounds]
    return [message for message in fold_events(some, load_champion()) if not isinstance(message, Retraction)]


def on_predictions(value: bytes) -> Record:
    return m.record(PREDICTIONS, value)


def live() -> Prediction:
    found = (p for p in told(1) if isinstance(p, Prediction) and p.receipt.features is not None)
    return next(p for p in found if 0 < (p.round.p_ct or 0) < 1)


def test_what_it_cannot_read_is_counted_and_the_next_one_answered(folder: Path) -> None:
    counted = metrics()
    shadow = Shadow(folder, counted)
    message = live()
    assert shadow.answers(on_predictions(encode(message))) is None, "nobody looked yet"
    shadow.look()
    assert shadow.answers(on_predictions(b"\xff{")) is None
    assert counted.errors.labels("unreadable_message")._value.get() == 1
    answer = shadow.answers(on_predictions(encode(message)))
    assert answer is not None
    due = shadowed(message, load_predictor(folder / "other"))
    assert msgspec.json.decode(answer.value, type=ShadowPrediction) == due
    assert (answer.topic, answer.key) == (SHADOW, m.record(PREDICTIONS, b"").key)


def test_a_retraction_holds_for_the_shadow_too(folder: Path) -> None:
    shadow = Shadow(folder, metrics())
    shadow.look()
    retraction = m.retraction(9, from_seq=5, to_seq=8)
    answer = shadow.answers(on_predictions(encode(retraction)))
    assert answer is not None
    loaded = load(m.record(SHADOW, answer.value))
    assert loaded.retraction == retraction
    assert [name for name, _ in loaded.rows] == ["retractions"]


def test_a_retraction_holds_for_the_answers_of_one_that_challenges_no_more(folder: Path) -> None:
    stand_down(folder)
    shadow = Shadow(folder, metrics())
    shadow.look()
    assert shadow.challenger is None
    assert shadow.answers(on_predictions(encode(m.retraction(9, from_seq=5, to_seq=8)))) is not None
    assert shadow.answers(on_predictions(encode(live()))) is None


def version(shadow: Shadow) -> str | None:
    """Of the challenger."""
    return None if shadow.challenger is None else shadow.challenger.model_version


def test_the_challenger_changes_goes_and_breaks_without_a_word_from_the_shadow(folder: Path) -> None:
    counted = metrics()
    shadow = Shadow(folder, counted)
    shadow.look()
    first = shadow.challenger
    shadow.look()
    assert shadow.challenger is first
    other_bundle(folder, "third", shift=0.4)
    challenge(folder, "third", who="ann", why="", now=at(NOW))
    shadow.look()
    assert version(shadow) == "third"
    (folder / CHALLENGER).write_bytes(b"{")
    for _ in range(3):
        shadow.look()
    assert version(shadow) is None
    assert counted.errors.labels("challenger")._value.get() == 1, "told once"
    stand_down(folder)
    shadow.look()
    assert version(shadow) is None


class ShadowProcess:
    """The shadow at one broker, started again after each kill."""

    def __init__(self, kafka: Connection, folder: Path) -> None:
        self._arguments = [kafka.bootstrap_servers, str(folder)]
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-c", SCRIPT, *self._arguments, str(self.port)]
        self.process = subprocess.Popen(command)
        wait_for(self._is_ready, "the shadow")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=60) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@pytest.fixture
def kafka() -> Iterator[Connection]:
    with EmbeddedBroker(partitions=2) as broker:
        yield connection(broker.bootstrap_servers, {}, embedded=True, readers={})


@pytest.mark.slow
def test_a_kill_costs_the_states_in_between_for_both_and_nothing_else(
    kafka: Connection, folder: Path, tmp_path: Path
) -> None:
    """A match in three parts: with the shadow, while it is dead, with it again; then into the store, and scored."""
    messages = [record for message in told(8) for record in outgoing(message)]
    records = [record for record in messages if record.topic in {PROCESSED, PREDICTIONS}]
    third = len(records) // 3
    parts = [records[:third], records[third : 2 * third], records[2 * third :]]
    seen = due(parts[0], folder) + due(parts[2], folder)
    assert answered(kafka, folder, parts) == seen
    with embedded_store(tmp_path / "store") as store:
        loader = LoaderProcess(kafka, store.url, f"sqlite:///{tmp_path / 'catalog.db'}")
        try:
            loader.start()
            client = connect(store.url)
            wait_for(lambda: loader.is_ready() and len(query_rows(client, SHADOWED)) > 0, "rows")
            wait_for(lambda: count(client) == len(seen), "all rows")
            is_scored_on_the_same_states(client, len(seen))
        finally:
            loader.kill()


def answered(kafka: Connection, folder: Path, parts: Sequence[list[Outgoing]]) -> list[ShadowPrediction]:
    """What the shadow says while it lives: not through the second part."""
    shadow, answers = ShadowProcess(kafka, folder), list[ShadowPrediction]()
    with contextlib.closing(Tail(kafka, (SHADOW,), start="beginning")) as tail:

        def has_said(last: ShadowPrediction) -> bool:
            answers.extend(msgspec.json.decode(a.value, type=ShadowPrediction) for a in tail.poll(0.1))
            return last in answers

        try:
            for number, part in enumerate(parts):
                if number == 1:
                    sent(kafka, part)
                    continue
                shadow.start()
                sent(kafka, part)
                last = due(part, folder)[-1]
                wait_for(lambda last=last: has_said(last), "the answers")
                shadow.kill()
        finally:
            shadow.kill()
    return answers


def sent(kafka: Connection, part: Sequence[Outgoing]) -> None:
    with contextlib.closing(AcknowledgedProducer(kafka, delivery_timeout_s=60)) as producer:
        for record in part:
            producer.send(record)
        producer.flush_blocking(timeout_s=60)


def is_scored_on_the_same_states(client: Client, most: int) -> None:
    """One challenger beside the champion, whose chances are those that were published."""
    [found] = shadow_report(query_rows(client, SHADOWED))
    assert 0 < found.rows <= most
    assert found.champion_hash == load_champion().model_hash
    assert found.rounds >= 3
    published = {(p.match_id, p.seq): p.round.p_ct for p in told(8) if isinstance(p, Prediction)}
    kept = query_rows(client, "SELECT match_id, seq, champion_p_ct FROM shadow_predictions FINAL")
    assert all(published[row["match_id"], row["seq"]] == row["champion_p_ct"] for row in kept)


def count(client: Client) -> int:
    rows = query_rows(client, "SELECT count() AS n FROM shadow_predictions FINAL")
    return int(rows[0]["n"])


def due(part: list[Outgoing], folder: Path) -> list[ShadowPrediction]:
    """What the challenger has to say of these records."""
    challenger = load_predictor(folder / "other")
    found = [
        shadowed(msgspec.json.decode(record.value, type=Prediction), challenger)
        for record in part
        if record.topic == PREDICTIONS
    ]
    return [answer for answer in found if answer is not None]
