"""Proofs say what they compared: lines that stand in the summary of the run, also when workers ran them."""

from collections.abc import Callable

import pytest

from midround.supervisor import Say

PROPERTY = "proof"


@pytest.fixture
def say(record_property: Callable[[str, object], None]) -> Say:
    """Tells one line of what a proof compared, with its figures."""
    return lambda line: record_property(PROPERTY, line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [each for outcome in ("passed", "failed") for each in terminalreporter.getreports(outcome)]
    told = [
        (report.nodeid, value)
        for report in reports
        for name, value in report.user_properties
        if name == PROPERTY
    ]
    if told:
        terminalreporter.section("what the proofs compared")
    for node_id, line in told:
        terminalreporter.write_line(f"{node_id.rpartition('/')[2]}: {line}")
