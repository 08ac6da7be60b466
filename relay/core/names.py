"""People's names: split on the last blank, and joined."""

from relay.core.contract import Json


def complete_names(contact: dict[str, Json]) -> None:
    """Fill in what the given parts of a name say about the missing ones.

    A full name is split on its last blank where neither part was given, else what one part leaves
    of it is the other; a single word stays a full name, for nobody can tell which part it is. First
    and last name are joined where no full name was given.
    """
    first, last, full = (contact.get(key) for key in ("first_name", "last_name", "full_name"))
    if not full:
        if first or last:
            contact["full_name"] = " ".join(part for part in (first, last) if part)
    elif not first and not last:
        words = full.rsplit(None, 1)
        if len(words) == 2:
            contact["first_name"], contact["last_name"] = words
    elif not last and full.startswith(f"{first} "):
        contact["last_name"] = full.removeprefix(first or "").strip()
    elif not first and full.endswith(f" {last}"):
        contact["first_name"] = full.removesuffix(last or "").strip()
