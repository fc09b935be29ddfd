"""Ports: one that is taken is told from one that cannot be had, over IPv4 and IPv6."""

import errno
import socket

import pytest

from adapters import ports
from adapters.exit_codes import PORT_TAKEN, WRONG_USE
from tests.ports import free_port


def own_addresses() -> list[str]:
    """Of the loopback's, those that this machine has: not every one has IPv6."""
    try:
        ports.bind("::1", 0).close()
    except ports.PortError:
        return ["127.0.0.1", "localhost"]
    return ["127.0.0.1", "localhost", "::1"]


@pytest.mark.parametrize("host", own_addresses())
def test_a_port_that_somebody_has_is_taken(host: str) -> None:
    port = free_port()
    with (
        ports.bind(host, port, backlog=1),
        pytest.raises(ports.PortTakenError, match=f"port {port} of {host} is taken") as told,
    ):
        ports.bind(host, port)
    assert told.value.code == PORT_TAKEN
    with ports.bind(host, port) as again:
        assert again.getsockname()[1] == port


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("192.0.2.1", "cannot listen on 192.0.2.1:0: Cannot assign requested address"),
        ("2001:db8::1", r"cannot listen on \[2001:db8::1\]:0: (Cannot assign|Address family)"),
    ],
)
def test_what_cannot_be_had_otherwise_is_said_in_the_system_s_words(host: str, said: str) -> None:
    with pytest.raises(ports.PortError, match=said) as told:
        ports.bind(host, 0)
    assert (type(told.value), told.value.code) == (ports.PortError, WRONG_USE)


def test_a_machine_without_ipv6_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")

    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(ports.PortError, match="Address family not supported"):
        ports.bind("::1", 0)


def test_an_address_stands_in_a_url() -> None:
    assert ports.address("::1", 80) == "[::1]:80"
    assert ports.address("127.0.0.1", 80) == "127.0.0.1:80"
