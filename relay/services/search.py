"""How a word that a person types finds leads: by name, address, number, company or id."""

import re
from uuid import UUID

import sqlalchemy as sa

from relay.services.searching import TRIGRAM, folded, found_by
from relay.store.tables import lead_texts, leads

ENOUGH_DIGITS = 5
"""Digits from which on a text that holds only phone signs is taken for a phone number."""

FEW = 2000
"""Leads that are rather looked up than recognised along the way, newest first."""


def few_about(connection: sa.Connection, text: str) -> sa.ColumnElement[bool]:
    """The same leads as `leads_about` finds, of all projects, looked up if they are few."""
    found = few_named(connection, text)
    return leads_about(text) if found is None else leads.c.id.in_(found)


def few_named(connection: sa.Connection, text: str) -> set[UUID] | None:
    """The ids of the leads, of all projects, that `text` may mean; None where they are many, or
    cannot be looked up."""
    wanted = text.strip()
    words = {folded(wanted), _phone_digits(wanted)} - {""}
    if min(map(len, words)) < TRIGRAM or "\0" in wanted:
        return None
    said = sa.or_(*(found_by(connection, word) for word in sorted(words)))
    ids = [
        sa.select(lead_texts.c.lead_id).where(said).limit(FEW + 1),
        *(sa.select(leads.c.id).where(named) for named in _named(wanted, leads)),
    ]
    found = {one for query in ids for one in connection.execute(query).scalars()}
    return found if len(found) <= FEW else None


def leads_about(text: str, leads: sa.FromClause = leads) -> sa.ColumnElement[bool]:
    """The leads that `text` may mean; a phone number is found in any spelling."""
    wanted = text.strip()
    found: list[sa.ColumnElement[bool]] = [
        column.icontains(wanted, autoescape=True)
        for column in (leads.c.name, leads.c.email, leads.c.company)
    ]
    found += _named(wanted, leads)
    digits = _phone_digits(wanted)
    if digits:
        found.append(leads.c.phone.contains(digits))
    return sa.or_(*found)


def _named(wanted: str, leads: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """The leads of which the text is an id or the number."""
    found: list[sa.ColumnElement[bool]] = [leads.c.public_id == wanted]
    identifier = _uuid(wanted)
    if identifier is not None:
        found.append(leads.c.id == identifier)
    if wanted.removeprefix("#").isascii() and wanted.removeprefix("#").isdigit():
        found.append(leads.c.number == min(int(wanted.removeprefix("#")[:19]), 2**63 - 1))
    return found


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
