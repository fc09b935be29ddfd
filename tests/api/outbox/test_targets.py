"""Where a delivery may go: hostile URLs, names and addresses."""

import asyncio
import ipaddress
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from api.outbox.targets import TargetError, address_of, checked, is_public, resolver

INSIDE = (
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "168.63.129.16", "198.18.0.1"),
    *("192.0.2.1", "203.0.113.1", "192.88.99.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:0:0", "::127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:c0a8:101::"),
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
)
OUTSIDE = ("1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "64:ff9b::101:101", "::ffff:8.8.8.8")
LITERALS = [
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fe80::1%25eth0]/",
    "https://169.254.169.254/latest/meta-data",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://api.localhost/",
]
NOT_TAKEN = [
    "http://example.org/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://example.org/",
    "https://",
    "https:///path",
    "//example.org/",
    "example.org",
    "",
    "https://user:secret@example.org/",
    "https://example.org/#part",
    "https://example.org:99999/",
    "https://exa\nmple.org/",
    "https://xn--a/",
    "https://xn--.example/",
    "https://example.org/" + "x" * 2048,
]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_inside_is_no_target(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_is_public_is_one(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("url", LITERALS + NOT_TAKEN)
def test_a_hostile_url_is_refused_before_anything_is_asked(url: str) -> None:
    with pytest.raises(TargetError):
        checked(url, is_private_allowed=False)


def test_http_goes_where_private_targets_are_allowed() -> None:
    assert checked("http://127.0.0.1:8000/x?y=1", is_private_allowed=True).port == 8000
    with pytest.raises(TargetError, match="must begin"):
        checked("ftp://127.0.0.1/", is_private_allowed=True)


def address(url: str, *found: str) -> str:
    async def resolve(host: str, port: int) -> list[str]:
        return list(found)

    return asyncio.run(address_of(httpx.URL(url), resolve, is_private_allowed=False))


def test_a_name_that_leads_inside_is_refused_also_beside_a_public_address() -> None:
    assert address("https://good.example/", "1.1.1.1", "2606:4700:4700::1111") == "1.1.1.1"
    for found in (["10.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["fe80::1%2"], ["::ffff:10.0.0.1"]):
        with pytest.raises(TargetError, match="not public"):
            address("https://bad.example/", *found)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "017700000001", "0"])
def test_an_address_in_disguise_is_resolved_and_refused(host: str) -> None:
    url = checked(f"https://{host}/", is_private_allowed=False)
    with ThreadPoolExecutor(1) as threads, pytest.raises(TargetError):
        asyncio.run(address_of(url, resolver(threads), is_private_allowed=False))


def test_a_name_without_an_address_is_told_so() -> None:
    with ThreadPoolExecutor(1) as threads, pytest.raises(TargetError, match="has no address"):
        asyncio.run(resolver(threads)("nobody.invalid", 443))
    with ThreadPoolExecutor(1) as threads, pytest.raises(TargetError, match="has no address"):
        asyncio.run(resolver(threads)("x" * 70 + ".example", 443))
