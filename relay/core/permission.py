"""Whether a platform of advertisement may have a lead: by what was said, else by a default."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relay.core.conversations import Json

NEVER_ASKED = "consent never asked: set it at the source"


@dataclass(frozen=True, slots=True)
class ConsentDefault:
    """What a source lets count where its form says nothing of consent.

    `basis` is the legal basis of it, by Art. 6(1) of the GDPR: without one nothing is granted.
    """

    state: str = "unknown"
    basis: str | None = None

    @classmethod
    def of(cls, options: Mapping[str, Json]) -> "ConsentDefault":
        """What these options of a source say."""
        return cls(options.get("consent_default", "unknown"), options.get("legal_basis"))


UNSET = ConsentDefault()


def refusal(document: Json, needed: Sequence[str], default: ConsentDefault) -> str | None:
    """Why a lead may not go where one of these members of /consent is needed, or None.

    A no outweighs every yes. An answer that is neither is no silence: no default stands in for it.
    """
    flags = document.get("consent") or {}
    said = {name: flags[name]["state"] for name in needed if is_said(flags.get(name))}
    if denied := [name for name, state in said.items() if state == "denied"]:
        return f"consent denied: {', '.join(denied)}"
    if not needed or "granted" in said.values():
        return None
    if said:
        return f"consent not understood: {', '.join(said)}"
    if default.state == "denied":
        return "consent denied: the source's default"
    return None if default.state == "granted" and default.basis else NEVER_ASKED


def is_said(flag: Json) -> bool:
    """Whether somebody said so; a source's default has no `raw`."""
    return isinstance(flag, dict) and flag.get("raw") is not None


def has_agreed(flag: Json) -> bool | None:
    """What the person answered; None where nobody said anything, or neither yes nor no.

    A source's default is nobody's answer, so it subscribes nobody.
    """
    if not is_said(flag) or flag["state"] not in ("granted", "denied"):
        return None
    return bool(flag["state"] == "granted")
