"""The veil: what could tell who a lead is stays hidden from viewers.

Veiled are names, addresses, numbers, what people wrote, bodies and headers of any kind, and what
vendors answered, for it may repeat them. Ids, numbers, times, states, sources, targets, forms,
campaigns, statuses, amounts and our own reasons are not.
"""

from flask import Blueprint

from relay.web.console.project import may


def set_up(console: Blueprint) -> None:
    """Let every template ask `veiled()`, its macros too."""
    console.app_template_global("veiled")(veiled)


def veiled() -> bool:
    """Whether the signed-in person must not see personal data in this project."""
    return not may("operator")
