"""The letter itself (RFC 5322): its headers, and the lead as text and as HTML."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from integrations.email.page import page_of
from relay.core.contract import (
    Card,
    Duty,
    Json,
    Notice,
    Settings,
    fill_template,
    mail_address,
    message_card,
    shorten,
    text_card,
)

POLICY = SMTP.clone(cte_type="7bit")
"""Line ends, folding and encoding as every mail server takes them."""

LONGEST_SUBJECT = 150
LONGEST_NAME = 60
LONGEST_TEXT = 1_000_000
"""Characters."""

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What ends a header or turns what follows around; halves of signs too."""

_SPECIALS = re.compile(r'[()<>\[\]:;@\\,."]')
"""What would need quotes in a name; without any, no reader takes it for an address."""


def write_letter(payload: Json, settings: Settings, duty: Duty) -> bytes:
    """The whole letter. A retry of a delivery writes the same one, but for its date."""
    lead = payload.get("$lead", {})
    shown = message_card(lead)
    reply_to = _answered_by(payload)
    letter = _begun(_subject(settings, lead, shown), settings, duty, reply_to)
    details = _details(lead, shown) if settings.get("details", True) else Card("", ())
    letter.set_content(_text(shown, details, duty))
    letter.add_alternative(page_of(shown, details, came(duty), reply_to), subtype="html")
    letter.set_boundary(f"=_{duty.id}")
    return letter.as_bytes()


def write_notice(notice: Notice, settings: Settings, duty: Duty) -> bytes:
    """A letter about problems: text alone, the addresses of their pages in lines of their own."""
    parts = [f"{one.title}\n{one.text}\n{one.url}" for one in notice.items]
    if notice.more:
        parts.append(f"And {notice.more} more: {notice.url}")
    letter = _begun(shorten(_header(notice.title), LONGEST_SUBJECT), settings, duty)
    letter.set_content("\n\n".join(parts) + "\n")
    return letter.as_bytes()


def _begun(
    subject: str, settings: Settings, duty: Duty, reply_to: Address | None = None
) -> EmailMessage:
    """A letter with its headers."""
    letter = EmailMessage(policy=POLICY)
    letter["From"] = _sender(settings)
    letter["To"] = [Address(addr_spec=mail_address(one) or one) for one in settings["to"]]
    if reply_to:
        letter["Reply-To"] = reply_to
    letter["Subject"] = subject
    letter["Date"] = datetime.fromtimestamp(int(duty.now), UTC)
    letter["Message-ID"] = message_id(settings, duty)
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    return letter


def message_id(settings: Settings, duty: Duty) -> str:
    """The delivery's own, so that mailboxes that know it take a letter once."""
    sender = mail_address(settings["from"]) or settings["from"]
    return f"<{duty.id}@{sender.rpartition('@')[2]}>"


def came(duty: Duty) -> str:
    """When the lead came in, in words."""
    at = datetime.fromtimestamp(duty.occurred_at, UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def _sender(settings: Settings) -> Address:
    address = mail_address(settings["from"]) or settings["from"]
    return Address(_name(settings.get("from_name", "Leads")), addr_spec=address)


def _answered_by(payload: Json) -> Address | None:
    """The lead, so that an answer goes there; None without an address that letters can bear."""
    address = mail_address(str(payload.get("reply_to") or ""))
    return (
        Address(_name(str(payload.get("reply_name") or "")), addr_spec=address) if address else None
    )


def _subject(settings: Settings, lead: Json, shown: Card) -> str:
    template = settings.get("subject", "")
    subject = fill_template(template, lead) if template else f"New lead: {shown.title}"
    return shorten(_header(subject), LONGEST_SUBJECT) or "New lead"


def _name(text: str) -> str:
    return shorten(_header(_SPECIALS.sub(" ", text)), LONGEST_NAME)


def _header(text: str) -> str:
    """One line in which nothing looks encoded (RFC 2047): what does is decoded by whoever writes or
    reads the header, and may hold the line ends that were taken out of it."""
    return " ".join(_CONTROLS.sub(" ", text).split()).replace("=?", "= ?")


def _details(lead: Json, shown: Card) -> Card:
    """What says something to machines alone, in one section."""
    seen = {line.pointer for line in shown.lines}
    rest = (line for line in message_card(lead, whole=True).lines if line.pointer not in seen)
    lines = (replace(one, section="Details", label=f"{one.section}: {one.label}") for one in rest)
    return Card("Details", tuple(lines))


def _text(shown: Card, details: Card, duty: Duty) -> str:
    parts = [shown.title, f"Came in on {came(duty)}.", text_card(shown, LONGEST_TEXT)]
    if details.lines:
        parts.append(text_card(details, LONGEST_TEXT))
    return "\n\n".join(part for part in parts if part) + "\n"
