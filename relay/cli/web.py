"""`python -m relay web`: the web process, gunicorn with threads."""

import sys

import click
from gunicorn.app import wsgiapp

from relay.cli.command import OnRuntime
from relay.config import Config
from relay.runtime import current

GRACE_SECONDS = 8
"""How long a stopping process finishes requests under way; hosts kill after ten seconds."""

SILENT_SECONDS = 60
"""After this time without a sign of life gunicorn replaces a process of its own."""


@click.command(cls=OnRuntime)
def web() -> None:
    """Serve HTTP on PORT."""
    sys.argv[1:] = gunicorn_options(current().config)  # what its entry point reads
    wsgiapp.run(prog="gunicorn")  # here, so that its processes find everything imported


def gunicorn_options(config: Config) -> list[str]:
    """Gunicorn's command line for these settings."""
    host = f"[{config.host}]" if ":" in config.host else config.host
    options = {
        "bind": f"{host}:{config.port}",
        "worker-class": "relay.web.server.Worker",
        "workers": str(config.web_processes),
        "threads": str(config.web_threads),
        "timeout": str(SILENT_SECONDS),
        "graceful-timeout": str(GRACE_SECONDS),
        "keep-alive": "15",
        "limit-request-line": "8190",
        "logger-class": "relay.logs.WebLogger",
        "access-logfile": "-",
        "log-level": config.log_level.lower(),
        "forwarded-allow-ips": "",  # X-Forwarded-* is judged by RELAY_TRUSTED_PROXIES alone
    }
    given = (f"--{name}={value}" for name, value in options.items())
    return ["--no-control-socket", *given, "wsgi:app"]
