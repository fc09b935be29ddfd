"""One delivery over HTTP: resolves the host, connects, signs, sends, and reads only the status of the response.

Belongs here: the request. Does not belong here: allowed targets (`targets`), retries (`schedule`).
"""

import asyncio
import ssl
from collections.abc import Callable
from datetime import datetime
from types import TracebackType

import httpx

from adapters.catalog.outbox import Due
from api.outbox.schedule import Answer
from api.outbox.signing import signed
from api.outbox.targets import Resolve, TargetError, address_of, checked

AGENT = "midround-webhooks/1"
_NONE_KEPT = httpx.Limits(max_connections=None, max_keepalive_connections=0)
"""Every delivery gets its own connection: two host names at one address must not share one."""


class Poster:
    """Sends deliveries, many concurrently. For one event loop; `timeout_s` bounds a whole attempt up to the last byte,
    so a slowly answering target cannot extend it."""

    def __init__(
        self,
        resolve: Resolve,
        *,
        is_private_allowed: bool,
        timeout_s: float,
        now: Callable[[], datetime],
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        self._resolve, self._is_private_allowed = resolve, is_private_allowed
        self._timeout_s, self._now = timeout_s, now
        self._client = httpx.AsyncClient(
            verify=trusted or httpx.create_ssl_context(),
            timeout=timeout_s,
            limits=_NONE_KEPT,
            follow_redirects=False,
            trust_env=False,
        )

    async def __aenter__(self) -> "Poster":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def post(self, due: Due) -> Answer:
        """Send a delivery; every failure becomes an `Answer` too."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return _judged(await self._status(due))
        except TimeoutError:
            return Answer(error=f"no answer within {self._timeout_s:g} s")
        except TargetError as error:
            return Answer(error=f"the URL {error}")
        except (httpx.HTTPError, ssl.SSLError, OSError) as error:
            return Answer(error=f"no answer: {type(error).__name__}")

    async def _status(self, due: Due) -> int:
        """Return the status of the response; its body is never read, however long it is."""
        url = checked(due.url, is_private_allowed=self._is_private_allowed)
        address = await address_of(url, self._resolve, is_private_allowed=self._is_private_allowed)
        request = httpx.Request(
            "POST",
            url.copy_with(host=address),
            headers=self._headers(due) | {"host": url.netloc.decode()},
            content=due.body.encode(),
            extensions={
                "sni_hostname": url.raw_host.decode(),
                "timeout": httpx.Timeout(self._timeout_s).as_dict(),
            },
        )
        answer = await self._client.send(request, stream=True)
        await answer.aclose()
        return answer.status_code

    def _headers(self, due: Due) -> dict[str, str]:
        at_s = int(self._now().timestamp())
        told = {"content-type": "application/json", "user-agent": AGENT, "accept-encoding": "identity"}
        return told | signed(due.body, delivery_id=due.delivery_id, at_s=at_s, with_secrets=due.secrets)


def _judged(status: int) -> Answer:
    if 200 <= status < 300:
        return Answer(http_status=status)
    why = "a redirect, which is not followed" if 300 <= status < 400 else f"http {status}"
    return Answer(http_status=status, error=why)
