"""The tables. Rows are the truth; Redis only rings the bell."""

from relay.store.tables.arrived import (
    SUBMISSION_STATES,
    bodies,
    event_keys,
    submissions,
    turned_away,
)
from relay.store.tables.configured import (
    BREAKERS,
    PAUSES,
    api_keys,
    counters,
    lanes,
    projects,
    rate_keys,
    routes,
    source_tokens,
    sources,
    targets,
)
from relay.store.tables.house import ROLES, audit, ledger_days, processes, setup_links, users
from relay.store.tables.imported import IMPORT_STATES, import_refusals, imports
from relay.store.tables.leads import (
    STATUS_CHANGE_STATES,
    blocked_contacts,
    lead_texts,
    lead_totals,
    lead_versions,
    leads,
    status_changes,
    token_names,
)
from relay.store.tables.outgoing import DELIVERY_STATES, EVENTS, TRIGGERS, attempts, deliveries
from relay.store.tables.schema import metadata, state_is

__all__ = [
    "BREAKERS",
    "DELIVERY_STATES",
    "EVENTS",
    "IMPORT_STATES",
    "PAUSES",
    "ROLES",
    "STATUS_CHANGE_STATES",
    "SUBMISSION_STATES",
    "TRIGGERS",
    "api_keys",
    "attempts",
    "audit",
    "blocked_contacts",
    "bodies",
    "counters",
    "deliveries",
    "event_keys",
    "import_refusals",
    "imports",
    "lanes",
    "lead_texts",
    "lead_totals",
    "lead_versions",
    "leads",
    "ledger_days",
    "metadata",
    "processes",
    "projects",
    "rate_keys",
    "routes",
    "setup_links",
    "source_tokens",
    "sources",
    "state_is",
    "status_changes",
    "submissions",
    "targets",
    "token_names",
    "turned_away",
    "users",
]
