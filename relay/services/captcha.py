"""What a captcha's provider says of the visitor who sent a form."""

import json
import urllib.parse
from collections.abc import Mapping

from relay.core.contract import Conversation, Json, Kind, Outcome, Reply, Request
from relay.runtime import Runtime

WAIT_SECONDS = 2.0
"""Longest wait for a verdict: the visitor's browser waits with us."""

LOWEST_SCORE = 0.5
"""The lowest score of reCAPTCHA v3 that passes unless the source says otherwise."""

PROVIDERS = {
    "turnstile": "https://challenges.cloudflare.com/turnstile/v0/siteverify",
    "recaptcha": "https://www.google.com/recaptcha/api/siteverify",
    "hcaptcha": "https://api.hcaptcha.com/siteverify",
}
"""Where each provider is asked; all three take the same form and answer in the same shape."""

FIELDS = {
    "turnstile": "cf-turnstile-response",
    "recaptcha": "g-recaptcha-response",
    "hcaptcha": "h-captcha-response",
}
"""The form field in which each provider's script leaves its token."""

LONGEST_TOKEN = 8192
"""Characters; what is longer is no provider's."""


def doubt(
    rt: Runtime, captcha: Mapping[str, Json], fields: Mapping[str, Json], address: str
) -> str | None:
    """Why a submission should wait for a person; None where the provider vouches for it.

    `captcha` is the source's option, `fields` the form's. No verdict is a doubt, never a refusal.
    """
    provider = str(captcha.get("provider"))
    secret = captcha.get("secret")
    if provider not in PROVIDERS or not isinstance(secret, str):
        return "captcha: not fully configured"
    token = fields.get(FIELDS[provider])
    if not isinstance(token, str) or not token.strip():
        return f"captcha: the field {FIELDS[provider]} is missing or empty"
    if len(token) > LONGEST_TOKEN:
        return f"captcha: the field {FIELDS[provider]} holds no token"
    lowest = captcha.get("score", LOWEST_SCORE) if provider == "recaptcha" else None
    # the token is worth nothing once it was asked about: not among the secrets, whose spellings
    # are worked out once for all requests
    asked = rt.client.converse(_ask(PROVIDERS[provider], secret, token, address, lowest), [secret])
    if asked.outcome.kind is Kind.DELIVERED:
        return None
    reason = asked.outcome.message or asked.error or "no verdict"
    return f"captcha: {provider} {reason}"


def _ask(url: str, secret: str, token: str, address: str, lowest: float | None) -> Conversation:
    form = {"secret": secret, "response": token}
    if address:
        form["remoteip"] = address
    reply = yield Request(
        method="POST",
        url=url,
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=urllib.parse.urlencode(form).encode(),
        timeout=WAIT_SECONDS,
    )
    return _judge(reply, lowest)


def _judge(reply: Reply, lowest: float | None) -> Outcome:
    """The verdict. hCaptcha's score is not looked at: it counts the other way round."""
    try:
        verdict = json.loads(reply.body)
    except ValueError:
        verdict = None
    if reply.status != 200 or not isinstance(verdict, dict):
        return Outcome(kind=Kind.RETRY, message=f"gave no verdict (status {reply.status})")
    if verdict.get("success") is not True:
        codes = verdict.get("error-codes") or ["no reason given"]
        return Outcome(kind=Kind.REJECTED, message=f"says no: {', '.join(map(str, codes))}"[:200])
    score = verdict.get("score")
    if lowest is not None and isinstance(score, int | float) and score < lowest:
        return Outcome(kind=Kind.REJECTED, message=f"gives the score {score}, below {lowest}")
    return Outcome(kind=Kind.DELIVERED)
