"""Where the relay may connect to: a name is resolved once, and every address of it is judged.

The list is explicit because `ipaddress.is_global` lets through what leads into private networks
(NAT64, 6to4, relay anycast, multicast). The caller connects to a judged address and resolves
nothing again, so a name that changes its mind between check and connection gains nothing.
"""

import ipaddress
import socket
import threading
from collections.abc import Sequence

from relay.readers import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS = frozenset({80, 443})
"""The ports of public addresses for HTTP; those that the operator allows may use any."""

CLOSED: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, metadata of clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "::/96",  # unspecified, loopback, v4-compatible
        "::ffff:0:0:0/96",  # v4-translated
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64, local
        "100::/64",  # discard
        "2001::/23",  # protocol assignments, Teredo
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fc00::/7",  # unique local
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local
        "ff00::/8",  # multicast
    )
)


class Blocked(Exception):  # noqa: N818 - reads as the verdict it is
    """The address is not one that targets may have; the text says which and why."""


class Unresolved(Exception):  # noqa: N818 - reads as the verdict it is
    """The name has no address, or none was found in time."""


class Guard:
    """Judges addresses by the list and by the networks that the operator allows all the same."""

    def __init__(self, allow: Sequence[Network]) -> None:
        self._allow = tuple(allow)

    def addresses(
        self, host: str, port: int, wait: float, ports: frozenset[int] = PORTS
    ) -> list[Address]:
        """Every address of `host`, all of them fit to connect to at `port`.

        `wait` is in seconds, `ports` are those that public addresses may have. Raises Unresolved,
        or Blocked when any one address is not fit.
        """
        found = [canonical(text) for text in _resolve(host, port, wait)]
        for address in found:
            self._judge(address, port, ports)
        return found

    def _judge(self, address: Address, port: int, ports: frozenset[int]) -> None:
        if _within(address, self._allow):
            return
        if _within(address, CLOSED):
            raise Blocked(
                f"{address} is not a public address; the operator can allow its network "
                "with RELAY_TARGET_ALLOW"
            )
        if port not in ports:
            are = ", ".join(map(str, sorted(ports)))
            raise Blocked(
                f"port {port} is not open to targets (these are: {are}); the operator can allow "
                "the address with RELAY_TARGET_ALLOW"
            )


def canonical(text: str) -> Address:
    """The address that is really reached: scope taken off, IPv4 unwrapped from IPv6."""
    address = ipaddress.ip_address(text.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _resolve(host: str, port: int, wait: float) -> list[str]:
    """Ask the system's resolver, on a thread because it cannot be told when to give up."""
    answer: list[list[str] | OSError | UnicodeError] = []
    done = threading.Event()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.append([str(entry[4][0]) for entry in found])
        except (OSError, UnicodeError) as error:  # UnicodeError: not a name at all (IDNA)
            answer.append(error)
        done.set()

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    if not done.wait(wait):
        raise Unresolved(f"{host} was not found within {wait:.0f} s")
    if isinstance(answer[0], Exception):
        raise Unresolved(f"{host}: {answer[0]}")
    return answer[0]
