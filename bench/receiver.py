"""A light receiver: answers every POST with 200 and notes when each lead arrived.

Run as a process of its own: `python -m bench.receiver PORT`. Paths: `/fast` answers at once,
`/slow` after two seconds, `/hang` never. `GET /arrivals` gives [[seconds of time.monotonic, path,
token], ...] as JSON and forgets them; `GET /count` how many there are.
"""

import asyncio
import json
import re
import sys
import time

TOKEN = re.compile(rb"Cj0K-([a-z0-9]+)")
"""The click id that every prepared lead carries."""

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SLOW_SECONDS = 2.0


class Receiver(asyncio.Protocol):
    """One connection; requests may come in pieces."""

    arrivals: list[tuple[float, str, str]] = []  # noqa: RUF012 - shared by all connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to answer on."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        """Take every complete request out of the buffer."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            length = 0
            for line in head.split(b"\r\n")[1:]:
                if line[:15].lower() == b"content-length:":
                    length = int(line[15:])
            if len(self._buffer) < end + 4 + length:
                return
            body = self._buffer[end + 4 : end + 4 + length]
            self._buffer = self._buffer[end + 4 + length :]
            self._answer(head.split(b" ", 2)[1].decode(), body)

    def _answer(self, path: str, body: bytes) -> None:
        if path == "/arrivals":
            self._give(json.dumps(self.arrivals))
            self.arrivals.clear()
        elif path == "/count":
            self._give(str(len(self.arrivals)))
        else:
            token = TOKEN.search(body)
            arrival = (time.monotonic(), path, token.group(1).decode() if token else "")
            self.arrivals.append(arrival)
            if path == "/slow":
                asyncio.get_running_loop().call_later(SLOW_SECONDS, self._transport.write, ANSWER)
            elif path != "/hang":
                self._transport.write(ANSWER)

    def _give(self, text: str) -> None:
        body = text.encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        self._transport.write(head.encode() + body)
        self._transport.close()


async def serve(port: int) -> None:
    """Listen until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
