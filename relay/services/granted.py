"""The tokens of grants: had from memory, from their row, or from the vendor, by one who asks."""

import logging
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, replace

from relay.core.contract import Access, Conversation, Kind, Outcome
from relay.net.client import Attempted
from relay.net.redact import Redactor
from relay.runtime import Runtime
from relay.services import grants
from relay.services.configured import ConfiguredTarget
from relay.services.grants import Asking, Held

logger = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds that a conversation waits for a token that another one is asking for."""

POLL = 0.1
"""Seconds between two looks at what another process is given."""

LATER = 5.0
"""Seconds after which a delivery comes back that has waited in vain."""

BUSY = "another worker is asking for the access to this target"


@dataclass(frozen=True, slots=True)
class Had:
    """A token, or the outcome that says why there is none; `asked` is the conversation about it,
    which belongs to the log of one attempt alone. `fresh` are tokens that were just given."""

    given: Held | Outcome
    asked: Attempted | None = None
    fresh: bool = False


class Tokens:
    """The tokens that this process knows; of its threads one at a time looks for one of a key."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._known: dict[str, Held] = {}
        self._looking: dict[str, Future[Had]] = {}
        self._lock = threading.Lock()

    def get(self, target: ConfiguredTarget, key: str, refused: str | None) -> Had:
        """A token that is not the refused one. Raises SQLAlchemyError."""
        end = time.monotonic() + PATIENCE
        while (left := end - time.monotonic()) > 0:
            known = self._known.get(key)
            if known is not None and known.serves(refused, self._rt.clock.now()):
                return Had(known)
            with self._lock:
                looking = self._looking.get(key)
                if mine := looking is None:
                    looking = self._looking[key] = Future()
            if mine:
                return self._look(looking, target, key, refused, end)
            had = _awaited(looking, left)
            if had is not None and not _is_refused(had, refused):
                return replace(had, asked=None)
        return Had(later(BUSY))

    def _look(
        self,
        looking: "Future[Had]",
        target: ConfiguredTarget,
        key: str,
        refused: str | None,
        end: float,
    ) -> Had:
        try:
            had = _find(self._rt, target, key, refused, self._known.get(key), end)
            if isinstance(had.given, Held):
                self._known[key] = had.given
        except BaseException as error:
            looking.set_exception(error)
            raise
        else:
            looking.set_result(had)
            return had
        finally:
            with self._lock:
                self._looking.pop(key, None)


def _awaited(looking: "Future[Had]", seconds: float) -> Had | None:
    try:
        return looking.result(seconds)
    except TimeoutError:
        return None


def _is_refused(had: Had, refused: str | None) -> bool:
    return isinstance(had.given, Held) and had.given.access.token == refused


def _find(
    rt: Runtime,
    target: ConfiguredTarget,
    key: str,
    refused: str | None,
    known: Held | None,
    end: float,
) -> Had:
    """What the row holds, else what is given to whoever may ask: this thread, or another worker."""
    while True:
        found = grants.find(rt, key, refused)
        if isinstance(found, Held):
            return Had(found)
        if found is not None:
            unsaved = known.access if known is not None and not known.stored else None
            return _ask(rt, target, replace(found, before=unsaved or found.before))
        if time.monotonic() >= end:
            return Had(later(BUSY))
        time.sleep(POLL)


def _ask(rt: Runtime, target: ConfiguredTarget, asking: Asking) -> Had:
    """Ask the vendor, with no transaction open meanwhile."""
    granted: list[Access] = []
    before = secrets_of(asking.before) if asking.before else ()
    now = rt.clock.now().timestamp()
    conversation = _asked(target, asking.before, now, granted)
    said = rt.client.converse(conversation, (*target.secrets, *before))
    logger.info("access of target=%s asked for: %s", target.name, said.outcome.kind.value)
    if not granted:
        grants.give_up(rt, asking)
        return Had(said.outcome, said)
    redactor = Redactor(secrets_of(granted[0]))
    said = replace(said, exchanges=redactor.tree(said.exchanges))
    return Had(grants.keep(rt, asking, granted[0]), said, fresh=True)


def _asked(
    target: ConfiguredTarget, before: Access | None, now: float, granted: list[Access]
) -> Conversation:
    """A grant's conversation as the client drives one: what is given is put aside."""
    if (grant := target.kind.target.grant) is None:
        raise LookupError("this kind of target has no grant")
    given = yield from grant.ask(target.settings, before, now)
    if isinstance(given, Access):
        granted.append(given)
        return Outcome(kind=Kind.DELIVERED)
    if given.kind not in _REFUSALS:
        raise TypeError(f"the grant returned {given!r} instead of an Access")
    # what is wrong with a request for access is no fault of the lead, which waits
    return replace(given, kind=Kind.UNAUTHORIZED) if given.kind is Kind.REJECTED else given


_REFUSALS = frozenset({Kind.REJECTED, Kind.RETRY, Kind.THROTTLED, Kind.UNAUTHORIZED, Kind.GONE})


def secrets_of(access: Access) -> tuple[str, ...]:
    """What of an access nobody may read."""
    return tuple(filter(None, (access.token, access.refresh_token)))


def later(why: str) -> Outcome:
    """The delivery comes back soon, and no try is used up."""
    return Outcome(kind=Kind.THROTTLED, message=why, retry_after=LATER)
