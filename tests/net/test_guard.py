"""Which addresses the relay may connect to."""

import socket
import threading
import time
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from relay.net.guard import Blocked, Guard, Unresolved, canonical

CLOSED = [
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:1ff:ffff::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fdff::1",
    "fe80::1",
    "fe80::1%eth0",
    "febf::1",
    "fec0::1",
    "ff02::1",
]

OPEN = [
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "128.0.0.1",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "::ffff:1.1.1.1",
    "2001:200::1",
    "2606:4700::1111",
    "2a00:1450::1",
]


def resolves_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every name have these addresses; returns the list of the names that were asked for."""
    asked: list[str] = []

    def answer(host: str, port: int, **_more: Any) -> list[Any]:
        asked.append(host)
        return [(None, None, None, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


@pytest.mark.parametrize("address", CLOSED)
def test_an_address_that_is_not_public_is_blocked(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    resolves_to(monkeypatch, address)
    with pytest.raises(Blocked, match="RELAY_TARGET_ALLOW"):
        Guard(()).addresses("crm.test", 443, 1)


@pytest.mark.parametrize("address", OPEN)
def test_a_public_address_is_not(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    resolves_to(monkeypatch, address)
    assert Guard(()).addresses("crm.test", 443, 1) == [canonical(address)]


def test_one_bad_address_among_good_ones_blocks_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    resolves_to(monkeypatch, "1.1.1.1", "169.254.169.254")
    with pytest.raises(Blocked, match=r"169\.254\.169\.254"):
        Guard(()).addresses("crm.test", 443, 1)


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "::ffff:7f00:1", "::1"]
)
def test_no_spelling_of_this_machine_gets_through(host: str) -> None:
    with pytest.raises(Blocked):
        Guard(()).addresses(host, 80, 5)


def test_what_the_operator_allows_may_be_used_at_any_port(monkeypatch: pytest.MonkeyPatch) -> None:
    guard = Guard((ip_network("10.1.0.0/16"), ip_network("fd00::/8")))
    resolves_to(monkeypatch, "10.1.2.3", "fd00::5")
    assert guard.addresses("crm.test", 8080, 1) == [ip_address("10.1.2.3"), ip_address("fd00::5")]
    resolves_to(monkeypatch, "::ffff:10.1.2.3")
    assert guard.addresses("crm.test", 8080, 1) == [ip_address("10.1.2.3")]
    resolves_to(monkeypatch, "10.2.0.1")
    with pytest.raises(Blocked):
        guard.addresses("crm.test", 8080, 1)


@pytest.mark.parametrize("port", [22, 25, 6379, 8080])
def test_public_addresses_have_two_ports(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    resolves_to(monkeypatch, "1.1.1.1")
    with pytest.raises(Blocked, match=f"port {port}"):
        Guard(()).addresses("crm.test", port, 1)


@pytest.mark.parametrize("host", ["no-such-name.invalid", "a" * 70 + ".test", "\udc80"])
def test_a_name_without_an_address_is_said_to_have_none(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    def unknown(name: str, *_more: Any, **_options: Any) -> Any:
        name.encode("idna")
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unresolved):
        Guard(()).addresses(host, 80, 5)


def test_a_resolver_that_hangs_is_waited_for_no_longer_than_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: release.wait(30) and [])
    began = time.monotonic()
    with pytest.raises(Unresolved, match="within"):
        Guard(()).addresses("crm.test", 80, 0.2)
    assert time.monotonic() - began < 5
    release.set()
