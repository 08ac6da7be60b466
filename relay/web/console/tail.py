"""The live tail: a list tells how many newer items there are, and shows them when it is asked to.

A list's page puts the macro `tail` of _parts.html at its head, inside the element with the id
`list`, and answers the endpoint that the macro names with `news`. The page asks it every few
seconds; nothing moves before somebody says so.
"""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from relay.core.ids import new_id
from relay.services.browse import NEWS, Page
from relay.web.console.project import identifier

OWN = frozenset({"newer_than", "seen", "after", "before"})
"""Parameters of the address that are the tail's or the pager's and not the list's."""


def set_up(console: Blueprint) -> None:
    """Let templates say where a tail begins, and with which address it goes on."""
    console.app_template_global("newest_of")(newest_of)
    console.app_template_global("kept_by_tail")(kept_by_tail)
    console.app_template_global("tail_counts_to")(lambda: NEWS)


def newest_of(page: Page) -> UUID:
    """The id after which all is new; of an empty list the id that an item of this moment has."""
    newest: UUID = page.rows[0]["id"] if page.rows else new_id()
    return newest


def kept_by_tail() -> dict[str, list[str]]:
    """The filter that the list's address holds."""
    return {name: found for name, found in request.args.lists() if name not in OWN}


def news(endpoint: str, count: Callable[[UUID], int]) -> ResponseReturnValue:
    """What a page is told that asks `endpoint`; 204 where it knows, or does not say after what.

    `count` counts up to NEWS + 1.
    """

    newest = identifier(request.args.get("newer_than"))
    found = count(newest) if newest else 0
    if newest is None or request.args.get("seen") == str(found):
        return "", 204
    return render_template("console/_tail.html", endpoint=endpoint, newest=newest, count=found)
