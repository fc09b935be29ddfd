"""Proofs say what they compared: the summary of the run shows it, also when workers ran them."""

from collections.abc import Callable

import pytest

from midround.supervisor import Say
from tests.conftest import PROOF


@pytest.fixture
def say(record_property: Callable[[str, object], None]) -> Say:
    """Tells one line of what a proof compared, with its figures."""
    return lambda line: record_property(PROOF, line)
