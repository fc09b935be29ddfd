"""The bare loop of `bench latency`: what is written goes round once, and no process is left of it."""

import math
from multiprocessing import active_children

import pytest

from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka.connection import connection
from midround.bench import hops
from midround.bench.brokers import written

pytestmark = pytest.mark.slow


def test_the_loop_passes_on_all_that_it_writes_at_the_rate_that_is_asked() -> None:
    with EmbeddedBroker(topics=(hops.IN, hops.OUT)) as broker:
        at = connection(broker.bootstrap_servers, {}, embedded=True, readers={})
        seen: list[float] = []
        for _ in range(30):  # a busy machine may stand still for the whole second
            seen = hops.measured(at, rate=200, size=100, keys=5, warm_up_s=0.5, seconds=1.0)
            if len(seen) > 100:
                break
        sent, passed = written(at, hops.IN), written(at, hops.OUT)
    assert 100 < len(seen) <= passed <= sent
    assert all(math.isfinite(late_ms) and late_ms >= 0 for late_ms in seen)
    assert not active_children()
