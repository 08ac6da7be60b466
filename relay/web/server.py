"""Gunicorn's threads, kept for requests: a connection that says nothing, or never comes to an end,
takes none for long.
"""

import selectors
import socket
import time
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

HEAD_SECONDS = 10.0
"""How long a request's head may take. A few connections that send one byte now and then would
otherwise take every thread, and no lead could come in."""

REQUEST_SECONDS = 180.0
"""How long all of a request may take then, its body and its answer: more than any page does."""


class Worker(ThreadWorker):
    """Gunicorn's threaded worker; what it calls a connection is passed on as it is."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._ends: dict[Any, float] = {}

    def enqueue_req(self, conn: Any) -> None:
        """Give it a thread, a new connection only once it has said something: browsers open some
        for requests that may come."""
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.sock.settimeout(0)
        conn.set_timeout()
        self.pending_conns.append(conn)
        readable = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, readable)

    def handle(self, conn: Any) -> Any:
        """Read one request and answer it."""
        self._ends[conn] = time.monotonic() + HEAD_SECONDS
        try:
            return super().handle(conn)
        finally:
            self._ends.pop(conn, None)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a request whose head is whole."""
        self._ends[conn] = time.monotonic() + REQUEST_SECONDS
        return super().handle_request(req, conn)

    def murder_pending(self) -> None:
        """Cut off those whose time is over; the main loop calls this every second."""
        super().murder_pending()
        now = time.monotonic()
        for conn, end in self._ends.copy().items():
            if end < now:
                with suppress(OSError):  # it has just gone by itself
                    conn.sock.shutdown(socket.SHUT_RDWR)

    def _cap_keepalive(self, deadline: float) -> None:
        """A stopping process waits for the silent ones no longer than for those it knows."""
        super()._cap_keepalive(deadline)  # type: ignore[misc] # its stubs know an older one
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout or deadline, deadline)
