"""A response of LinkedIn joined with its form: answers know their questions by number alone.

Shapes: learn.microsoft.com/linkedin/marketing/lead-sync/leadsync, `leadFormResponses` and
`leadForms`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from relay.core.contract import Json, instant, objects_of

_TYPES = {"EMAIL": "email", "WORK_EMAIL": "email", "PHONE_NUMBER": "phone_number"}
"""What an answer is by the profile field that its question is prefilled from."""

Object = dict[str, Json]


def joined(response: Object) -> Object:
    """The response with answers of {id, ref, label, type, value}, its form used up by that."""
    said = _object(response.get("formResponse"))
    form = _object(response.get("form"))
    content = _object(form.get("content"))
    locale = _locale(form.get("creationLocale"))
    plain = ("id", "leadType", "testLead")
    found: Object = {name: response[name] for name in plain if name in response}
    found["form"] = {name: form[name] for name in ("id", "name") if name in form} or {
        "id": _tail(response.get("versionedLeadGenFormUrn"))
    }
    found["submittedAt"] = _time(response.get("submittedAt"))
    found["answers"] = list(_answers(said, content, locale))
    found["consents"] = list(_consents(said, content, locale))
    found["hidden"] = {
        one["name"]: one.get("value")
        for one in objects_of(form.get("hiddenFields"))
        if isinstance(one.get("name"), str)
    }
    found["campaign"] = _tail(_inner(response.get("leadMetadata"), "campaign"))
    found["creative"] = _tail(_object(response.get("associatedEntity")).get("associatedCreative"))
    found["account"] = _tail(next(iter(_object(response.get("owner")).values()), None))
    return {name: value for name, value in found.items() if value not in (None, {}, [])}


def _answers(said: Object, content: Object, locale: str) -> Iterator[Object]:
    questions = {_key(one.get("questionId")): one for one in objects_of(content.get("questions"))}
    for answer in objects_of(said.get("answers")):
        question = questions.get(_key(answer.get("questionId")), {})
        field = question.get("predefinedField")
        ref = field or question.get("name") or answer.get("name")
        label = _localized(question.get("question"), locale) or question.get("name")
        yield {
            "id": _key(answer.get("questionId")),
            "ref": ref if isinstance(ref, str) else None,
            "label": label if isinstance(label, str) else None,
            "type": _TYPES.get(field) if isinstance(field, str) else None,
            "value": _value(answer.get("answerDetails"), question, locale),
        }


def _value(details: Json, question: Object, locale: str) -> Json:
    """What was written, or the words of what was chosen."""
    told = _object(details)
    text = _object(told.get("textQuestionAnswer")).get("answer")
    if text is not None:
        return text
    chosen = _object(told.get("multipleChoiceAnswer")).get("options")
    if not isinstance(chosen, list):
        return details
    asked = _object(_object(question.get("questionDetails")).get("multipleChoiceQuestionDetails"))
    words = {
        _key(one.get("id")): _localized(one.get("text"), locale)
        for one in objects_of(asked.get("options"))
    }
    said = [words.get(_key(one)) or one for one in chosen]
    return said[0] if len(said) == 1 else said


def _consents(said: Object, content: Object, locale: str) -> Iterator[Object]:
    """Each box of the form with its words, ticked or not."""
    legal = _object(content.get("legalInfo"))
    words = {
        _key(one.get("id")): _localized(one.get("consent"), locale)
        for one in objects_of(legal.get("consents"))
    }
    for one in objects_of(said.get("consentResponses")):
        id_ = _key(one.get("consentId"))
        yield {"id": f"consent {id_}", "label": words.get(id_), "value": one.get("accepted")}


def _localized(text: Json, locale: str) -> str | None:
    """Words in the form's own language, else in the first there is."""
    told = _object(_object(text).get("localized"))
    found = told.get(locale) or next(iter(told.values()), None)
    return found if isinstance(found, str) else None


def _locale(locale: Json) -> str:
    told = _object(locale)
    return f"{told.get('language')}_{told.get('country')}"


def _time(at: Json) -> Json:
    """Milliseconds since 1970 as a time."""
    if isinstance(at, bool) or not isinstance(at, int):
        return at
    try:
        return instant(datetime.fromtimestamp(at / 1000, UTC))
    except (ValueError, OverflowError, OSError):
        return at


def _inner(value: Json, name: str) -> Json:
    """The member of the one object within: metadata stand under the kind of lead."""
    held = (one for one in _object(value).values() if isinstance(one, dict) and name in one)
    return next(held, {}).get(name)


def _tail(urn: Json) -> str | None:
    """The number that a URN ends with: of urn:li:sponsoredCampaign:123 it is 123."""
    if not isinstance(urn, str):
        return None
    within = urn.partition("(")[2].partition(",")[0] or urn
    return within.rpartition(":")[2] or None


def _key(value: Json) -> str:
    return str(value)


def _object(value: Json) -> Object:
    return value if isinstance(value, dict) else {}
