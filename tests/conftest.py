"""What every test shares: where the recorded matches are, and hypothesis' profile.

No fixtures of one package: those stand in a conftest.py beside its tests.

A test that needs recorded matches takes the fixture `recorded` (or carries the marker of that name). Where
there are none, such tests are deselected, and the summary names and counts them; none is skipped in silence.
"""

import gc
import os
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
NOT_RUN = pytest.StashKey[set[str]]()
PROOF = "proof"
COLLECTIONS = (50_000, 50, 100)
"""Thresholds of Python's cyclic collector, which otherwise walks through five thousand collected tests and everything
they import again and again: a seventh of the time of the tests."""

# The house's examples are the same each time, so that a run can be repeated; new ones are sought by the thorough.
for profile, examples in (("house", 10), ("thorough", 300)):
    settings.register_profile(
        profile,
        max_examples=examples,
        derandomize=profile == "house",
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        print_blob=True,
    )
settings.load_profile("house")  # `make proofs` takes the other: pytest --hypothesis-profile


def find_recorded(environ: Mapping[str, str], root: Path) -> Path | None:
    """The folder of recorded matches: `MIDROUND_DATA` if set (it must exist then), else `../shared/data`."""
    named = environ.get("MIDROUND_DATA")
    if named:
        folder = Path(named)
        if not folder.is_dir():
            raise pytest.UsageError(f"MIDROUND_DATA names no folder: {named}")
        return folder
    beside = root.parent / "shared" / "data"
    return beside if beside.is_dir() else None


def not_run_line(node_ids: Iterable[str]) -> str:
    """One line that counts the tests and names their files with a count each."""
    ids = sorted(node_ids)
    files = Counter(node_id.partition("::")[0] for node_id in ids)
    named = ", ".join(f"{name} ({count})" for name, count in files.items())
    return f"not run for want of recorded matches (set MIDROUND_DATA): {len(ids)} tests: {named}"


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of recorded matches."""
    folder = find_recorded(os.environ, ROOT)
    assert folder is not None, "a test with this fixture is deselected when there are no recorded matches"
    return folder


@pytest.fixture
def say(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Tells one line of what a proof compared, with its figures; the summary shows it, also when workers ran it."""
    return lambda line: record_property(PROOF, line)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[NOT_RUN] = set[str]()
    gc.set_threshold(*COLLECTIONS)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    gc.unfreeze()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    for item in items:
        if "recorded" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.recorded)
    yield  # here `-m` and `-k` deselect what this run did not ask for
    if find_recorded(os.environ, ROOT) is None:
        _deselect(config, items)
    _begin_with_the_longest(items)


def _begin_with_the_longest(items: list[pytest.Item]) -> None:
    """Files of the batch path, then those of few tests: one of them takes a minute, where a file of fifty takes ten
    seconds. Tests of a file keep their order."""
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: ("orchestration" not in item.path.parts, tests[item.path], str(item.path)))


def _deselect(config: pytest.Config, items: list[pytest.Item]) -> None:
    lacking = [item for item in items if item.get_closest_marker("recorded")]
    items[:] = [item for item in items if not item.get_closest_marker("recorded")]
    config.hook.pytest_deselected(items=lacking)
    config.stash[NOT_RUN].update(item.nodeid for item in lacking)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    output: dict[str, list[str]] = getattr(node, "workeroutput", {})
    config = getattr(node, "config", None)
    if isinstance(config, pytest.Config):
        config.stash[NOT_RUN].update(output.get("not_run", []))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    not_run = session.config.stash[NOT_RUN]
    worker: dict[str, list[str]] | None = getattr(session.config, "workeroutput", None)
    if worker is not None:
        worker["not_run"] = sorted(not_run)
    elif not_run:
        _keep(not_run)
        if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK


def _keep(not_run: set[str]) -> None:
    ledger = os.environ.get("MIDROUND_NOT_RUN")
    if ledger:
        with Path(ledger).open("a", encoding="utf-8") as lines:
            lines.writelines(f"{node_id}\n" for node_id in sorted(not_run))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What proofs said they compared (their property of that name comes through workers too); what was not run."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for line in (value for name, value in report.user_properties if name == PROOF):
                terminalreporter.write_line(f"{report.nodeid.rpartition('/')[2]}: {line}")
    not_run = config.stash[NOT_RUN]
    if not_run:
        terminalreporter.write_line(not_run_line(not_run), yellow=True)
