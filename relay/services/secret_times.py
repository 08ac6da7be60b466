"""Which secrets of a source or target are set, and when each became what it is."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from relay.core.readings import moment
from relay.runtime import Runtime
from relay.store.tables import sources, targets


def secret_times(rt: Runtime, element_id: UUID) -> dict[str, datetime]:
    """Times by the secret's pointer within the element's document, such as /settings/token.

    What was set before the relay kept times is left out.
    """
    with rt.database.read() as connection:
        for table in (targets, sources):
            query = sa.select(table.c.secrets).where(table.c.id == element_id)
            sealed = connection.execute(query).scalar_one_or_none()
            if sealed is not None:
                changed = rt.box.open(sealed).get("changed", {})
                return {place: moment(at) for place, at in changed.items()}
    return {}
