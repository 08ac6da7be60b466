"""Logging: one line per event to standard output, unguessable parts of addresses masked."""

import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

from gunicorn.glogging import Logger

from relay.config import Config

_UNGUESSABLE = re.compile(
    r"(/in/+|/console/(?:setup|link)/+)([^\s/?\"'\\]{1,3})[^\s?\"'\\]*(\?[^\s\"'\\]*)?",
    re.IGNORECASE,
)
_ANSWERS = re.compile(r"(/console/oidc/callback)\?[^\s\"'\\]*", re.IGNORECASE)

_QUIET = {
    "rq.worker": logging.ERROR,  # two lines per nudge
    "rq.job": logging.ERROR,
    "urllib3": logging.ERROR,  # its warnings quote addresses with their queries
    "alembic": logging.WARNING,
}


def set_up(config: Config, process: str) -> None:
    """Send every log line of this process to standard output, marked with `process`."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Lines(process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(config.log_level.upper())
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)


def mask(text: str) -> str:
    """The text with source keys and the tokens of links shortened, and their queries left out."""
    return _ANSWERS.sub(r"\1?…", _UNGUESSABLE.sub(r"\1\2…", text))


class Lines(logging.Formatter):
    """`2026-03-02T12:00:00.000Z INFO web relay.queue: message`, in UTC."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """One record as text; a traceback follows on lines of its own."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        head = f"{at.replace('+00:00', 'Z')} {record.levelname} {self._process} {record.name}"
        return mask(f"{head}: {super().format(record)}")


class WebLogger(Logger):
    """Gunicorn's logger in the relay's format; one access line per request, without query."""

    def setup(self, cfg: Any) -> None:
        """Gunicorn's own set-up, then our format on its handlers."""
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                handler.setFormatter(Lines("web"))

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:  # noqa: ARG002 - gunicorn's signature
        """Log one request: method, path, status, bytes sent, milliseconds."""
        milliseconds = request_time.total_seconds() * 1000
        self.access_log.info(
            "%s %s %s %sB %.1fms",
            environ["REQUEST_METHOD"],
            environ.get("PATH_INFO", "").encode("unicode_escape").decode(),  # none if malformed
            str(resp.status).split(None, 1)[0],
            getattr(resp, "sent", 0),
            milliseconds,
        )
