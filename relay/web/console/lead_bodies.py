"""The bodies of a lead beside each other: as it came, as it was understood, sent and answered."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import render_template, request

from relay.core.differences import MOST_LINES, Side, side_by_side
from relay.services.trace import BODY_AT_MOST, Chain
from relay.web.console.lead import chain_of, place_in_list
from relay.web.console.leads import pages
from relay.web.console.project import needs
from relay.web.console.show import bodytext, pretty, when

MOST = 4
"""Bodies that are shown beside each other."""


GROUPS = ("As it came", "As a lead", "Sent", "Answered")


@dataclass(frozen=True, slots=True)
class Body:
    """One body that can be chosen, by its key in the address; `text` is as people read it."""

    key: str
    group: str
    label: str
    text: str
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One body on the page, its lines marked against its neighbour's."""

    body: Body
    lines: Side


@pages.get("/<uuid:lead_id>/bodies")
@needs("operator")
def bodies(lead_id: UUID) -> str:
    """Two or more bodies of a lead, what differs marked by signs and colour."""
    chain = chain_of(lead_id)
    offered = {body.key: body for body in bodies_of(chain)}
    chosen = [offered[key] for key in request.args.getlist("body") if key in offered][:MOST]
    if not chosen:
        chosen = _at_first(list(offered.values()))
    sides = side_by_side([body.text for body in chosen])
    return render_template(
        "console/leads/bodies.html",
        lead=chain.lead,
        place=place_in_list(chain),
        groups=_grouped(offered.values()),
        number=len(offered),
        columns=[Column(body, side) for body, side in zip(chosen, sides, strict=True)],
        most=MOST,
        most_lines=MOST_LINES,
    )


def bodies_of(chain: Chain) -> Iterator[Body]:
    """Every body that is kept of a lead: what came, its versions, what was sent and answered."""
    for row in chain.submissions:
        if row["raw_blanked_at"] is None:
            kind = row["raw_headers"].get("content-type", "")
            label = f"{row['source']}, {when(row['received_at'])}"
            text = bodytext(row["raw"], kind)
            cut = len(row["raw"]) == BODY_AT_MOST
            yield Body(f"raw-{row['id']}", "As it came", label, text, cut)
    for version in chain.versions:
        number = version["version"]
        text = pretty(version["document"])
        yield Body(f"v{number}", "As a lead", f"Version {number}", text)
    for delivery in chain.deliveries:
        for attempt in delivery["attempts_made"]:
            yield from _said(delivery["target"], attempt)


def _grouped(offered: Iterable[Body]) -> dict[str, list[Body]]:
    """By what they are, in the order of a lead's way."""
    found: dict[str, list[Body]] = {group: [] for group in GROUPS}
    for body in offered:
        found[body.group].append(body)
    return {group: members for group, members in found.items() if members}


def _said(target: str, attempt: Any) -> Iterator[Body]:
    for at, one in enumerate(attempt["exchanges"]):
        name = f"{target}, attempt {attempt['number']}"
        name += f", request {at + 1}" if len(attempt["exchanges"]) > 1 else ""
        key = f"{attempt['id']}-{at}"
        sent, answer = one.get("request") or {}, one.get("response") or {}
        if sent.get("body"):
            text = bodytext(sent["body"], _kind(sent))
            yield Body(f"sent-{key}", "Sent", f"To {name}", text)
        if answer.get("body"):
            text = bodytext(answer["body"], _kind(answer))
            cut = bool(answer.get("cut"))
            yield Body(f"answer-{key}", "Answered", f"By {name}", text, cut)


def _kind(message: Any) -> str:
    headers = message.get("headers") or {}
    pairs = headers.items() if isinstance(headers, dict) else headers
    return next((str(value) for name, value in pairs if str(name).lower() == "content-type"), "")


def _at_first(offered: list[Body]) -> list[Body]:
    """What came first beside what was made of it, else the last two."""
    came = next((body for body in offered if body.group == "As it came"), None)
    lead = next((body for body in reversed(offered) if body.group == "As a lead"), None)
    return [body for body in (came, lead) if body] if came and lead else offered[-2:]
