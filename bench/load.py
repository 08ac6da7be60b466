"""A light client: keep-alive connections that post prepared requests as they are answered.

Run as a process of its own: `python -m bench.load HOST PORT PATH CONNECTIONS FILE [PER_SECOND]`.
FILE holds pickled (body, headers) pairs. Prints JSON: seconds, answered, refused, and when each was
sent and answered.
"""

import asyncio
import json
import pickle
import sys
import time
from pathlib import Path


def prepared(host: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """The bytes of one request."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class _Connection:
    """One keep-alive connection."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, request: bytes) -> int:
        """Send one request; the status of its answer, 0 where there was none."""
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection(*self._address)
            reader, writer = self._streams
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            lowered = head.lower()
            length = int(lowered.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            if length:
                await reader.readexactly(length)
            if b"connection: close" in lowered:
                self._close()
            return int(head[9:12])
        except (OSError, asyncio.IncompleteReadError, IndexError):
            self._close()
            return 0

    def _close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def run(
    host: str, port: int, requests: list[bytes], connections: int, per_second: float
) -> dict[str, object]:
    """Send everything; `per_second` 0 is as fast as it goes."""
    waiting = iter(enumerate(requests))
    sent = [0.0] * len(requests)
    answered = [0.0] * len(requests)
    statuses = [0] * len(requests)
    begun = time.monotonic()

    async def work() -> None:
        connection = _Connection(host, port)
        for number, request in waiting:
            if per_second:
                await asyncio.sleep(max(0.0, begun + number / per_second - time.monotonic()))
            sent[number] = time.monotonic()
            statuses[number] = await connection.post(request)
            answered[number] = time.monotonic()

    await asyncio.gather(*(work() for _ in range(connections)))
    return {
        "seconds": time.monotonic() - begun,
        "answered": sum(200 <= status < 300 for status in statuses),
        "refused": sum(not 200 <= status < 300 for status in statuses),
        "begun": begun,
        "sent": sent,
        "at": answered,
    }


def main(arguments: list[str]) -> None:
    """Read the requests and send them."""
    host, port, path, connections, file = arguments[:5]
    per_second = float(arguments[5]) if len(arguments) > 5 else 0.0
    pairs = pickle.loads(Path(file).read_bytes())
    requests = [prepared(host, path, body, headers) for body, headers in pairs]
    result = asyncio.run(run(host, int(port), requests, int(connections), per_second))
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1:])
