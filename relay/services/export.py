"""The configuration as the document that `apply` reads, with a variable for every secret."""

import copy
from uuid import UUID

from relay.core.contract import Json
from relay.core.pointers import put
from relay.core.references import escape
from relay.runtime import Runtime
from relay.services.elements import CHILDREN, Element, load, sparse
from relay.services.naming import Names, secret_names


def export(rt: Runtime, project: str | None = None) -> Json:
    """Everything in use, or one project by its public id; applied again it changes nothing.

    Secrets are written as `${NAME}`: the variable they were given by, or one made up from their
    place. Where such a variable is not set, applying keeps the stored secret.
    """
    with rt.database.read() as connection:
        state = load(connection, rt.box)
    names = secret_names(state)
    exported = []
    for element in state.elements:
        if element.what == "project" and not element.archived and project in {None, element.name}:
            document = _written(element, names)
            for plural, what in CHILDREN.items():
                children = [_written(child, names) for child in state.of(element.id, what)]
                if children:
                    document[plural] = children
            exported.append(document)
    return {"projects": exported}


def _written(element: Element, names: dict[UUID, Names]) -> dict[str, Json]:
    document = escape(copy.deepcopy(element.document))
    for place, name in names[element.id].items():
        put(document, place, f"${{{name}}}")
    return sparse(element.what, document)
