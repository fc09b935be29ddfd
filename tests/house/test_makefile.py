"""The selections of the Makefile: together they run every test, and none runs twice."""

import itertools
import re

import pytest

from tests.house.tree import ROOT

MARKERS = ("recorded", "server", "slow", "proof")
SELECTIONS = ("FAST", "LONG", "PROOF")
TARGETS = (
    "help",
    "install",
    "demo",
    "test",
    "check",
    "proofs",
    "bench",
    "train",
    "evaluate",
    "kafka",
    "pages",
)


def makefile() -> str:
    return (ROOT / "Makefile").read_text()


def selection(name: str) -> str:
    match = re.search(rf"^{name} := (.+)$", makefile(), re.MULTILINE)
    assert match is not None
    return match[1]


@pytest.mark.parametrize("carried", list(itertools.product([False, True], repeat=len(MARKERS))), ids=str)
def test_every_test_is_selected_exactly_once(carried: tuple[bool, ...]) -> None:
    marks = dict(zip(MARKERS, carried, strict=True))
    chosen = [name for name in SELECTIONS if eval(selection(name), {"__builtins__": {}}, marks)]
    assert len(chosen) == 1


@pytest.mark.parametrize("target", TARGETS)
def test_the_promised_targets_are_there_and_explained(target: str) -> None:
    assert re.search(rf"^{target}:.*## \S", makefile(), re.MULTILINE)


@pytest.mark.parametrize("target", ["install", "demo", "test"])
def test_the_pages_of_graphql_and_the_documentation_come_with_what_is_run_first(target: str) -> None:
    assert re.search(rf"^{target}:.* \$\(PLAYGROUND\)", makefile(), re.MULTILINE)


def test_test_begins_with_check_and_ci_runs_test() -> None:
    assert re.search(r"^test: fresh check ", makefile(), re.MULTILINE)
    assert "exec make test\n" in (ROOT / ".ci" / "run").read_text()
