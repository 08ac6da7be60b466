"""How a word that a person types finds leads: by name, address, number, company or id."""

import re
from uuid import UUID

import sqlalchemy as sa

from relay.store.tables import leads

ENOUGH_DIGITS = 5
"""Digits from which on a text that holds only phone signs is taken for a phone number."""


def leads_about(text: str, leads: sa.FromClause = leads) -> sa.ColumnElement[bool]:
    """The leads that `text` may mean; a phone number is found in any spelling."""
    wanted = text.strip()
    found: list[sa.ColumnElement[bool]] = [
        column.icontains(wanted, autoescape=True)
        for column in (leads.c.name, leads.c.email, leads.c.company)
    ]
    found.append(leads.c.public_id == wanted)
    identifier = _uuid(wanted)
    if identifier is not None:
        found.append(leads.c.id == identifier)
    if wanted.removeprefix("#").isascii() and wanted.removeprefix("#").isdigit():
        found.append(leads.c.number == min(int(wanted.removeprefix("#")[:19]), 2**63 - 1))
    digits = _phone_digits(wanted)
    if digits:
        found.append(leads.c.phone.contains(digits))
    return sa.or_(*found)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _phone_digits(text: str) -> str:
    """The significant digits of a phone number: without signs, `00` and the national zero."""
    if re.fullmatch(r"[\d\s()+./-]+", text) is None:
        return ""
    digits = re.sub(r"[^0-9]", "", text).lstrip("0")
    return digits if len(digits) >= ENOUGH_DIGITS else ""
