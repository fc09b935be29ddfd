"""A browser for the tests of a module, and an API in this process, whose match stays in the midst of a round."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.api.dashboard.browser import LIMIT_S, chromium, served
from tests.api.public.doubles import Desk, KeptHistory
from tests.api.public.test_what_if import PLENTY, TOLD


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=LIMIT_S * 1000)
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Of an API that asks for no keys."""
    with served(Desk(KeptHistory(TOLD), sizes=PLENTY).take(TOLD).app) as found:
        yield found
