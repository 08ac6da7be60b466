"""Any form: whatever a website or a program posts, in whatever shape."""

import base64
import binascii
import re
from functools import lru_cache

from relay.core.contract import (
    END,
    HEADER_NAME,
    SECRET_HEADER,
    Inbound,
    Json,
    Parsed,
    Settings,
    Signature,
    Source,
    Unreadable,
    header_credentials,
    is_one_of,
    judge_header,
    read_body,
    read_files,
    read_json,
    secret_list,
)

_WRITTEN = "^[^{}]*(\\{timestamp\\}[^{}]+)?\\{signature\\}([^{}]+\\{timestamp\\})?[^{}]*" + END
_PATH = {"type": "string", "minLength": 1, "maxLength": 200}

_BASIC: Json = {
    "type": "object",
    "title": "Basic authentication",
    "required": ["username", "passwords"],
    "additionalProperties": False,
    "properties": {
        "username": {"type": "string", "title": "User name", "pattern": f"^[^:\\r\\n]*{END}"},
        "passwords": secret_list("Passwords"),
    },
}
_HMAC: Json = {
    "type": "object",
    "title": "Signature (HMAC)",
    "description": "How the sender signs its requests, as its documentation says.",
    "required": ["header", "secrets"],
    "additionalProperties": False,
    "properties": {
        "header": {**HEADER_NAME, "title": "Header", "examples": ["X-Signature"]},
        "secrets": secret_list("Secrets"),
        "algorithm": {
            "title": "Algorithm",
            "enum": ["sha256", "sha1", "sha512"],
            "default": "sha256",
        },
        "encoding": {"title": "Encoding", "enum": ["hex", "base64"], "default": "hex"},
        "written": {
            "type": "string",
            "title": "How the header is written",
            "description": "With {signature}, and {timestamp} where it holds the time as well.",
            "pattern": _WRITTEN,
            "maxLength": 100,
            "default": "{signature}",
            "examples": ["sha256={signature}", "t={timestamp},v1={signature}"],
        },
        "signed": {
            "type": "string",
            "title": "What is signed",
            "description": "{raw} is the body; {timestamp}, {method}, {url} and {header:NAME} may"
            " stand beside it.",
            "pattern": "\\{raw\\}",
            "maxLength": 200,
            "default": "{raw}",
            "examples": ["{timestamp}.{raw}"],
        },
        "timestamp_header": {
            **HEADER_NAME,
            "title": "Header with the time",
            "examples": ["X-Timestamp"],
        },
        "timestamp_unit": {"title": "Unit of the time", "enum": ["s", "ms"], "default": "s"},
        "tolerance": {
            "type": "integer",
            "title": "Oldest signature taken, in seconds",
            "description": "Counts where the time is signed.",
            "minimum": 1,
            "default": 300,
        },
    },
}
SETTINGS: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "header": SECRET_HEADER,
        "basic": _BASIC,
        "hmac": _HMAC,
        "submission_id": {
            **_PATH,
            "title": "Field with the submission's id",
            "description": "What has an id that was there before is a repeat. Dots lead into"
            " objects: data.submissionId. Without it every request is a submission of its own.",
        },
        "batch": {
            **_PATH,
            "title": "List of several submissions",
            "description": "Where one request brings several: the path of their list, such as"
            " data.leads, or a single dot where the body itself is the list.",
        },
    },
}

_ENCLOSED = 3
"""How deep JSON may stand in a text in JSON."""

_LONGEST_BATCH = 1000


# --- what was posted -------------------------------------------------------------------------


def parse(inbound: Inbound, settings: Settings) -> list[Parsed]:
    """The submission with its uploads noted and the address's parameters, or those of a batch."""
    fields, files = _opened(read_body(inbound), _ENCLOSED), _uploads(inbound)
    if not isinstance(fields, dict | list):
        raise Unreadable("the body holds no fields, but one single value")
    if not fields and not files:
        raise Unreadable("the body holds no fields")
    around: dict[str, Json] = {}
    if files:
        around["files"] = files
    if inbound.query:
        around["query"] = _query(inbound.query)
    return [
        Parsed(document={"fields": one, **around}, event_id=_id(one, settings))
        for one in _each(fields, settings.get("batch"))
    ]


def _opened(value: Json, levels: int) -> Json:
    """The value with JSON that stands in a text as what it says.

    Only objects and lists of objects: `[1]` may be what somebody wrote.
    """
    if isinstance(value, dict):
        return {key: _opened(member, levels) for key, member in value.items()}
    if isinstance(value, list):
        return [_opened(member, levels) for member in value]
    if not isinstance(value, str) or levels == 0 or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        found = read_json(value)
    except Unreadable:
        return value
    telling = isinstance(found, dict) or any(isinstance(one, dict) for one in found)
    return _opened(found, levels - 1) if found and telling else value


def _uploads(inbound: Inbound) -> list[Json]:
    """What is noted of each upload: {label, name, type, size}."""
    return [{"label": file.pop("field"), **file} for file in read_files(inbound)]


def _query(pairs: tuple[tuple[str, str], ...]) -> dict[str, Json]:
    """The parameters of the address; one that is given twice is a list."""
    found: dict[str, Json] = {}
    for name, value in pairs:
        there = found.get(name)
        if there is None:
            found[name] = value
        else:
            found[name] = [*there, value] if isinstance(there, list) else [there, value]
    return found


def _each(fields: Json, batch: str | None) -> list[Json]:
    """The submissions of a batch; whatever else there is, is one."""
    found = fields if batch == "." else _at(fields, batch)
    if not isinstance(found, list) or not found:
        return [fields]
    if len(found) > _LONGEST_BATCH:
        raise Unreadable(f"a batch of {len(found)}; at most {_LONGEST_BATCH} are taken at once")
    return found


def _id(fields: Json, settings: Settings) -> str | None:
    found = _at(fields, settings.get("submission_id"))
    if isinstance(found, bool) or not isinstance(found, str | int):
        return None
    return str(found) or None


def _at(fields: Json, path: str | None) -> Json:
    """What stands at a path with dots; a name that has dots itself is found too."""
    if path is None or not isinstance(fields, dict):
        return None
    if path in fields:
        return fields[path]
    name, _, rest = path.partition(".")
    return _at(fields.get(name), rest) if rest else None


# --- who has posted it -----------------------------------------------------------------------


def verify(inbound: Inbound, settings: Settings) -> str | Signature | None:
    """Each proof that is configured has to be there; without any, the address is the proof."""
    basic, recipe = settings.get("basic"), settings.get("hmac")
    if reason := judge_header(inbound, settings):
        return reason
    if basic and not is_one_of(_decoded(inbound.headers.get("authorization", "")), _pairs(basic)):
        return "user name or password are missing or wrong"
    if recipe and not recipe.get("secrets"):
        return "there is no secret to judge the signature by"
    return _signature(recipe) if recipe else None


def credentials(settings: Settings) -> dict[str, str]:
    """The headers of a genuine request, but for its signature."""
    found = header_credentials(settings)
    if basic := settings.get("basic"):
        found["Authorization"] = "Basic " + base64.b64encode(_pairs(basic)[0].encode()).decode()
    return found


def _pairs(basic: Settings) -> list[str]:
    return [f"{basic['username']}:{password}" for password in basic["passwords"]]


def _decoded(authorization: str) -> str:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode("latin-1")
    except (binascii.Error, ValueError):
        return ""


def _signature(recipe: Settings) -> Signature:
    written = recipe.get("written", "{signature}")
    return Signature(
        header=recipe["header"],
        algorithm=recipe.get("algorithm", "sha256"),
        encoding=recipe.get("encoding", "hex"),
        pattern=_pattern(written),
        written=written,
        signed=recipe.get("signed", "{raw}"),
        timestamp_header=recipe.get("timestamp_header"),
        timestamp_unit=recipe.get("timestamp_unit", "s"),
        tolerance=recipe.get("tolerance", 300),
        secrets="hmac.secrets",
    )


@lru_cache(maxsize=256)
def _pattern(written: str) -> str:
    """The regular expression of a header that is written so, its parts in any order and number."""
    parts = [part for part in re.split(r"[\s,;]+", written) if "{" in part]
    # what has no name of its own would take every part, so it is tried last
    pattern = "|".join(re.escape(part) for part in sorted(parts, key=lambda part: part[0] == "{"))
    for name in ("signature", "timestamp"):
        pattern = pattern.replace(re.escape(f"{{{name}}}"), f"(?P<{name}>[^\\s,;]+)")
    return pattern


SOURCE = Source(
    label="Any form",
    summary="Takes what any website, form plug-in or program posts, in whatever shape.",
    settings=SETTINGS,
    parse=parse,
    verify=verify,
    credentials=credentials,
)
