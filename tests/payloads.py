"""Submissions as Typeform posts them, each one another lead."""

import base64
import hashlib
import hmac
import json
from typing import Any

SECRET = "a signing secret for tests"

QUESTIONS: tuple[tuple[str, str, str, Any], ...] = (
    ("short_text", "text", "What is your first name?", "Ada"),
    ("short_text", "text", "And your last name?", "Example"),
    ("email", "email", "Your e-mail address", None),
    ("phone_number", "phone_number", "Your phone number", "+4930123456"),
    ("short_text", "text", "Where do you work?", "Example Works Ltd"),
    ("long_text", "text", "What can we do for you?", "Please call me about the roof.\nThank you!"),
    ("multiple_choice", "choice", "Which service?", {"id": "c1", "label": "Repair", "ref": "r1"}),
    ("picture_choice", "choices", "Which pictures?", {"ids": ["a", "b"], "labels": ["A", "B"]}),
    ("yes_no", "boolean", "Are you the owner?", False),
    ("legal", "boolean", "I accept the privacy policy", True),
    ("rating", "number", "How urgent is it?", 4),
    ("date", "date", "When shall we begin?", "2026-05-01"),
)


def typeform(token: str, form: str = "lT4Z3j") -> bytes:
    """A complete response with twelve answers; `token` makes it its own lead."""
    fields, answers = [], []
    for number, (kind, key, title, value) in enumerate(QUESTIONS):
        field = {"id": f"field{number:02}", "type": kind, "ref": f"ref_{number:02}"}
        fields.append({**field, "title": title, "properties": {}})
        said = f"{token}@example.com" if key == "email" else value
        answers.append({"type": key, key: said, "field": field})
    response = {
        "form_id": form,
        "token": token,
        "landed_at": "2026-03-02T11:57:00Z",
        "submitted_at": "2026-03-02T12:00:00Z",
        "hidden": {"utm_source": "google", "gclid": f"Cj0K-{token}"},
        "definition": {"id": form, "title": "Ask for an offer", "fields": fields, "endings": []},
        "answers": answers,
        "ending": {"id": "end", "ref": "thanks"},
    }
    event = {"event_id": f"event-{token}", "event_type": "form_response", "form_response": response}
    return json.dumps(event, separators=(",", ":")).encode()


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """The headers with which Typeform posts this body."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "Typeform Webhooks",
        "Typeform-Signature": "sha256=" + base64.b64encode(digest).decode(),
    }
