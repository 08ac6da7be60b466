"""What machines ask of this process: is it alive, is it ready, what has it counted."""

import hmac
import ipaddress

from flask import Flask, Response, request

from relay.runtime import Runtime
from relay.services.readiness import metrics, readiness
from relay.web.errors import answer, say

METRICS_TYPE = "text/plain; version=1.0.0; charset=utf-8"


def register(app: Flask, runtime: Runtime) -> None:
    """Put the three addresses into the application."""
    probes = Probes(runtime)
    app.add_url_rule("/healthz", "health.alive", probes.alive)
    app.add_url_rule("/readyz", "health.ready", probes.ready)
    app.add_url_rule("/metrics", "health.metrics", probes.metrics)


class Probes:
    """The three answers."""

    def __init__(self, runtime: Runtime) -> None:
        self._rt = runtime

    def alive(self) -> Response:
        """This process answers; nothing else is asked."""
        return answer(200, {"ok": True})

    def ready(self) -> Response:
        """Whether requests may be sent here: 503 while the database is away.

        Without Redis submissions are still taken, so that alone is only told.
        """
        found = readiness(self._rt)
        document = {
            "ok": found.database,
            "database": "ok" if found.database else "away",
            "redis": "ok" if found.redis else "away",
            "oldest_seconds": None if found.oldest is None else round(found.oldest, 1),
            "overdue": found.overdue,
        }
        return answer(200 if found.database else 503, document)

    def metrics(self) -> Response:
        """Prometheus' metrics, for those who know the token or ask from this machine."""
        if not self._may_read():
            return say(403, "metrics are for this machine; set RELAY_METRICS_TOKEN for others")
        return Response(metrics(self._rt), content_type=METRICS_TYPE)

    def _may_read(self) -> bool:
        if token := self._rt.config.metrics_token:
            given = request.headers.get("Authorization", "").encode()
            return hmac.compare_digest(given, f"Bearer {token}".encode())
        return _is_this_machine(request.remote_addr or "") and not _forwarded()


def _is_this_machine(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _forwarded() -> bool:
    """Whether a proxy brought this: one on this machine makes everybody look like loopback."""
    return "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
