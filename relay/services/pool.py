"""The sender pool of this process: made by the worker, used by the jobs it runs."""

from relay.services.senders import Senders

_installed: list[Senders] = []


def install(senders: Senders | None) -> None:
    """Make this pool the process's own; None takes it away."""
    _installed[:] = [] if senders is None else [senders]


def current() -> Senders:
    """The process's pool. Raises RuntimeError outside a worker."""
    if not _installed:
        raise RuntimeError("no senders: jobs run in `python -m relay worker`")
    return _installed[0]
