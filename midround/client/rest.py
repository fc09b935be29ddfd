"""The two API clients, blocking and asyncio. Requests are described in `questions`.

Belongs here: sending, pagination. Does not belong here: errors (`refusals`), connections of the live feed (`live`) and
the messages on them (`feed`).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from types import TracebackType
from typing import Any, TypeVar

import httpx
import msgspec

from api.public.live.frames import Channel
from api.public.live.subscriber import USUAL
from midround.client import questions
from midround.client.feed import Encoding, Update
from midround.client.live import AsyncLive, Door, Live, had
from midround.client.questions import Question, Turned
from midround.client.refusals import GraphQLError, of_answer

T = TypeVar("T")
URL = "http://localhost:8080"
TIMEOUT_S = 30.0
"""Longer than the server's own timeouts: a client that gives up earlier never learns the reason."""


class Client:
    """Blocking client; a context manager. `key` is issued by `midround clients`. Raises ApiError, and httpx errors if
    there is no answer."""

    def __init__(
        self,
        url: str = URL,
        *,
        key: str | None = None,
        timeout_s: float = TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._door, self._sleep = Door(url=url, headers=_headers(key)), sleep
        self._http = httpx.Client(base_url=url, headers=_headers(key), timeout=timeout_s, transport=transport)

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, asked: Question[T]) -> T:
        """Send the request and return its decoded answer."""
        return _answer(self._http.send(_request(self._http, asked)), asked)

    def all(self, asked: Question[Turned[T] | list[T]]) -> Iterator[T]:
        """Yield every item of this page and all following pages."""
        request: httpx.Request | None = _request(self._http, asked)
        while request is not None:
            response = self._http.send(request)
            page = _answer(response, asked)
            yield from _items(page)
            request = _following(self._http, response, page)

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        """Return the data of a GraphQL query. Raises GraphQLError."""
        return _data(self._http.post("/graphql", json={"query": query, "variables": variables}))

    def live(self, encoding: Encoding = "json") -> Live:
        """Return the live feed for any number of matches: subscribe, then iterate."""
        return Live(self._door, encoding=encoding, sleep=self._sleep)

    def follow(self, match_id: str, channels: Collection[Channel] = USUAL) -> Iterator[Update]:
        """Yield the updates of one match without end, through disconnects. Raises ApiError if the match is not
        known."""
        live = self.live()
        live.subscribe(match_id, channels)
        yield from map(had, live)


class AsyncClient:
    """`Client` for asyncio. Leaving its context closes the live feeds that it opened."""

    def __init__(
        self,
        url: str = URL,
        *,
        key: str | None = None,
        timeout_s: float = TIMEOUT_S,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._door, self._sleep = Door(url=url, headers=_headers(key)), sleep
        self._followed: set[AsyncLive] = set()
        self._http = httpx.AsyncClient(
            base_url=url, headers=_headers(key), timeout=timeout_s, transport=transport
        )

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*[live.aclose() for live in list(self._followed)])
        await self._http.aclose()

    async def get(self, asked: Question[T]) -> T:
        """Send the request and return its decoded answer."""
        return _answer(await self._http.send(_request(self._http, asked)), asked)

    async def all(self, asked: Question[Turned[T] | list[T]]) -> AsyncIterator[T]:
        """Yield every item of this page and all following pages."""
        request: httpx.Request | None = _request(self._http, asked)
        while request is not None:
            response = await self._http.send(request)
            page = _answer(response, asked)
            for item in _items(page):
                yield item
            request = _following(self._http, response, page)

    async def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        """Return the data of a GraphQL query. Raises GraphQLError."""
        return _data(await self._http.post("/graphql", json={"query": query, "variables": variables}))

    def live(self, encoding: Encoding = "json") -> AsyncLive:
        """Return the live feed for any number of matches: subscribe, then iterate."""
        return AsyncLive(self._door, encoding=encoding, followed=self._followed, sleep=self._sleep)

    async def follow(self, match_id: str, channels: Collection[Channel] = USUAL) -> AsyncIterator[Update]:
        """Yield the updates of one match without end, through disconnects. Raises ApiError if the match is not
        known."""
        live = self.live()
        await live.subscribe(match_id, channels)
        async for update in live:
            yield had(update)


def _request(http: httpx.Client | httpx.AsyncClient, asked: Question[Any]) -> httpx.Request:
    body = None if asked.body is None else msgspec.json.encode(asked.body)
    headers = None if body is None else {"content-type": "application/json"}
    parameters = dict(asked.parameters)
    return http.build_request(asked.method, asked.path, params=parameters, content=body, headers=headers)


def _items(page: Turned[T] | list[T]) -> Sequence[T]:
    return page if isinstance(page, list) else page.items


def _following(
    http: httpx.Client | httpx.AsyncClient, response: httpx.Response, page: object
) -> httpx.Request | None:
    """The request for the next page: a page names its place, a list the address in its header `link`. None at the
    end.
    """
    place = questions.following(page)
    if place:
        return http.build_request("GET", response.url.copy_merge_params(place))
    link = response.links.get("next", {}).get("url")
    if link is None:
        return None
    return http.build_request("GET", response.url.copy_merge_params(httpx.URL(link).params))


def _answer(response: httpx.Response, asked: Question[T]) -> T:
    """Decode the answer. Raises ApiError."""
    if not response.is_success:
        raise of_answer(response)
    found: T = _read(response.content, asked.answer)
    return found


def _read(content: bytes, answer: Any) -> Any:
    return content if answer is bytes else msgspec.json.decode(content, type=answer)


def _data(response: httpx.Response) -> dict[str, Any]:
    """Return the data of a GraphQL answer. Raises ApiError, GraphQLError."""
    if response.status_code != 200:
        raise of_answer(response)
    told = response.json()
    if told.get("errors"):
        raise GraphQLError(told["errors"])
    found: dict[str, Any] = told["data"]
    return found


def _headers(key: str | None) -> dict[str, str]:
    return {} if key is None else {"authorization": f"Bearer {key}"}
