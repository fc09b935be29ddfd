"""Where deliveries may go: over https to public internet addresses, never to internal ones.

Belongs here: checks of URLs, names and addresses. Does not belong here: the request (`posting`).

A name is resolved once per attempt, and the connection goes to the address that was checked, so that a name that
changes in between (DNS rebinding) gains nothing. Where private targets are allowed, which is meant for tests and
trusted networks, http is allowed too.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor

import httpx

URL_MAX = 2048
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Coroutine[None, None, list[str]]]
"""Resolves a host and port to addresses. Raises TargetError."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
"""All of IPv6 that is allocated as global unicast."""
_CLOSED = tuple(ipaddress.ip_network(text) for text in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32"))
"""Ranges that Python or the registry calls global but that must not be reached: protocol assignments, 6to4 relays, and
the address at which Azure's machines reach their host."""


class TargetError(ValueError):
    """Why nothing is sent to a target, in words that may be shown to the webhook's owner."""


def checked(url: str, *, is_private_allowed: bool) -> httpx.URL:
    """Return the parsed URL. Raises TargetError; a name is not resolved here."""
    try:
        found = httpx.URL(url) if len(url) <= URL_MAX else None
        host = "" if found is None else found.host
    except (httpx.InvalidURL, UnicodeError):  # UnicodeError: invalid Punycode
        found, host = None, ""
    if found is None or not host or not 1 <= (found.port or 443) <= 65_535:
        raise TargetError(f"is no URL of at most {URL_MAX} characters")
    if found.scheme != "https" and not (found.scheme == "http" and is_private_allowed):
        raise TargetError("must begin with https://")
    if found.userinfo or found.fragment:
        raise TargetError("has a user, a password or a fragment, which are not sent")
    if not is_private_allowed and _is_inside(host):
        raise TargetError("leads to an address that is not public")
    return found


async def address_of(url: httpx.URL, resolve: Resolve, *, is_private_allowed: bool) -> str:
    """Return the address to connect to. Raises TargetError if any address of the name is not public: a name that mixes
    them is suspicious."""
    found = await resolve(url.raw_host.decode(), url.port or {"http": 80}.get(url.scheme, 443))
    if not is_private_allowed and any(_is_inside(address) for address in found):
        raise TargetError("leads to an address that is not public")
    return found[0]


def is_public(address: Address) -> bool:
    """Whether the address is a public unicast address; an IPv4 address embedded in an IPv6 one is checked instead."""
    inner = _wrapped(address)
    if inner is not None:
        return is_public(inner)
    if address.version == 6 and address not in _UNICAST:
        return False
    is_closed = any(address in network for network in _CLOSED)
    return address.is_global and not (address.is_multicast or address.is_reserved or is_closed)


def resolver(executor: Executor) -> Resolve:
    """Return the system's resolver, run in its own threads: a name server that does not answer blocks nothing else."""

    async def resolve(host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(executor, _looked_up, host, port)
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise TargetError("its name has no address")
        return found

    return resolve


def _looked_up(host: str, port: int) -> list[str]:
    return [str(place[0]) for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _is_inside(host: str) -> bool:
    """Whether the host is a non-public address, or a name of this machine."""
    name = host.rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return not is_public(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        return False


def _wrapped(address: Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address inside an IPv6 one (mapped, compatible, 6to4, Teredo, NAT64), or None."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.teredo is not None:
        return address.teredo[1]
    is_compatible = int(address) >> 32 == 0 and int(address) > 1
    if address in _NAT64 or is_compatible:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
