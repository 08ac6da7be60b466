"""Whom grants are for: those that no target goes by any more are removed."""

import logging
from datetime import timedelta

import sqlalchemy as sa

from relay.core.secrets import Sealed
from relay.runtime import Runtime
from relay.services import configured
from relay.store.tables import grants, targets

logger = logging.getLogger(__name__)


def remove_unused(rt: Runtime, days: int) -> int:
    """Remove the grants of targets that were archived, or have other settings now, once they are
    older than so many days; returns how many. 0 days keep them for ever.

    A newer one may be wanted again: settings are put back, and its refresh token is nowhere else.
    """
    if days == 0:
        return 0
    with rt.database.read() as connection:
        found = connection.execute(sa.select(targets.c.id)).scalars().all()
    try:
        all_targets = [configured.target(rt, target_id) for target_id in found]
    except (Sealed, LookupError):  # nobody knows what such a target goes by
        logger.warning("a target cannot be read, so no grants are removed")
        return 0
    used = {target.grant_key for target in all_targets if target is not None}
    before = rt.clock.now() - timedelta(days=days)
    with rt.database.write() as connection:
        old = sa.select(grants.c.key).where(grants.c.made_at < before)
        unused = sorted(set(connection.execute(old).scalars()) - used)
        connection.execute(
            sa.delete(grants).where(grants.c.key.in_(unused), grants.c.made_at < before)
        )
    return len(unused)
