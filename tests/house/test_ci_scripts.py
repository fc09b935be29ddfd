"""The scripts behind the Makefile: exit codes pass through, times and gaps are printed."""

import subprocess
from pathlib import Path

from tests.house.tree import ROOT


def run(script: str, *arguments: str, cwd: Path, python: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "PYTHON": python}
    command = [str(ROOT / ".ci" / script), *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_a_stage_passes_its_exit_code_on_and_is_reported(tmp_path: Path) -> None:
    assert run("stage", "--begin", cwd=tmp_path).returncode == 0
    assert run("stage", "good", "true", cwd=tmp_path).returncode == 0
    failed = run("stage", "bad", "sh", "-c", "exit 3", cwd=tmp_path)
    assert failed.returncode == 3
    assert "failed with exit code 3" in failed.stdout
    report = run("stage", "--report", cwd=tmp_path).stdout.splitlines()
    assert [line.split()[2] for line in report if line] == ["good", "bad", "all"]
    assert all(line.split()[1] == "min" for line in report if line)


def test_begin_forgets_an_earlier_run(tmp_path: Path) -> None:
    run("stage", "--begin", cwd=tmp_path)
    run("stage", "old", "true", cwd=tmp_path)
    run("stage", "--begin", cwd=tmp_path)
    assert "old" not in run("stage", "--report", cwd=tmp_path).stdout


def test_what_was_not_run_is_named_and_counted_once(tmp_path: Path) -> None:
    assert run("not-run", cwd=tmp_path).stdout == "everything was run\n"
    (tmp_path / "build").mkdir()
    ids = ["tests/a.py::x", "tests/b.py::z", "tests/a.py::y", "tests/a.py::x"]
    (tmp_path / "build" / "not-run.txt").write_text("".join(f"{node_id}\n" for node_id in ids))
    line = run("not-run", cwd=tmp_path).stdout
    assert line.endswith(": 3 tests: tests/a.py (2), tests/b.py (1)\n")
    assert "MIDROUND_DATA" in line


def test_a_wrong_python_gets_one_clear_line(tmp_path: Path) -> None:
    old = tmp_path / "python2"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    outcome = run("python", cwd=tmp_path, python=str(old))
    assert outcome.returncode == 1
    assert outcome.stdout == ""
    assert outcome.stderr.count("\n") == 1
    assert "needs Python 3.11 or 3.12" in outcome.stderr


def test_a_right_python_is_named(tmp_path: Path) -> None:
    good = tmp_path / "python3.11"
    good.write_text("#!/bin/sh\nexit 0\n")
    good.chmod(0o755)
    assert run("python", cwd=tmp_path, python=str(good)).stdout == f"{good}\n"
