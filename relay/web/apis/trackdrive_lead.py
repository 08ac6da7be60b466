"""A lead as TrackDrive's API answers it."""

from collections.abc import Mapping
from datetime import datetime

from relay.core import pointers
from relay.core.contract import Json
from relay.core.readings import instant
from relay.services.candidate import FiledLead
from relay.services.configured import ConfiguredSource

STATUSES: Mapping[str, str] = {"won": "completed_converted", "lost": "failure", "pending": "queue"}
"""Our statuses in TrackDrive's words; a label of the project's own stays as it is."""

OPEN: Mapping[str, str] = {"schedule": "scheduled", "offer": "waiting"}
"""An open lead, by its owner: an offer's waits for its call."""


def render(lead: FiledLead, source: ConfiguredSource, now: datetime) -> Json:
    """The lead, with its custom tokens under `data` and every directive under its own name."""
    document = lead.document
    owner = source.settings.get("owner", "schedule")
    return {
        **document.get("directives", {}),
        "id": lead.number,
        "uuid": str(lead.id),
        "type": "Lead",
        "caller_id": pointers.get(document, "/contact/phone/e164"),
        "email": pointers.get(document, "/contact/email"),
        "full_name": pointers.get(document, "/contact/full_name"),
        "first_name": pointers.get(document, "/contact/first_name"),
        "last_name": pointers.get(document, "/contact/last_name"),
        "country": pointers.get(document, "/contact/phone/region"),
        "status": OPEN.get(owner) if lead.status == "open" else _word(lead.status),
        "owner": owner,
        "owner_name": source.name,
        "offer": source.settings.get("offer"),
        "traffic_source_id": pointers.get(document, "/attribution/traffic_source_id"),
        "sub_id": pointers.get(document, "/attribution/sub_id"),
        "data": document.get("tokens", {}),
        "created_at": instant(lead.created_at, "milliseconds"),
        "updated_at": instant(now, "milliseconds"),
    }


def _word(status: str) -> str:
    return STATUSES.get(status, status)
