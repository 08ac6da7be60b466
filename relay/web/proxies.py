"""Whose X-Forwarded-* is believed: that of the proxies in RELAY_TRUSTED_PROXIES, nobody else's."""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from relay.readers import Network

HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")


class TrustedProxies:
    """WSGI middleware that puts the visitor's address, scheme and host in place of the proxy's."""

    def __init__(self, app: WSGIApplication, networks: Sequence[Network]) -> None:
        self._app = app
        self._trusts = lru_cache(maxsize=4096)(lambda address: _is_within(address, networks))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if self._trusts(environ.get("REMOTE_ADDR", "")):
            self._believe(environ)
        return self._app(environ, start_response)

    def _believe(self, environ: WSGIEnvironment) -> None:
        if address := self._visitor(environ.get("HTTP_X_FORWARDED_FOR", "")):
            environ["REMOTE_ADDR"] = address
        scheme = _last(environ.get("HTTP_X_FORWARDED_PROTO", "")).lower()
        if scheme in {"http", "https"}:
            environ["wsgi.url_scheme"] = scheme
        host = _last(environ.get("HTTP_X_FORWARDED_HOST", ""))
        if HOST.fullmatch(host):
            environ["HTTP_HOST"] = host

    def _visitor(self, forwarded: str) -> str | None:
        """The nearest address that is not a trusted proxy's: all left of it may be invented."""
        nearest = None
        for part in reversed(forwarded.split(",")):
            address = _address(part.strip())
            if address is None:
                break
            nearest = address
            if not self._trusts(address):
                break
        return nearest


def _last(value: str) -> str:
    return value.rpartition(",")[2].strip()


def _address(text: str) -> str | None:
    """The address out of `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(_unmapped(text))
    except ValueError:
        return None


def _is_within(text: str, networks: Sequence[Network]) -> bool:
    try:
        address = _unmapped(text)
    except ValueError:
        return False
    return any(address in network for network in networks)


def _unmapped(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address, an IPv4 one where it comes wrapped as IPv6. Raises ValueError."""
    address = ipaddress.ip_address(text)
    return getattr(address, "ipv4_mapped", None) or address
