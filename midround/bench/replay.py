"""`bench replay`: how evenly the 2D replay paints, beside an empty loop of animation frames in the same browser.

Baseline and replay alternate, so that effects of the machine and of the headless browser on frames are in both.
"""

import multiprocessing
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

from adapters.settings import Settings
from game.events import AnyEvent, RoundEnded
from game.simulate.series import Simulation
from game.simulate.setting import Setting
from midround import places, sending
from midround.bench.brokers import configured, name_of
from midround.bench.figures import Report, Watch, at_least, spread
from midround.bench.latency import system, waited
from midround.bench.painting import page

ROUNDS, POSITION_HZ = 3, 8
SECONDS, TURNS = 5.0, 3
"""Duration of each of the two in each turn, and the number of turns."""
SHARE = 0.95
"""Target share of the empty loop's frame rate."""
READY_MS = 60_000
LOOP = """(seconds) => new Promise((done) => {
  const [times, frame] = [[], window.midroundFrame ?? requestAnimationFrame];
  const step = (now) => {
    times.push(now);
    if (now - times[0] < seconds * 1000) frame(step);
    else done(times);
  };
  frame(step);
})"""
TIMED = """
window.midroundScript = [];
window.midroundFrame = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (act) => window.midroundFrame((now) => {
  const begun = performance.now();
  act(now);
  window.midroundScript.push(performance.now() - begun);
});
"""


class Frames(Struct, frozen=True, kw_only=True):
    """Milliseconds from frame to frame, when idle and while a replay plays; and the script time per frame of the
    replay."""

    empty_ms: list[float]
    replay_ms: list[float]
    script_ms: list[float]


def measured(settings: Settings, *, seconds: float = SECONDS, turns: int = TURNS) -> Report:
    """Run the benchmark. Raises BrowserError, MachineError."""
    with (
        tempfile.TemporaryDirectory() as home,
        configured(settings) as found,
        system(found, Path(home)) as (running, supervisor),
        ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool,
    ):
        match_id = waited(supervisor, pool.submit(play, places.intake_url(running)))
        watch = Watch()
        at = f"{running.api.host}:{running.api.port}"
        url = f"http://{at}/#/match/{quote(match_id, safe='')}/replay?map=1&round=1"
        shown = waited(supervisor, pool.submit(frames, url, seconds=seconds, turns=turns))
    told = f"{turns} x {seconds:g} s of a replay, {POSITION_HZ} samples a second, {name_of(settings)}"
    return report(shown, load=told, watch=watch)


def play(intake_url: str) -> str:
    """Send the first rounds of a simulated match, and return its id."""
    simulation = Simulation(Setting(seed=1, best_of=1, position_hz=POSITION_HZ, has_warmup=False))
    intake = sending.Intake(intake_url)
    try:
        sending.play(intake, _rounds(simulation), speed=None, told=lambda _: None)
    finally:
        intake.close()
    return simulation.feed.match_id


def _rounds(simulation: Simulation) -> Iterator[AnyEvent]:
    left = ROUNDS
    for event in simulation:
        yield event
        left -= isinstance(event, RoundEnded)
        if left == 0:
            return


def frames(url: str, *, seconds: float, turns: int) -> Frames:
    """In each turn, measure an empty page, then the replay at `url`, which starts by itself. Raises BrowserError."""
    found = Frames(empty_ms=[], replay_ms=[], script_ms=[])
    with page() as shown:
        shown.add_init_script(TIMED)
        for _ in range(turns):
            shown.goto("about:blank")
            found.empty_ms.extend(between(shown.evaluate(LOOP, seconds)))
            shown.goto(url)
            shown.locator(".replay button[aria-label=Pause]").wait_for(timeout=READY_MS)
            shown.locator(".mark.end").wait_for(timeout=READY_MS)
            shown.evaluate("() => { window.midroundScript.length = 0; }")
            found.replay_ms.extend(between(shown.evaluate(LOOP, seconds)))
            found.script_ms.extend(shown.evaluate("() => window.midroundScript"))
    return found


def between(times: Sequence[float]) -> list[float]:
    return [after - before for before, after in pairwise(times)]


def report(shown: Frames, *, load: str, watch: Watch) -> Report:
    """Summarize the frames. Raises ValueError if there were none."""
    empty, replay = rate(shown.empty_ms), rate(shown.replay_ms)
    return Report(
        bench="replay",
        load=load,
        machine=watch.machine(),
        values={"frames_per_s": round(replay, 2), "empty_frames_per_s": round(empty, 2)},
        spreads={
            "frame_ms": spread(shown.replay_ms),
            "empty_frame_ms": spread(shown.empty_ms),
            "script_ms": spread(shown.script_ms),
        },
        targets=(at_least("of the frames a second of an empty loop", asked=SHARE, found=replay / empty),),
    )


def rate(frame_ms: Sequence[float]) -> float:
    """Return frames per second."""
    return 1000 * len(frame_ms) / sum(frame_ms)
