"""What is installed is whole: the wheel has what the packages look for beside their code."""

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.house.tree import ROOT

FIND = "from orchestration.marts import PROJECT, PROFILES; print(PROJECT); assert (PROFILES / 'profiles.yml').is_file()"


@pytest.mark.slow
def test_an_installed_package_finds_its_marts(tmp_path: Path) -> None:
    built = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(built, cwd=ROOT, check=True, capture_output=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "installed")
    installed = tmp_path / "installed" / "orchestration" / "dbt"
    found = subprocess.run(
        [sys.executable, "-c", FIND],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert found.stdout.strip() == str(installed)
    project = {path.relative_to(ROOT / "dbt") for path in (ROOT / "dbt").rglob("*.*ml")}
    assert project <= {path.relative_to(installed) for path in installed.rglob("*")}
