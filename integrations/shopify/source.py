"""Shopify: a new customer, by the signed webhook of the topic customers/create."""

from relay.core.contract import Inbound, Json, Parsed, Settings, Signature, Source, read_body

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "secrets": {
            "type": "array",
            "title": "Signing secrets",
            "description": "The key that Shopify shows below the list of webhooks, or the app's"
            " client secret. Several count at once, so that it can be changed without a gap."
            " Without one, the address alone is the proof.",
            "items": {"type": "string", "minLength": 1},
            "maxItems": 5,
            "secret": True,
        }
    },
}

STATES = {"subscribed": True, "not_subscribed": False, "unsubscribed": False}
"""What Shopify's marketing state says of consent; pending and invalid say nothing yet."""


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one customer; a later message about the same one is the same lead."""
    customer = read_body(inbound)
    if not isinstance(customer, dict):
        return [Parsed(document=customer)]
    headers = inbound.headers
    shop, number = headers.get("x-shopify-shop-domain", ""), customer.get("id")
    told = {name: value for name, value in customer.items() if value not in (None, "")}
    document = {**told, "shop": {"domain": shop, "topic": headers.get("x-shopify-topic")}}
    document["consent"] = _consent(customer)
    event = headers.get("x-shopify-event-id") or headers.get("x-shopify-webhook-id")
    return [
        Parsed(
            document=document,
            event_id=event,
            lead_id=f"{shop} {number}".strip() if number else None,
            test=headers.get("x-shopify-test") == "true",
        )
    ]


def _consent(customer: dict[str, Json]) -> Json:
    """Whether e-mails of marketing were asked for; absent where that is open."""
    said = customer.get("email_marketing_consent")
    state = said.get("state") if isinstance(said, dict) else None
    if isinstance(state, str) and state in STATES:
        return STATES[state]
    accepted = customer.get("accepts_marketing")
    return accepted if isinstance(accepted, bool) else None


SOURCE = Source(
    label="Shopify",
    summary="Takes the new customers of a Shopify shop by its signed webhook.",
    settings=SETTINGS,
    parse=parse,
    verify=[Signature(header="X-Shopify-Hmac-SHA256", encoding="base64")],
    retries=True,
    unverified="Made without a live shop, after the vendor's pages.",
)
