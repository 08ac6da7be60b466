"""Whose word counts about where a request comes from."""

import ipaddress
from typing import Any

import pytest

from relay.web.proxies import TrustedProxies


def seen(remote: str, headers: dict[str, str], trusted: str = "10.0.0.0/8 fd00::/8") -> Any:
    networks = [ipaddress.ip_network(part) for part in trusted.split()]
    found: dict[str, Any] = {}

    def app(environ: dict[str, Any], _start: Any) -> list[bytes]:
        found.update(environ)
        return []

    environ = {"REMOTE_ADDR": remote, "wsgi.url_scheme": "http", "HTTP_HOST": "inside"}
    environ |= {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
    TrustedProxies(app, networks)(environ, None)  # type: ignore[arg-type] # nothing is started
    return found["REMOTE_ADDR"], found["wsgi.url_scheme"], found["HTTP_HOST"]


FORWARDED = {
    "X-Forwarded-For": "192.0.2.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "leads.example.com",
}


@pytest.mark.parametrize("remote", ["10.1.2.3", "::ffff:10.1.2.3", "fd00::1"])
def test_a_trusted_proxy_is_believed(remote: str) -> None:
    assert seen(remote, FORWARDED) == ("192.0.2.9", "https", "leads.example.com")


@pytest.mark.parametrize("remote", ["192.0.2.1", "", "nonsense", "2001:db8::1"])
def test_nobody_else_is(remote: str) -> None:
    assert seen(remote, FORWARDED) == (remote, "http", "inside")


@pytest.mark.parametrize(
    ("chain", "visitor"),
    [
        ("192.0.2.9, 10.0.0.5", "192.0.2.9"),
        ("1.1.1.1, 192.0.2.9", "192.0.2.9"),
        ("1.1.1.1, 192.0.2.9, 10.0.0.5, 10.0.0.6", "192.0.2.9"),
        ("10.0.0.7, 10.0.0.5", "10.0.0.7"),
        ("192.0.2.9:4711", "192.0.2.9"),
        ("[2001:db8::9]:4711", "2001:db8::9"),
        ("2001:db8::9", "2001:db8::9"),
        ("::ffff:192.0.2.9", "192.0.2.9"),
        ("unknown, 10.0.0.5", "10.0.0.5"),
        ("garbage", "10.1.2.3"),
        ("", "10.1.2.3"),
    ],
)
def test_the_visitor_is_the_nearest_address_that_no_trusted_proxy_has(
    chain: str, visitor: str
) -> None:
    assert seen("10.1.2.3", {"X-Forwarded-For": chain})[0] == visitor


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Forwarded-Proto", "javascript"),
        ("X-Forwarded-Host", "evil.example/path"),
        ("X-Forwarded-Host", "a b"),
        ("X-Forwarded-Host", ""),
    ],
)
def test_what_is_no_scheme_or_host_is_not_taken(name: str, value: str) -> None:
    assert seen("10.1.2.3", {name: value})[1:] == ("http", "inside")
