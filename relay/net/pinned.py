"""Connections to judged addresses only, held to a deadline that no drip of bytes can stretch.

Host header, SNI and certificate check keep the name; only the address that is dialled comes from
the guard. A read timeout alone bounds one silence: a peer that sends a byte now and then would hold
a sender for ever. So every read and write on these sockets asks the thread's deadline first.
"""

import math
import socket
import ssl
import threading
import time
from typing import Any

from requests.adapters import HTTPAdapter  # noqa: TID251 - the place for it
from requests.utils import DEFAULT_CA_BUNDLE_PATH  # noqa: TID251 - the place for it
from urllib3.connection import HTTPConnection, HTTPSConnection  # noqa: TID251 - the place for it
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool  # noqa: TID251 - the place for it
from urllib3.util.retry import Retry  # noqa: TID251 - the place for it
from urllib3.util.ssl_ import create_urllib3_context  # noqa: TID251 - the place for it

from relay.net.guard import Address, Guard


class Deadline(threading.local):
    """When the request of this thread has to be over, and how long each step may take (seconds)."""

    at: float = math.inf
    connect: float = math.inf
    silence: float = math.inf

    def start(self, total: float, connect: float, silence: float) -> None:
        """Begin a request."""
        self.at = time.monotonic() + total
        self.connect, self.silence = connect, silence

    def left(self, step: float) -> float:
        """The time for the next step. Raises TimeoutError when there is none left."""
        remaining = self.at - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the request took longer than its total time")
        return min(step, remaining)


class _Timed:
    """A socket that asks the deadline before it waits; mixed into the plain and the TLS one."""

    deadline: Deadline

    def recv_into(self, *args: Any, **options: Any) -> int:
        self.settimeout(self.deadline.left(self.deadline.silence))  # type: ignore[attr-defined]  # a socket's
        return super().recv_into(*args, **options)  # type: ignore[misc,no-any-return]  # a socket's

    def sendall(self, *args: Any, **options: Any) -> None:
        self.settimeout(self.deadline.left(self.deadline.silence))  # type: ignore[attr-defined]  # a socket's
        super().sendall(*args, **options)  # type: ignore[misc]  # a socket's

    def send(self, *args: Any, **options: Any) -> int:
        """Under TLS sendall is many of these, each with a wait of its own."""
        self.settimeout(self.deadline.left(self.deadline.silence))  # type: ignore[attr-defined]  # a socket's
        return super().send(*args, **options)  # type: ignore[misc,no-any-return]  # a socket's


class PinnedAdapter(HTTPAdapter):
    """A requests adapter that dials judged addresses; keeps `size` connections per host."""

    def __init__(self, guard: Guard, deadline: Deadline, size: int) -> None:
        self._classes = _pool_classes(guard, deadline, plain_class(deadline))
        self.tls = tls_context(deadline)
        super().__init__(
            pool_connections=max(size, 64), pool_maxsize=size, max_retries=Retry(total=False)
        )

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools with our connections and one TLS context (loading roots costs 20 ms)."""
        super().init_poolmanager(*args, ssl_context=self.tls, **options)
        self.poolmanager.pool_classes_by_scheme = self._classes

    def cert_verify(self, *_args: Any, **_options: Any) -> None:
        """Nothing to set per request: the context verifies, always."""


def tls_context(deadline: Deadline) -> ssl.SSLContext:
    """A verifying context with the public roots and those that the machine's owner has added."""
    context = create_urllib3_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    context.load_default_certs()

    class Tls(_Timed, ssl.SSLSocket):
        """A TLS socket held to the deadline."""

    Tls.deadline = deadline
    context.sslsocket_class = Tls
    return context


def plain_class(deadline: Deadline) -> type[socket.socket]:
    """Sockets that are held to this deadline."""

    class Plain(_Timed, socket.socket):
        """A socket held to the deadline."""

    Plain.deadline = deadline
    return Plain


def _pool_classes(
    guard: Guard, deadline: Deadline, plain: type[socket.socket]
) -> dict[str, type[HTTPConnectionPool]]:
    class Pinned(HTTPConnection):
        """Dials what the guard has judged."""

        _held: list[bytes] | None = None

        def _new_conn(self) -> socket.socket:
            host, port = self._dns_host.strip("[]"), self.port
            found = guard.addresses(host, port, deadline.left(deadline.connect))
            return dial(found, port, deadline, plain)

        def request(self, *args: Any, **options: Any) -> None:
            """Send the request, head and body in one packet where they fit."""
            self._held = []
            try:
                super().request(*args, **options)
            finally:
                held, self._held = self._held, None
            super().send(b"".join(held or ()))

        def send(self, data: Any) -> None:
            """Keep it until the request is whole."""
            if self._held is None:
                super().send(data)
            else:
                self._held.append(data)

    class PinnedTls(Pinned, HTTPSConnection):
        """The same under TLS."""

    class Pool(HTTPConnectionPool):
        ConnectionCls = Pinned

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = PinnedTls

    return {"http": Pool, "https": TlsPool}


def dial(
    addresses: list[Address], port: int, deadline: Deadline, plain: type[socket.socket]
) -> socket.socket:
    """A connection to the first address that takes one. Raises the last address's OSError."""
    failure: OSError = OSError("no address")
    for address in addresses:
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        link = plain(family, socket.SOCK_STREAM)
        try:
            link.settimeout(deadline.left(deadline.connect))
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link.connect((str(address), port))
        except OSError as error:
            link.close()
            failure = error
        else:
            return link
    raise failure
