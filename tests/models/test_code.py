"""The versions that results and weights follow from."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from models.code import code_version, training_version
from tests.house.tree import ROOT


def test_versions_name_the_code_and_are_the_same_in_every_process(tmp_path: Path) -> None:
    assert len(code_version()) == 12
    assert int(code_version(), 16) >= 0
    elsewhere = subprocess.run(
        [
            sys.executable,
            "-c",
            "from models import code; print(code.code_version(), code.training_version())",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert elsewhere.stdout.split() == [code_version(), training_version()]
    assert training_version().startswith(f"{version('midround')}+")
    assert code_version() not in training_version()
