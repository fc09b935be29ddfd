"""The two clients: one that waits, one for an event loop. Everything about a question is in `questions`.

Belongs here: sending, pages, errors, connections of the live feed and when to open the next one. Does not belong here:
what the feed's frames mean (`feed`).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import httpx
import msgspec
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from api.problems import Problem
from api.public.identifiers import segment
from api.public.paging import Page
from midround.client import questions
from midround.client.feed import Follower, Update
from midround.client.questions import Question

T = TypeVar("T")
URL = "http://localhost:8080"
TIMEOUT_S = 10.0
SILENCE_S = 15.0
"""Three heartbeats: after so long without a frame the connection is dead."""
PAUSES_S = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Before each new attempt to connect; the last one from then on."""
CUT = (ConnectionClosed, InvalidHandshake, OSError, TimeoutError)
FRAME_MAX = 16 * 1024 * 1024
REFUSALS: Mapping[int, tuple[str, str, str]] = {
    4400: ("Bad Request", "from_seq", "the feed refused from_seq"),
    4401: ("Unauthorized", "authorization", "no key, or one that is not taken"),
    4403: ("Forbidden", "authorization", "the key lacks the scope 'live'"),
    4404: ("Not Found", "match_id", "no such match is known"),
}
"""Close codes that no new connection helps against: title, field, reason."""


class ApiError(Exception):
    """The API refused, in its own words."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.status} {problem.detail}")
        self.problem = problem


class GraphQLError(Exception):
    """The graph answered with errors; `errors` as they came."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__("; ".join(str(error.get("message")) for error in errors))
        self.errors = errors


class Client:
    """Waits for each answer. A context; `key` is one of `midround clients`. Raises ApiError, and httpx' errors where
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
        self._url, self._sleep, self._headers = url, sleep, _headers(key)
        self._http = httpx.Client(base_url=url, headers=self._headers, timeout=timeout_s, transport=transport)

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, asked: Question[T]) -> T:
        """The answer."""
        return _answer(self._http.get(asked.path, params=dict(asked.parameters)), asked)

    def all(self, asked: Question[Page[T]]) -> Iterator[T]:
        """Every item of a page and of those that follow."""
        turning: Question[Page[T]] | None = asked
        while turning is not None:
            page = self.get(turning)
            yield from page.items
            turning = questions.following(turning, page)

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a query. Raises GraphQLError."""
        return _data(self._http.post("/graphql", json={"query": query, "variables": variables}))

    def follow(self, match_id: str) -> Iterator[Update]:
        """What is new of a match, through cuts, for ever. Raises ApiError for one that is not known."""
        follower, attempts = Follower(match_id), 0
        while True:
            try:
                url, told = _feed_url(self._url, follower), self._headers
                with connect(url, additional_headers=told, max_size=FRAME_MAX) as socket:
                    while True:
                        yield from follower.take(socket.recv(timeout=SILENCE_S))
                        attempts = 0
            except CUT as error:
                _refused(error, match_id)
            self._sleep(PAUSES_S[min(attempts, len(PAUSES_S) - 1)])
            attempts += 1


class AsyncClient:
    """For an event loop; otherwise as `Client`."""

    def __init__(
        self,
        url: str = URL,
        *,
        key: str | None = None,
        timeout_s: float = TIMEOUT_S,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._url, self._sleep, self._headers = url, sleep, _headers(key)
        self._http = httpx.AsyncClient(
            base_url=url, headers=self._headers, timeout=timeout_s, transport=transport
        )

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def get(self, asked: Question[T]) -> T:
        """The answer."""
        return _answer(await self._http.get(asked.path, params=dict(asked.parameters)), asked)

    async def all(self, asked: Question[Page[T]]) -> AsyncIterator[T]:
        """Every item of a page and of those that follow."""
        turning: Question[Page[T]] | None = asked
        while turning is not None:
            page = await self.get(turning)
            for item in page.items:
                yield item
            turning = questions.following(turning, page)

    async def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a query. Raises GraphQLError."""
        return _data(await self._http.post("/graphql", json={"query": query, "variables": variables}))

    async def follow(self, match_id: str) -> AsyncIterator[Update]:
        """What is new of a match, through cuts, for ever. Raises ApiError for one that is not known."""
        follower, attempts = Follower(match_id), 0
        while True:
            try:
                url, told = _feed_url(self._url, follower), self._headers
                async with connect_async(url, additional_headers=told, max_size=FRAME_MAX) as socket:
                    while True:
                        text = await asyncio.wait_for(socket.recv(), SILENCE_S)
                        for update in follower.take(text):
                            yield update
                        attempts = 0
            except CUT as error:
                _refused(error, match_id)
            await self._sleep(PAUSES_S[min(attempts, len(PAUSES_S) - 1)])
            attempts += 1


def _answer(response: httpx.Response, asked: Question[T]) -> T:
    """Raises ApiError."""
    if response.status_code != 200:
        raise ApiError(_problem(response))
    found: T = msgspec.json.decode(response.content, type=asked.answer)
    return found


def _data(response: httpx.Response) -> dict[str, Any]:
    """Raises ApiError, GraphQLError."""
    if response.status_code != 200:
        raise ApiError(_problem(response))
    told = response.json()
    if told.get("errors"):
        raise GraphQLError(told["errors"])
    found: dict[str, Any] = told["data"]
    return found


def _problem(response: httpx.Response) -> Problem:
    """The problem of an answer; one of ours where something in between answered."""
    try:
        return msgspec.json.decode(response.content, type=Problem)
    except msgspec.MsgspecError:
        reason = response.reason_phrase or "no reason"
        return Problem(
            type="about:blank",
            title=reason,
            status=response.status_code,
            detail=reason,
            field="$",
            reason=reason,
        )


def _feed_url(url: str, follower: Follower) -> str:
    """Where the feed of the match is, from what the follower has."""
    parts = urlsplit(url)
    scheme = "wss" if parts.scheme == "https" else "ws"
    path = f"{parts.path.rstrip('/')}/api/v1/matches/{segment(follower.match_id)}/live"
    resumed = "" if follower.resume_from is None else f"from_seq={follower.resume_from}"
    return urlunsplit((scheme, parts.netloc, path, resumed, ""))


def _headers(key: str | None) -> dict[str, str]:
    return {} if key is None else {"authorization": f"Bearer {key}"}


def _refused(error: Exception, match_id: str) -> None:
    """Raises ApiError for a close that no new connection helps against."""
    code = error.rcvd.code if isinstance(error, ConnectionClosed) and error.rcvd is not None else 0
    if code not in REFUSALS:
        return
    title, field, reason = REFUSALS[code]
    detail = f"{match_id!r}: {reason}"
    problem = Problem(
        type="about:blank", title=title, status=code - 4000, detail=detail, field=field, reason=reason
    )
    raise ApiError(problem) from error
