"""Fillout: a submission in an envelope, or a body that its user has put together."""

from collections.abc import Iterator

from relay.core.contract import (
    HEADER_SETTINGS,
    HeaderProof,
    Inbound,
    Json,
    Parsed,
    Settings,
    Source,
    Unreadable,
    header_credentials,
    read_body,
    read_json,
)

REPEAT_WINDOW = 600
"""Seconds. A body of the user's own has no id, so only equal content soon after tells a repeat."""

TYPES = {
    "Email": "email",
    "EmailInput": "email",
    "PhoneNumber": "phone",
    "FileUpload": "file_url",
    "ImagePicker": "file_url",
    "Signature": "file_url",
}
"""Types of questions that tell what the answer is."""

ADDRESS = {
    "address": "street",
    "city": "city",
    "state": "state",
    "zipCode": "postal_code",
    "country": "country",
}


def parse(inbound: Inbound, _settings: Settings) -> list[Parsed]:
    """The one submission. The body may be JSON in a JSON text, under no type that says so."""
    body = read_body(inbound)
    if isinstance(body, str):
        body = read_json(body)
    if not isinstance(body, dict) or not body:
        raise Unreadable("the body is no object with fields")
    submission = body.get("submission", body if "questions" in body else None)
    if not isinstance(submission, dict):
        return [Parsed(document={"fields": body})]
    form, name = body.get("formId"), submission.get("submissionId")
    around = {key: body[key] for key in ("formId", "formName") if key in body}
    rest = {key: one for key, one in body.items() if key not in around and key != "submission"}
    document: dict[str, Json] = {**around, "submission": _read(submission)}
    if rest and submission is not body:
        document["fields"] = rest
    if not isinstance(name, str) or not name:
        return [Parsed(document=document)]
    name = f"{form if isinstance(form, str) else ''} {name}"
    return [Parsed(document=document, event_id=name, lead_id=name, lead_scope="kind")]


def _read(submission: dict[str, Json]) -> dict[str, Json]:
    """The submission, its questions as answers, what was calculated by its name."""
    rest = {key: one for key, one in submission.items() if key not in ("formId", "formName")}
    if "urlParameters" in rest:  # behind the answers, for they are often guesses at the same
        rest["urlParameters"] = rest.pop("urlParameters")
    questions = rest.get("questions")
    if isinstance(questions, list):
        rest["questions"] = [answer for one in questions for answer in _answers(one)]
    calculated = rest.get("calculations")
    if isinstance(calculated, list):
        named = [one for one in calculated if isinstance(one, dict)]
        rest["calculations"] = {
            str(one.get("name") or one.get("id")): one.get("value") for one in named
        }
    return rest


def _answers(question: Json) -> Iterator[Json]:
    """An answer {id, label, type, value}; an address is one for each part."""
    if not isinstance(question, dict):
        yield question
        return
    type_, value = question.get("type"), question.get("value")
    about = {"id": question.get("id"), "label": question.get("name")}
    if isinstance(value, dict) and value and value.keys() <= ADDRESS.keys():
        for part, said in value.items():
            inner = {"id": f"{about['id']}.{part}", "label": f"{about['label']} ({part})"}
            yield {**inner, "ref": ADDRESS[part], "value": said}
        return
    known = TYPES.get(type_, type_) if isinstance(type_, str) else None
    yield {**about, "type": known, "value": _files(value) if known == "file_url" else value}


def _files(value: Json) -> Json:
    """The uploads, their names under the word that the lead has for them."""
    if not isinstance(value, list):
        return value
    return [
        {"name" if key == "filename" else key: said for key, said in one.items()}
        if isinstance(one, dict)
        else one
        for one in value
    ]


SOURCE = Source(
    label="Fillout",
    summary="Takes the submissions of a Fillout form by its webhook.",
    settings=HEADER_SETTINGS,
    parse=parse,
    verify=HeaderProof(),
    credentials=header_credentials,
    repeat_window=REPEAT_WINDOW,
    unverified="Made without a live account, after a program that receives these webhooks.",
)
