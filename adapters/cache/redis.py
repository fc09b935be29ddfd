"""The Redis implementation: newest states and predictions under `match:{match_id}` and `prediction:{match_id}`, and
clients' usage.

Belongs here: keys, commands, and which Redis errors mean that it is away. Does not belong here: what is kept and why
(`newest`, `allowances`).
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from math import inf
from typing import Any, cast

import msgspec
import redis.asyncio
import redis.asyncio.retry
import redis.exceptions
import redis.retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from adapters.cache.allowances import LEASE_S, Allowances
from adapters.cache.newest import KEPT_S, MATCHES_MAX, CacheAwayError, Newest, Shown, moved_s
from game.codec import UNREADABLE
from game.view import MatchView

ANSWERS_WITHIN_S = 0.5
LIMITS_WITHIN_S = 0.2
"""The longest time that a request waits for an answer about its limits, and before that for a free slot."""
AT_ONCE = 64
"""Limit queries in flight: fewer than the client's connections, because the client treats a lack of connections as an
error."""
ONCE_MORE = 1
"""One immediate retry, since a kept-open connection may have ended with the previous Redis. No waiting between
retries."""
AGAIN_S = 2.0
LOGGER = logging.getLogger("midround.cache")
RECENT = "matches"
"""A sorted set of match ids by the time of their last change."""
_VIEW = msgspec.json.Decoder(MatchView)

TAKE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local held = redis.call('HMGET', KEYS[1], 'level', 'at')
local level = tonumber(held[1]) or burst
level = math.min(burst, level + math.max(0, now - (tonumber(held[2]) or now)) * rate)
local within = 0
if level >= 1 then
  level, within = level - 1, 1
end
redis.call('HSET', KEYS[1], 'level', string.format('%.6f', level), 'at', string.format('%.6f', now))
redis.call('EXPIRE', KEYS[1], math.ceil((burst - level) / rate) + 1)
return {within, string.format('%.6f', level)}
"""
ENTER = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZSCORE', KEYS[1], ARGV[3]) then
  return 1
end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then
  return 0
end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
"""
RENEW = """
redis.call('ZADD', KEYS[1], tonumber(redis.call('TIME')[1]) + tonumber(ARGV[1]), ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[1])
"""


class Door:
    """A circuit breaker for a Redis that may be away. After a failure no call is made for `AGAIN_S`; then a single call
    tries first, so that callers do not wait repeatedly or all at once."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s, self._closed_until_s = now_s, -inf
        """`-inf`: calls pass; `inf`: the first call after a failure is in flight. Threads may share a door."""

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Wraps every call. Redis errors and network errors become CacheAwayError."""
        until_s = self._closed_until_s
        if self._now_s() < until_s:
            raise CacheAwayError("Redis did not answer a moment ago")
        is_first = until_s > -inf
        if is_first:
            self._closed_until_s = inf
        try:
            yield
        except (RedisError, OSError) as error:
            self._closed_until_s = self._now_s() + AGAIN_S
            LOGGER.warning("Redis does not answer, and is left alone for %g s: %s", AGAIN_S, error)
            raise CacheAwayError(f"Redis does not answer: {type(error).__name__}") from error
        except BaseException:
            if is_first:  # the caller was cancelled: another call may be the first
                self._closed_until_s = self._now_s()
            raise
        self._closed_until_s = -inf


class RedisNewest(Newest):
    """The cache in the Redis at `url`. Connects at the first call, and again after Redis was away."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            url,
            socket_timeout=ANSWERS_WITHIN_S,
            socket_connect_timeout=ANSWERS_WITHIN_S,
            retry=redis.retry.Retry(NoBackoff(), ONCE_MORE),
        )

        self._door = Door()

    def put(self, shown: Sequence[Shown]) -> None:
        with self._door.opened(), self._redis.pipeline(transaction=False) as pipe:
            for each in shown:
                _put(pipe, each)
            pipe.zremrangebyrank(RECENT, 0, -MATCHES_MAX - 1)
            pipe.execute()

    def view(self, match_id: str) -> MatchView | None:
        return view_of(self._get(match_key(match_id)))

    def prediction(self, match_id: str) -> bytes | None:
        return self._get(prediction_key(match_id))

    def recent(self, limit: int) -> list[MatchView]:
        with self._door.opened():
            ids = cast("list[bytes]", self._redis.zrevrange(RECENT, 0, limit - 1))
            texts = self._redis.mget([match_key(each.decode()) for each in ids]) if ids else []
        return [view for text in texts if (view := view_of(text)) is not None]

    def close(self) -> None:
        self._redis.close()

    def _get(self, key: str) -> bytes | None:
        with self._door.opened():
            return cast("bytes | None", self._redis.get(key))


class RedisAllowances(Allowances):
    """Counts in the Redis at `url`, shared by all processes. Uses the clock of Redis."""

    def __init__(self, url: str) -> None:
        self._redis = redis.asyncio.Redis.from_url(
            url,
            socket_timeout=LIMITS_WITHIN_S,
            socket_connect_timeout=LIMITS_WITHIN_S,
            retry=redis.asyncio.retry.Retry(NoBackoff(), ONCE_MORE, (redis.exceptions.ConnectionError,)),
            max_connections=AT_ONCE + 1,
        )
        self._places = asyncio.Semaphore(AT_ONCE)
        self._door = Door()
        self._take = self._redis.register_script(TAKE)
        self._enter = self._redis.register_script(ENTER)
        self._renew = self._redis.register_script(RENEW)
        self._leases: dict[str, str] = {}

    async def take(self, client_id: str, *, rate: float, burst: int) -> tuple[bool, float]:
        within, level = await self._asked(
            lambda: self._take(keys=[f"allowance:{client_id}"], args=[rate, burst])
        )
        return bool(within), float(level)

    async def enter(self, client_id: str, *, at_most: int) -> str | None:
        lease = uuid.uuid4().hex
        told = partial(self._enter, keys=[connections_key(client_id)], args=[at_most, LEASE_S, lease])
        if not await self._asked(told):
            return None
        self._leases[lease] = client_id
        return lease

    async def hold(self, client_id: str, lease: str) -> None:
        await self._count(client_id, lease)
        self._leases[lease] = client_id

    async def leave(self, client_id: str, lease: str) -> None:
        self._leases.pop(lease, None)
        await self._asked(lambda: self._redis.zrem(connections_key(client_id), lease))

    async def renew(self) -> None:
        for lease, client_id in list(self._leases.items()):
            if lease in self._leases:  # may have been left meanwhile
                await self._count(client_id, lease)

    async def close(self) -> None:
        await self._redis.aclose()

    async def _count(self, client_id: str, lease: str) -> None:
        await self._asked(lambda: self._renew(keys=[connections_key(client_id)], args=[LEASE_S, lease]))

    async def _asked(self, question: Callable[[], Awaitable[Any]]) -> Any:
        await self._place()
        try:
            with self._door.opened():
                return await question()
        finally:
            self._places.release()

    async def _place(self) -> None:
        """Wait for a free slot. Many simultaneous calls are not treated as a failure of Redis."""
        try:
            async with asyncio.timeout(LIMITS_WITHIN_S):
                await self._places.acquire()
        except TimeoutError:
            raise CacheAwayError("too many ask Redis") from None


def match_key(match_id: str) -> str:
    return f"match:{match_id}"


def prediction_key(match_id: str) -> str:
    return f"prediction:{match_id}"


def connections_key(client_id: str) -> str:
    return f"connections:{client_id}"


def _put(pipe: "redis.client.Pipeline", shown: Shown) -> None:
    """Write an entry. An entry without a value is deleted: no data is better than old data."""
    if shown.view is None:
        pipe.delete(match_key(shown.match_id))
        pipe.zrem(RECENT, shown.match_id)
    else:
        pipe.set(match_key(shown.match_id), msgspec.json.encode(shown.view), ex=KEPT_S)
        pipe.zadd(RECENT, {shown.match_id: moved_s(shown.view)})
    if shown.prediction is None:
        pipe.delete(prediction_key(shown.match_id))
    else:
        pipe.set(prediction_key(shown.match_id), shown.prediction, ex=KEPT_S)


def view_of(text: bytes | str | None) -> MatchView | None:
    """The state in an entry; None if it cannot be read, for example because another version wrote it."""
    if text is None:
        return None
    try:
        return _VIEW.decode(text)
    except UNREADABLE:
        return None
