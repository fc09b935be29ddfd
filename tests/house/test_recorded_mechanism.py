"""The mechanism for tests that need recorded matches: found, else deselected, named and counted."""

from pathlib import Path

import pytest

from tests.conftest import find_recorded, not_run_line

INNER = """
import pytest

def test_needs_nothing():
    pass

def test_needs_matches(recorded):
    assert recorded.is_dir()

@pytest.mark.recorded
@pytest.mark.parametrize("name", ["a", "b"])
def test_needs_them_too(name):
    pass
"""


def test_the_environment_comes_first(tmp_path: Path) -> None:
    (tmp_path / "shared" / "data").mkdir(parents=True)
    (tmp_path / "mine").mkdir()
    root = tmp_path / "house"
    assert find_recorded({"MIDROUND_DATA": str(tmp_path / "mine")}, root) == tmp_path / "mine"
    assert find_recorded({}, root) == tmp_path / "shared" / "data"


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    assert find_recorded({}, tmp_path / "house") is None


def test_a_folder_that_is_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(pytest.UsageError, match="nowhere"):
        find_recorded({"MIDROUND_DATA": "nowhere"}, tmp_path)


def test_the_line_names_and_counts() -> None:
    line = not_run_line({"tests/a.py::x", "tests/a.py::y", "tests/b.py::z[1]"})
    assert line.endswith("3 tests: tests/a.py (2), tests/b.py (1)")


@pytest.fixture(autouse=True)
def _uncounted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where lines are counted, the processes that a test starts here do not count theirs: they have no sources."""
    monkeypatch.delenv("SLIPCOVER_ENABLED", raising=False)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["one process", "workers"])
def test_tests_without_their_matches_are_counted(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: list[str]
) -> None:
    house = Path(__file__).parents[1] / "conftest.py"
    pytester.makepyfile(**{"house/tests/conftest": house.read_text(), "house/tests/test_inner": INNER})
    pytester.makeini("[pytest]\nmarkers =\n    recorded: needs recorded matches\n")
    ledger = pytester.path / "not-run.txt"
    monkeypatch.delenv("MIDROUND_DATA", raising=False)
    monkeypatch.setenv("MIDROUND_NOT_RUN", str(ledger))
    arguments = ["house/tests", "--import-mode=importlib", "-p", "no:cacheprovider", *workers]
    outcome = pytester.runpytest_subprocess(*arguments)
    outcome.assert_outcomes(passed=1, deselected=0 if workers else 3)
    outcome.stdout.fnmatch_lines(["not run for want of recorded matches*: 3 tests: *test_inner.py (3)"])
    assert len(set(ledger.read_text().splitlines())) == 3


@pytest.mark.slow
def test_a_run_of_nothing_but_missing_matches_is_no_failure(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = Path(__file__).parents[1] / "conftest.py"
    pytester.makepyfile(**{"house/tests/conftest": house.read_text(), "house/tests/test_inner": INNER})
    pytester.makeini("[pytest]\nmarkers =\n    recorded: needs recorded matches\n")
    monkeypatch.delenv("MIDROUND_DATA", raising=False)
    monkeypatch.delenv("MIDROUND_NOT_RUN", raising=False)
    outcome = pytester.runpytest_subprocess("house/tests", "--import-mode=importlib", "-m", "recorded")
    assert outcome.ret == pytest.ExitCode.OK
