"""The forward step: one lane's due deliveries are claimed and handed to this process's senders."""

from typing import TYPE_CHECKING
from uuid import UUID

from relay.runtime import Runtime
from relay.services import configured
from relay.services.claim import Claim, claim

if TYPE_CHECKING:
    from relay.services.senders import Senders


def forward(rt: Runtime, target_id: str, senders: "Senders") -> int:
    """Hand over what is due for this target; returns how many deliveries were claimed.

    Does not wait for the sending, so that a target that hangs never holds up another. What finds
    no free sender is remembered by the senders and taken when one is free.
    """
    target = configured.target(rt, UUID(target_id))
    if target is None:
        return 0
    share = senders.reserve(target.id, target.in_flight)
    if not share:
        return 0
    claimed = Claim([])
    known_until = senders.lease_end()
    try:
        claimed = claim(rt, target, share)
    finally:
        senders.give_back(target.id, share - len(claimed.jobs))
    senders.send(claimed.jobs, known_until)
    if claimed.again:
        senders.refill(target.id)
    elif claimed.wait is not None:
        senders.refill(target.id, after=claimed.wait)
    return len(claimed.jobs)
