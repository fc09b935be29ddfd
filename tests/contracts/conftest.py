"""Every contract of the broker runs on both: the embedded one, new for each test, and one real Kafka a module."""

import uuid
from collections.abc import Iterator

import pytest

from tests.contracts.brokers import Broker, Embedded, Real, embedded_broker, real_broker


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """The real Kafka of the module; a test that takes it carries the marker `server`."""
    with real_broker(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture
def embedded() -> Iterator[Embedded]:
    with embedded_broker() as broker:
        yield broker


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.server)])
def broker(request: pytest.FixtureRequest) -> Broker:
    """Either broker."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Broker)
    return found


@pytest.fixture
def topic(broker: Broker) -> str:
    """A new topic with 4 partitions."""
    name = f"topic-{uuid.uuid4().hex}"
    broker.create_topic(name, 4)
    return name


@pytest.fixture
def narrow(broker: Broker) -> str:
    """A new topic with 1 partition."""
    name = f"narrow-{uuid.uuid4().hex}"
    broker.create_topic(name, 1)
    return name


@pytest.fixture
def small(broker: Broker) -> str:
    """A new topic with 1 partition, in which the broker refuses the next record of REFUSED_BYTES."""
    name = f"small-{uuid.uuid4().hex}"
    broker.create_topic(name, 1)
    broker.refuse_large(name)
    return name
