"""Every contract of the cache runs on both: the one in this process, and one real Redis a module."""

from collections.abc import Iterator

import pytest

from adapters.cache import redis as redis_cache
from adapters.cache.allowances import Allowances, AllowancesHere
from adapters.cache.newest import Newest, NewestHere
from adapters.cache.redis import RedisAllowances, RedisNewest
from tests.redis_server import RedisServer, redis_server

BOTH = ["here", pytest.param("redis", marks=pytest.mark.server)]


@pytest.fixture(scope="module")
def shared_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept and counted does not depend on how busy this machine is."""
    monkeypatch.setattr(redis_cache, "ANSWERS_WITHIN_S", 60.0)
    monkeypatch.setattr(redis_cache, "LIMITS_WITHIN_S", 60.0)


@pytest.fixture
def redis_now(shared_redis: RedisServer) -> RedisServer:
    """The Redis of the module, empty; a test that takes it carries the marker `server`."""
    shared_redis.empty()
    return shared_redis


@pytest.fixture(params=BOTH)
def newest(request: pytest.FixtureRequest) -> Iterator[Newest]:
    """Either cache."""
    is_redis = request.param == "redis"
    made = RedisNewest(request.getfixturevalue("redis_now").url) if is_redis else NewestHere()
    yield made
    made.close()


@pytest.fixture(params=BOTH)
def allowances(request: pytest.FixtureRequest) -> Allowances:
    """Either count."""
    is_redis = request.param == "redis"
    return RedisAllowances(request.getfixturevalue("redis_now").url) if is_redis else AllowancesHere()
