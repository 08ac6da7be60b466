"""Assembly: the parts of one process, and the web application that stands on them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask

from relay import runtime as process
from relay.catalog import load_catalog
from relay.config import Config
from relay.core.clock import SystemClock
from relay.core.secrets import Box
from relay.metrics import Metrics
from relay.net.client import Client
from relay.net.limits import RateLimits
from relay.queue import Queue
from relay.runtime import Runtime
from relay.store.database import Database
from relay.web import console, errors, health, inbound, sessions
from relay.web.apis import leadtrackr, octanist, openapi, own, trackdrive
from relay.web.proxies import TrustedProxies

HERE = Path(__file__).parent


def build_runtime(config: Config, **overrides: Any) -> Runtime:
    """Assemble one process's parts; an override takes the place of the part of that name.

    Raises CatalogError when an integration is incomplete. Connects to nothing yet.
    """
    makers: dict[str, Callable[[], Any]] = {
        "clock": SystemClock,
        "database": lambda: _database(config),
        "box": lambda: Box(config.secret_key, config.secret_keys_old),
        "catalog": load_catalog,
        "queue": lambda: Queue(config),
        "client": lambda: Client(config),
        "limits": lambda: RateLimits(config),
        "metrics": Metrics,
    }
    if unknown := overrides.keys() - makers.keys():
        raise TypeError(f"the runtime has no part named {', '.join(sorted(unknown))}")
    parts = {
        name: overrides[name] if name in overrides else make() for name, make in makers.items()
    }
    return Runtime(config=config, **parts)


def create_app(runtime: Runtime) -> Flask:
    """The web application on this runtime, which becomes the process's own."""
    process.install(runtime)
    app = Flask("relay.web", root_path=str(HERE / "web"), static_folder=str(HERE / "static"))
    config = runtime.config
    app.config["MAX_CONTENT_LENGTH"] = config.body_limit
    app.url_map.merge_slashes = False  # it answers with a redirect, which no webhook follows
    app.session_interface = sessions.ConsoleSessions()
    errors.register(app)
    health.register(app, runtime)
    inbound.register(app, runtime)
    leadtrackr.register(app, runtime)
    octanist.register(app, runtime)
    trackdrive.register(app, runtime)
    own.register(app, runtime)
    openapi.register(app, runtime)
    console.register(app)
    if config.trusted_proxies:
        app.wsgi_app = TrustedProxies(app.wsgi_app, config.trusted_proxies)  # type: ignore[method-assign] # how Flask takes middleware
    return app


def _database(config: Config) -> Database:
    if config.database_url == f"sqlite:///{config.data_dir / 'relay.db'}":
        config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Database(config.database_url)
