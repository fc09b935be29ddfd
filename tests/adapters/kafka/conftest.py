"""A broker for one test, which may go away and come back on its port."""

from collections.abc import Iterator

import pytest

from adapters.embedded_broker import EmbeddedBroker
from tests.ports import free_port


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker(port=free_port(), partitions=1) as running:
        yield running
