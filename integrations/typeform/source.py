"""Typeform: one signed JSON event per response, complete or partial."""

import re
from collections.abc import Iterator

from integrations.typeform.listing import LISTING
from integrations.typeform.listing import SETTINGS as LISTING_SETTINGS
from relay.core.contract import (
    Inbound,
    Json,
    Parsed,
    Settings,
    Signature,
    Source,
    objects_of,
    read_body,
)

SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "secrets": {
            "type": "array",
            "title": "Webhook secrets",
            "description": "The secret that the webhook has in Typeform. Several count at once, so"
            " that it can be changed without a gap. Without one, the address alone is the proof.",
            "items": {"type": "string", "minLength": 1},
            "maxItems": 5,
            "secret": True,
        },
        **LISTING_SETTINGS,
    },
}

PARTIAL = "form_response_partial"

TEST_TEXT = "Lorem ipsum dolor"
TEST_CHOICE = "Barcelona"
"""What every text and every choice of a test request says, whatever the form asks."""

Question = dict[str, Json]


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one response of the event, its answers joined with the questions they answer.

    Anything else is handed on as it is, for the adapter to say what it lacks.
    """
    event = read_body(inbound)
    response = event.get("form_response") if isinstance(event, dict) else None
    if not isinstance(response, dict):
        return [Parsed(document=event)]
    document = {**event, "form_response": _joined(response)}
    form, token = response.get("form_id"), response.get("token")
    if not isinstance(form, str) or not isinstance(token, str):
        return [Parsed(document=document)]
    kind = event.get("event_type", "form_response")
    return [
        Parsed(
            document=document,
            event_id=f"{form} {token} {kind}",
            lead_id=f"{form} {token}",
            lead_scope="kind",
            test=event.get("event_id") == token or _says_test(response),
            partial=kind == PARTIAL,
        )
    ]


def _says_test(response: dict[str, Json]) -> bool:
    """Whether the answers are those that Typeform's test button makes up."""
    answers = objects_of(response.get("answers"))
    texts = [answer["text"] for answer in answers if "text" in answer]
    if not texts or any(text != TEST_TEXT for text in texts):
        return False
    chosen = [_value(answer, {}) for answer in answers if answer.get("type") in _CHOICES]
    return all(choice in (TEST_CHOICE, [TEST_CHOICE]) for choice in chosen)


# --- questions and answers -----------------------------------------------------------------------


def _joined(response: dict[str, Json]) -> dict[str, Json]:
    """The response with answers of {id, ref, label, type, value}, its questions used up by that.

    Answers come before hidden fields, which are often prefilled guesses at the same thing.
    """
    rest = dict(response)
    definition, answers = rest.pop("definition", None), rest.pop("answers", None)
    hidden, variables = rest.pop("hidden", None), rest.pop("variables", None)
    joined: dict[str, Json] = {"answers": answers}
    if isinstance(answers, list):
        questions = dict(_questions(definition))
        joined["answers"] = [part for one in answers for part in _parts(one, questions)]
    if cards := [card for one in objects_of(answers) if (card := _card(one))]:
        joined["cards"] = cards
    if isinstance(definition, dict):
        joined["definition"] = {key: definition.get(key) for key in ("id", "title")}
    if hidden is not None:
        joined["hidden"] = hidden
    joined |= rest
    if variables is not None:
        joined["variables"] = _variables(variables)
    return joined


def _questions(group: Json) -> Iterator[tuple[str, Question]]:
    """The questions by id, those of question groups too."""
    fields = group.get("fields") if isinstance(group, dict) else None
    for field in objects_of(fields):
        if isinstance(field.get("id"), str):
            yield field["id"], field
        yield from _questions(field.get("properties"))


def _parts(answer: Json, questions: dict[str, Question]) -> Iterator[Json]:
    """An answer with what is known of its question; that of a group is one for each part."""
    field = answer.get("field") if isinstance(answer, dict) else None
    if not isinstance(field, dict):
        yield answer
        return
    id_ = field.get("id")
    question = questions.get(id_, {}) if isinstance(id_, str) else {}
    about = {
        "id": id_,
        "ref": field.get("ref") or question.get("ref"),
        "label": _label(question.get("title") or question.get("subfield_key")),
        "type": _type(answer, field),
    }
    value = _value(answer, question)
    if about["type"] in _GROUPS and isinstance(value, dict):
        for name, part in value.items():
            yield {"id": f"{id_}.{name}", "label": name, "type": name, "value": part}
    else:
        yield {**about, "value": value}


_GROUPS = ("contact_info", "address")
_TELLING = ("email", "phone_number", "file_url")
_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}\}")


def _type(answer: Question, field: Question) -> Json:
    """The answer's own type where it tells what the value is, else what the question is.

    The two need not agree: an e-mail is often asked for with a short text.
    """
    own = answer.get("type")
    if own == "signature":
        return "file_url"
    return own if own in _TELLING else field.get("type") or own


def _label(title: Json) -> Json:
    """The question on one line; the same for all leads, whatever its placeholders became."""
    if not isinstance(title, str):
        return title
    return " ".join(_PLACEHOLDER.sub("…", title).split())


def _value(answer: Question, question: Question) -> Json:
    kind = answer.get("type")
    if not isinstance(kind, str) or kind not in answer:
        others = {key: value for key, value in answer.items() if key not in _ENVELOPE}
        return next(iter(others.values())) if len(others) == 1 else others
    read = _READERS.get(kind)
    return read(answer[kind], question) if read else answer[kind]


_ENVELOPE = ("type", "field", "answer_url")


def _text(text: Json, _question: Question) -> Json:
    return text.rstrip("\n") if isinstance(text, str) else text


def _choice(choice: Json, question: Question) -> Json:
    """The label, or what was written beside the choices; both where there are both."""
    said = _choices(choice, question)
    return said[0] if isinstance(said, list) and len(said) == 1 else said


def _choices(chosen: Json, question: Question) -> Json:
    """The labels of {labels, other}, of {label, other} or of a list of choices.

    Labels may be null where only "other" was filled in, and are looked up where there are but ids.
    """
    if isinstance(chosen, list):
        return [_choice(one, question) for one in chosen]
    if not isinstance(chosen, dict):
        return chosen
    labels = _listed(chosen.get("labels")) + _listed(chosen.get("label"))
    said = labels or list(_looked_up(chosen, question))
    return said + _listed(chosen.get("other")) or chosen


def _looked_up(chosen: dict[str, Json], question: Question) -> Iterator[Json]:
    for key in ("id", "ref"):
        wanted = _listed(chosen.get(key)) + _listed(chosen.get(f"{key}s"))
        found = [one for one in objects_of(question.get("choices")) if one.get(key) in wanted]
        if found:
            yield from (one.get("label") for one in found)
            return


def _payment(payment: Json, _question: Question) -> Json:
    if not isinstance(payment, dict):
        return payment
    return {key: value for key, value in payment.items() if key not in _CARD}


def _signature(signature: Json, _question: Question) -> Json:
    return signature.get("url", signature) if isinstance(signature, dict) else signature


_READERS = {
    "text": _text,
    "choice": _choice,
    "choices": _choices,
    "payment": _payment,
    "signature": _signature,
}
_CHOICES = ("choice", "choices")
_CARD = ("name", "last4")


def _card(answer: Question) -> dict[str, Json]:
    """What a payment says of the payer's card, which is no answer."""
    payment = answer.get("payment")
    if not isinstance(payment, dict):
        return {}
    return {key: payment[key] for key in _CARD if key in payment}


def _variables(variables: Json) -> Json:
    """The form's counters and texts by their names."""
    found = objects_of(variables)
    named = [one for one in found if isinstance(one.get("key"), str)]
    if not found or len(named) < len(variables):
        return variables
    return {one["key"]: one.get("number", one.get("text")) for one in found}


def _listed(value: Json) -> list[Json]:
    return [one for one in (value if isinstance(value, list) else [value]) if one is not None]


SOURCE = Source(
    label="Typeform",
    summary="Takes the responses of a Typeform by its signed webhook.",
    settings=SETTINGS,
    parse=parse,
    verify=[Signature(header="Typeform-Signature", encoding="base64", prefix="sha256=")],
    retries=True,
    listing=LISTING,
    evidence="captured payload",
    unverified="Made after captured requests and the vendor's pages, without a live account.",
)
