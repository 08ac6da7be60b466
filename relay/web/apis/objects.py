"""The JSON object that a call's body is, as dialects read it whose bodies are nothing else."""

from relay.core.bodies import read_strict_json
from relay.core.contract import Inbound, Json, Unreadable
from relay.web.apis.calls import Refusal

Fields = dict[str, Json]


def read_object(inbound: Inbound) -> Fields:
    """The body's object, whatever type it is declared as. Raises Refusal 400."""
    if not inbound.body.strip():
        raise Refusal(400, "The request body is empty; a JSON object is expected")
    try:
        fields = read_strict_json(inbound)
    except Unreadable as error:
        raise Refusal(400, f"The request body cannot be read: {error}") from error
    if not isinstance(fields, dict):
        raise Refusal(400, "The request body must be a JSON object")
    return fields
