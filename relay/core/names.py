"""People's names: split on the last blank, and joined."""

from relay.core.contract import Json


def complete_names(contact: dict[str, Json]) -> None:
    """Fill in what the given parts of a name say about the missing ones.

    A full name is split on its last blank where neither part was given; a single word stays a full
    name, for nobody can tell which part it is. First and last name are joined where none was given.
    """
    first, last, full = (contact.get(key) for key in ("first_name", "last_name", "full_name"))
    if full and not last:
        _split(contact, full, first)
    elif not full and (first or last):
        contact["full_name"] = " ".join(part for part in (first, last) if part)


def _split(contact: dict[str, Json], full: str, first: str | None) -> None:
    if first:
        if full.startswith(first + " "):
            contact["last_name"] = full[len(first) :].strip()
        return
    words = full.rsplit(None, 1)
    if len(words) == 2:
        contact["first_name"], contact["last_name"] = words
