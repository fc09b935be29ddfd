"""A broker for one test."""

from collections.abc import Iterator

import pytest

from adapters.embedded_broker import EmbeddedBroker


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker(partitions=1) as running:
        yield running
