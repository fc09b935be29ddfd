"""Where a delivery may go: to addresses of the public internet, by https. What is inside is nobody's target.

Belongs here: what is wrong with a URL, a name or an address. Does not belong here: the request (`posting`).

A name is resolved once for each attempt and the connection goes to the address that was looked at, so that a name that
changes its mind between the look and the connection (DNS rebinding) gains nothing. Where private targets are allowed,
which is for tests and for networks without strangers, http is too.
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
"""Addresses of a host at a port. Raises TargetError."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
"""All that is handed out of IPv6."""
_CLOSED = tuple(ipaddress.ip_network(text) for text in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32"))
"""Which Python or the registry calls global: protocol assignments, 6to4 relays, and where Azure's machines find their
host."""


class TargetError(ValueError):
    """Why nothing is sent there, in words that may be shown to whose webhook it is."""


def checked(url: str, *, is_private_allowed: bool) -> httpx.URL:
    """The URL as it is asked. Raises TargetError; a name is not resolved here."""
    try:
        found = httpx.URL(url) if len(url) <= URL_MAX else None
        host = "" if found is None else found.host
    except (httpx.InvalidURL, UnicodeError):  # the latter for a name in Punycode that is none
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
    """The address to connect to. Raises TargetError where any address of the name is not public: who mixes them is up
    to something."""
    found = await resolve(url.raw_host.decode(), url.port or {"http": 80}.get(url.scheme, 443))
    if not is_private_allowed and any(_is_inside(address) for address in found):
        raise TargetError("leads to an address that is not public")
    return found[0]


def is_public(address: Address) -> bool:
    """Whether it is reached over the public internet and is one machine's; what is wrapped in it counts."""
    inner = _wrapped(address)
    if inner is not None:
        return is_public(inner)
    if address.version == 6 and address not in _UNICAST:
        return False
    is_closed = any(address in network for network in _CLOSED)
    return address.is_global and not (address.is_multicast or address.is_reserved or is_closed)


def resolver(executor: Executor) -> Resolve:
    """The system's, in threads of its own: a name server that does not answer holds up no one else."""

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
    """Whether the host is an address that is not public, or a name of this very machine."""
    name = host.rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return not is_public(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        return False


def _wrapped(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside an IPv6 one: mapped, compatible, 6to4, Teredo, NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.teredo is not None:
        return address.teredo[1]
    is_compatible = int(address) >> 32 == 0 and int(address) > 1
    if address in _NAT64 or is_compatible:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
