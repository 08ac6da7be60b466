"""The web process: where it listens, what it logs, how it stops."""

import socket
import time
import urllib.error
import urllib.request
from contextlib import ExitStack

import pytest

from tests.processes.conftest import Run
from tests.processes.running import Running
from tests.servers import free_port, until

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

KEY = "a-key-that-nobody-guesses"


@pytest.fixture
def web(run: Run, settings: dict[str, str]) -> Running:
    """A web process that listens on `settings["PORT"]`."""
    settings["PORT"] = str(free_port())
    running = run("web", settings)
    until(lambda: running.says("Booting worker"), "the web process listens", 60)
    return running


def _get(settings: dict[str, str], path: str) -> int:
    address = f"http://127.0.0.1:{settings['PORT']}{path}"
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_the_access_log_holds_neither_queries_nor_keys(
    web: Running, settings: dict[str, str]
) -> None:
    assert _get(settings, "/healthz?email=ada@example.com") == 200
    _get(settings, f"/in/{KEY}?phone=%2B4912345")
    _get(settings, "/console/setup/abcdefghijklmnop?next=ada")
    until(lambda: web.output.count("gunicorn.access") == 3, "three requests are logged")
    assert "GET /healthz 200" in web.output
    assert "GET /in/a-k… " in web.output
    for secret in ("ada", "4912345", KEY, "abcdefghijklmnop"):
        assert secret not in web.output


def test_local_mode_listens_on_loopback_alone(web: Running, settings: dict[str, str]) -> None:
    assert f"Listening at: http://127.0.0.1:{settings['PORT']} " in web.output


def test_a_line_break_in_a_path_makes_no_line_of_the_log(
    web: Running, settings: dict[str, str]
) -> None:
    _get(settings, "/%0A2026-01-01T00:00:00.000Z%20INFO%20web%20forged")
    until(lambda: web.output.count("gunicorn.access") == 1, "the request is logged")
    assert not any(line.startswith("2026-01-01") for line in web.output.splitlines())


def test_asked_to_stop_it_ends_in_order_although_a_client_lingers(
    web: Running, settings: dict[str, str]
) -> None:
    with socket.create_connection(("127.0.0.1", int(settings["PORT"]))) as lingering:
        lingering.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert lingering.recv(100).startswith(b"HTTP/1.1 200 OK")
        assert web.end() == 0


def test_who_says_nothing_or_never_ends_takes_no_thread_for_long(
    run: Run, settings: dict[str, str]
) -> None:
    settings |= {"PORT": str(free_port()), "RELAY_WEB_THREADS": "2"}
    web = run("web", settings)
    until(lambda: web.says("Booting worker"), "the web process listens", 60)
    with ExitStack() as clients:

        def connect() -> socket.socket:
            address = ("127.0.0.1", int(settings["PORT"]))
            return clients.enter_context(socket.create_connection(address))

        for _ in range(8):
            connect()
        began = time.monotonic()
        assert _get(settings, "/healthz") == 200
        assert time.monotonic() - began < 4
        for _ in range(2):
            connect().sendall(b"POST /in/key HTTP/1.1\r\nHost: x\r\n")
        time.sleep(0.5)
        assert _get(settings, "/healthz") == 200
        connect()
        assert web.end() == 0


def test_it_serves_while_database_and_redis_are_away(run: Run, settings: dict[str, str]) -> None:
    settings |= {
        "PORT": str(free_port()),
        "DATABASE_URL": "postgresql://relay@127.0.0.1:9/nobody",
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "RELAY_COMMIT_WAIT_SECONDS": "0.5",
    }
    web = run("web", settings)
    until(lambda: web.says("Booting worker"), "the web process listens", 60)
    assert _get(settings, "/healthz") == 200
    assert _get(settings, "/readyz") == 503
    assert _get(settings, f"/in/{KEY}") == 503
    assert web.end() == 0
