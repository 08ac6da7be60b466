"""Sessions for people in browsers; webhooks and probes have none, and do not pay for one."""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

WITHOUT = ("/in/", "/api/", "/healthz", "/readyz", "/metrics", "/static/")
REFERENCE = "/api/docs/"
"""Pages for people among the calls of programs."""


class ConsoleSessions(SecureCookieSessionInterface):
    """Signed cookies, opened only where somebody may be signed in."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of this request; None where there is none."""
        path = request.path
        if path.startswith(WITHOUT) and not path.startswith(REFERENCE):
            return None
        return super().open_session(app, request)
