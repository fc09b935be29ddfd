"""Notebooks run top to bottom on a small lake or beside a running system; in git they hold no outputs.

What reads and runs them is loaded when a test does: it takes seconds, and every worker collects this file.
"""

import ast
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters.recordings import recording_paths
from game.events import AnyEvent
from midround import console, inputs
from midround.bench.cold import PORTS
from midround.examples import fill
from midround.sending import Intake
from tests.api.public.doubles import Desk
from tests.house.tree import ROOT
from tests.midround.client.serving import served
from tests.ports import free_ports
from tests.proofs.system import UNHURRIED

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LIVE = "follow_a_running_match"
OF_LAKE = [path for path in NOTEBOOKS if path.stem != LIVE]
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def read(path: Path) -> Any:
    import nbformat

    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def code_of(path: Path) -> list[str]:
    return [cell.source for cell in read(path).cells if cell.cell_type == "code"]


def run(path: Path) -> int:
    """How many pictures it draws; raises what a cell raises."""
    from nbclient import NotebookClient

    notebook = read(path)
    NotebookClient(notebook, timeout=500, resources={"metadata": {"path": str(ROOT)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return sum("image/png" in output.get("data", {}) for output in outputs)


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) == 5


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_in_git_a_notebook_holds_no_outputs_and_defines_nothing(path: Path) -> None:
    import nbformat

    nbformat.validate(read(path))
    for cell in json.loads(path.read_text())["cells"]:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None
    for code in code_of(path):
        tree = compile(code, path.name, "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        assert [type(node).__name__ for node in ast.walk(tree) if isinstance(node, DEFINITIONS)] == []


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of recorded maps where there are some, else of simulated ones; four, so that folds within folds have maps."""
    root = tmp_path_factory.mktemp("lake")
    folder = console.data_folder(os.environ) / "cs2df"
    fill(root, list(recording_paths([folder] if folder.is_dir() else []))[:4], maps=4)
    return root


@pytest.mark.slow
@pytest.mark.parametrize("path", OF_LAKE, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(path: Path, lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIDROUND_LAKE__PATH", str(lake))
    monkeypatch.setenv("MIDROUND_HOME", str(lake.parent / "home"))
    assert run(path) >= 1


def play(sender: Intake, events: Sequence[AnyEvent], over: threading.Event) -> None:
    """The match goes on until nobody watches it any more: a hundred events a second, for minutes."""
    for start in range(0, len(events), 10):
        if over.wait(0.1):
            return
        sender.post(events[start : start + 10])


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A system of its own with a match on the way; the environment names its ports."""
    free = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    for name, port in free.items():
        monkeypatch.setenv(name, str(port))
    monkeypatch.setenv("MIDROUND_KAFKA__OPTIONS", json.dumps(UNHURRIED))
    command = [str(Path(sys.executable).with_name("midround")), "up", "--json", "--home", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        with process.stdout as lines:
            next(line for line in lines if json.loads(line).get("status") == "ready")
            sender = Intake(f"http://127.0.0.1:{free['MIDROUND_INTAKE__PORT']}")
            events = list(inputs.simulated(seed=1, best_of=3, position_hz=0).events())
            sender.post(events[:100])
            over = threading.Event()
            playing = threading.Thread(target=play, args=(sender, events[100:], over))
            playing.start()
            try:
                yield
            finally:
                over.set()
                playing.join()
                sender.close()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(180)


@pytest.mark.slow
@pytest.mark.usefixtures("running")
def test_the_notebook_of_a_running_match_draws_what_it_hears(monkeypatch: pytest.MonkeyPatch) -> None:
    [path] = [path for path in NOTEBOOKS if path.stem == LIVE]
    assert run(path) == 1


@pytest.mark.slow
def test_the_notebook_of_a_running_match_says_that_none_has_been_played(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from nbclient.exceptions import CellExecutionError

    [path] = [path for path in NOTEBOOKS if path.stem == LIVE]
    with served(Desk()) as api:
        monkeypatch.setenv("MIDROUND_API__PORT", str(api.port))
        with pytest.raises(CellExecutionError, match="no match has been played"):
            run(path)
