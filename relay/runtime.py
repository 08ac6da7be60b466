"""What every entrance has at hand: assembled once by relay.app.build_runtime, read by current()."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from relay.config import Config
from relay.core.clock import Clock
from relay.core.kinds import Catalog
from relay.core.secrets import Box
from relay.metrics import Metrics
from relay.net.client import Client
from relay.net.limits import RateLimits
from relay.queue import Queue
from relay.store.database import Database

T = TypeVar("T")


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
    _parts: dict[Callable[..., Any], Any] = field(default_factory=dict, compare=False, repr=False)
    _making: threading.RLock = field(default_factory=threading.RLock, compare=False, repr=False)

    def part(self, make: "Callable[[Runtime], T]") -> T:
        """What `make(runtime)` gave when it was first asked for: one per process."""
        if make not in self._parts:
            with self._making:
                if make not in self._parts:
                    self._parts[make] = make(self)
        made: T = self._parts[make]
        return made

    def close(self) -> None:
        """Finish what is being written and give back connections and threads."""
        for part in self._parts.values():
            if hasattr(part, "close"):
                part.close()
        self._parts.clear()
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
        raise RuntimeError("no runtime: call relay.app.build_runtime, then relay.runtime.install")
    return _installed[0]
