"""What every entrance has at hand: assembled once by relay.app.build_runtime, read by current()."""

from dataclasses import dataclass

from relay.config import Config
from relay.core.clock import Clock
from relay.core.kinds import Catalog
from relay.core.secrets import Box
from relay.metrics import Metrics
from relay.net.client import Client
from relay.net.limits import RateLimits
from relay.queue import Queue
from relay.store.database import Database


@dataclass(frozen=True)
class Runtime:
    """The parts of one process."""

    config: Config
    clock: Clock
    database: Database
    box: Box
    catalog: Catalog
    queue: Queue
    client: Client
    limits: RateLimits
    metrics: Metrics

    def close(self) -> None:
        """Give back connections and threads."""
        self.client.close()
        self.queue.close()
        self.database.close()


_installed: list[Runtime] = []


def install(runtime: Runtime | None) -> None:
    """Make this runtime the process's own; None takes it away."""
    _installed[:] = [] if runtime is None else [runtime]


def current() -> Runtime:
    """The process's runtime. Raises RuntimeError where none was installed."""
    if not _installed:
        raise RuntimeError("no runtime: call relay.app.build_runtime and relay.runtime.install first")
    return _installed[0]
