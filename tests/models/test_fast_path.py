"""Predicting and folding need neither LightGBM's Python package nor numpy."""

import subprocess
import sys

PLAY = """
import sys
from itertools import islice

from game.messages import Prediction
from game.simulate.series import simulate
from game.simulate.setting import Setting
from models.fold import fold_events
from models.predictor import load_champion
from models.receipt import verify

champion = load_champion()
events = islice(simulate(Setting(seed=1, position_hz=0, has_shots=False)), 400)
told = [m for m in fold_events(events, champion) if isinstance(m, Prediction)]
assert any(m.receipt.features is not None for m in told)
assert not verify(told[-1], champion, None)
print(sorted({"lightgbm", "numpy", "scipy", "sklearn", "pandas"} & set(sys.modules)))
"""


def test_predicting_imports_no_training_library() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PLAY], capture_output=True, text=True, check=False, timeout=120
    )
    assert (ran.returncode, ran.stdout.strip()) == (0, "[]"), ran.stderr
