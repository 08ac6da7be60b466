"""Sessions for people in browsers; webhooks and probes have none, and do not pay for one."""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

WITHOUT = ("/in/", "/healthz", "/readyz", "/metrics", "/static/")


class ConsoleSessions(SecureCookieSessionInterface):
    """Signed cookies, opened only where somebody may be signed in."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of this request; None where there is none."""
        if request.path.startswith(WITHOUT):
            return None
        return super().open_session(app, request)
