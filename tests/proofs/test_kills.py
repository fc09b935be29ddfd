"""kill -9 of stream and loader in the middle of a replay on real Kafka: nothing lost, everything equal."""

import os
import random
import signal
from pathlib import Path

import pytest

from models.predictor import load_champion
from tests.contracts.brokers import real_broker
from tests.proofs.live import Live, expected_digest, interleaved, live, matches

KILLS = 8
MAPS = 3


class Reaper:
    """Kills the stream or the loader each time another of the chosen points is passed."""

    def __init__(self, running: Live, count: int, seed: int) -> None:
        chance = random.Random(seed)
        self._running = running
        self._points = sorted(chance.sample(range(count // 20, count), KILLS))
        self._victims = [("stream", "loader")[n % 2] for n in range(KILLS)]
        self.killed: list[str] = []

    def __call__(self, sent: int) -> None:
        while self._points and sent >= self._points[0]:
            victim = self._victims[len(self.killed)]
            self._running.await_part(victim)
            os.kill(self._running.supervisor.pids()[victim], signal.SIGKILL)
            self._points.pop(0)
            self.killed.append(victim)


@pytest.mark.proof
@pytest.mark.server
@pytest.mark.timeout(3600)
def test_kills_at_random_points_lose_nothing(recorded: Path, tmp_path: Path) -> None:
    told = matches(sorted((recorded / "cs2df" / "pro").glob("*.zip"))[:MAPS])
    events = interleaved(told)
    ids = {match[0].match_id: len(match) for match in told}
    with live(tmp_path / "undisturbed") as running:
        running.send(events)
        for match_id, count in ids.items():
            running.await_store(match_id, count)
        undisturbed = {match_id: running.contents(match_id) for match_id in ids}
    with (
        real_broker(tmp_path / "kafka") as broker,
        live(tmp_path / "killed", bootstrap_servers=broker.connection().bootstrap_servers) as running,
    ):
        reaper = Reaper(running, len(events), seed=len(events))
        running.send(events, reaper)
        for match_id, count in ids.items():
            running.await_store(match_id, count)
        disturbed = {match_id: running.contents(match_id) for match_id in ids}
        digests = {match_id: running.digest(match_id) for match_id in ids}
    assert len(reaper.killed) == KILLS
    unequal = [(m, c) for m in ids for c in undisturbed[m] if undisturbed[m][c] != disturbed[m].get(c)]
    assert unequal == []
    predictor = load_champion()
    assert digests == {match[0].match_id: expected_digest(match, predictor) for match in told}
