"""Conversations of targets whose access is granted: the token is asked for once for all workers."""

import logging
from collections.abc import Callable
from dataclasses import replace

import sqlalchemy as sa

from relay.core.contract import Access, Conversation, Duty, Json, Kind, Outcome
from relay.net.client import Attempted
from relay.runtime import Runtime
from relay.services.configured import ConfiguredTarget
from relay.services.granted import Had, Tokens, later, secrets_of

logger = logging.getLogger(__name__)

Begin = Callable[[Duty], Conversation]
"""Makes the target's conversation for a duty; it may be held twice."""


def converse(rt: Runtime, target: ConfiguredTarget, duty: Duty, begin: Begin) -> Attempted:
    """Hold a target's conversation with the access that it needs, if it needs one. Never raises.

    Where it ends unauthorized with a token that was not just given, it is held once more from its
    start with a new one.
    """
    if target.grant_key is None:
        return rt.client.converse(begin(duty), target.secrets)
    had = _obtain(rt, target, refused=None)
    if isinstance(had.given, Outcome):
        return _joined(had.asked, _ended(had.given))
    first = _held(rt, target, duty, begin, had.given.access)
    said = _joined(had.asked, first)
    if first.outcome.kind is not Kind.UNAUTHORIZED or had.fresh:
        return said
    renewed = _obtain(rt, target, refused=had.given.access.token)
    if isinstance(renewed.given, Outcome):
        return _joined(said, _joined(renewed.asked, _ended(renewed.given)))
    once_more = _after(duty, first)
    second = _held(rt, target, once_more, begin, renewed.given.access)
    return _joined(said, _joined(renewed.asked, second))


def _held(
    rt: Runtime, target: ConfiguredTarget, duty: Duty, begin: Begin, access: Access
) -> Attempted:
    conversation = begin(replace(duty, access=access))
    return rt.client.converse(conversation, (*target.secrets, *secrets_of(access)))


def _after(duty: Duty, first: Attempted) -> Duty:
    """The duty of a conversation that is held again: what the first one did is known to it."""
    noted = duty.noted if first.noted is None else first.noted
    return replace(duty, noted=noted, again=duty.again or len(first.exchanges) > 1)


def _obtain(rt: Runtime, target: ConfiguredTarget, refused: str | None) -> Had:
    key = target.grant_key or ""
    try:
        return rt.part(Tokens).get(target, key, refused)
    except sa.exc.SQLAlchemyError as error:
        logger.warning("the access of %s could not be read: %s", target.name, error)
        return Had(later("the access to this target could not be read from the database"))


def _ended(outcome: Outcome) -> Attempted:
    """An attempt that ends before the target is spoken to."""
    return Attempted(outcome=outcome, exchanges=[], milliseconds=0, status=None, error=None)


def _joined(before: Attempted | None, then: Attempted) -> Attempted:
    """Two conversations as one attempt, which ends as the second does."""
    if before is None:
        return then
    exchanges: list[Json] = [*before.exchanges, *then.exchanges]
    alone = not then.exchanges
    return replace(
        then,
        exchanges=exchanges,
        milliseconds=before.milliseconds + then.milliseconds,
        status=before.status if alone else then.status,
        error=then.error or (before.error if alone else None),
        noted=before.noted if then.noted is None else then.noted,
    )
