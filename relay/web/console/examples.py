"""Examples of a call to copy: curl, JavaScript, PHP, Python, and what form builders can do."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from relay.core.contract import Json


@dataclass(frozen=True, slots=True)
class Example:
    """One call: its body as JSON, or none."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Json = None


def written(example: Example) -> dict[str, str]:
    """The call in each language, by the language's name."""
    return {
        "curl": _curl(example),
        "JavaScript": _javascript(example),
        "PHP": _php(example),
        "Python": _python(example),
    }


def instapage(url: str, token_name: str, token: str) -> str:
    """A script for a page that has a form, whose fields become parameters as they are named."""
    return f"""<script>
document.addEventListener("submit", (event) => {{
  const fields = new URLSearchParams(new FormData(event.target));
  fields.set("{token_name}", {json.dumps(token)});
  // rename your form's phone field to caller_id, or copy it:
  if (!fields.has("caller_id") && fields.has("phone")) {{
    fields.set("caller_id", fields.get("phone"));
  }}
  fetch({json.dumps(url)}, {{ method: "POST", body: fields, keepalive: true }});
}}, true);
</script>"""


def webhook_url(url: str, parameters: Mapping[str, str]) -> str:
    """An address that says everything itself, for senders that can only be given an address."""
    return f"{url}?{urlencode(parameters)}"


def _headers(example: Example) -> dict[str, str]:
    told = {"Content-Type": "application/json"} if example.body is not None else {}
    return {**told, **example.headers}


def _pretty(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _curl(example: Example) -> str:
    lines = [f"curl -X {example.method} {shlex.quote(example.url)}"]
    lines += [f"-H {shlex.quote(f'{name}: {text}')}" for name, text in _headers(example).items()]
    if example.body is not None:
        lines.append(f"-d {shlex.quote(_pretty(example.body))}")
    return " \\\n  ".join(lines)


def _javascript(example: Example) -> str:
    options = f'  method: "{example.method}",\n'
    if headers := _headers(example):
        options += f"  headers: {_indented(_pretty(headers))},\n"
    if example.body is not None:
        options += f"  body: JSON.stringify({_indented(_pretty(example.body))}),\n"
    return (
        f"const response = await fetch({json.dumps(example.url)}, {{\n{options}}});\n"
        "console.log(response.status, await response.json());"
    )


def _php(example: Example) -> str:
    headers = [f"{name}: {text}" for name, text in _headers(example).items()]
    lines = [
        "<?php",
        f"$ch = curl_init({_php_value(example.url)});",
        f"curl_setopt($ch, CURLOPT_CUSTOMREQUEST, {_php_value(example.method)});",
        "curl_setopt($ch, CURLOPT_RETURNTRANSFER, true);",
        f"curl_setopt($ch, CURLOPT_HTTPHEADER, {_php_value(headers)});",
    ]
    if example.body is not None:
        body = _php_value(example.body)
        lines.append(f"curl_setopt($ch, CURLOPT_POSTFIELDS, json_encode({body}));")
    lines += ["echo curl_exec($ch);", "echo curl_getinfo($ch, CURLINFO_RESPONSE_CODE);"]
    return "\n".join(lines)


def _python(example: Example) -> str:
    lines = [f"    {json.dumps(example.url)},"]
    if example.headers:
        lines.append(f"    headers={_python_value(dict(example.headers), 1)},")
    if example.body is not None:
        lines.append(f"    json={_python_value(example.body, 1)},")
    call = "\n".join(
        [f"response = requests.{example.method.lower()}(", *lines, "    timeout=30,", ")"]
    )
    return f"import requests\n\n{call}\nprint(response.status_code, response.json())"


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


def _php_value(value: Json, depth: int = 0) -> str:
    """A JSON value as PHP writes it."""
    if isinstance(value, dict):
        return _listed(
            [
                f"{_php_value(name)} => {_php_value(member, depth + 1)}"
                for name, member in value.items()
            ],
            depth,
        )
    if isinstance(value, list):
        return _listed([_php_value(member, depth + 1) for member in value], depth)
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return json.dumps(value)


def _python_value(value: Json, depth: int = 0) -> str:
    """A JSON value as Python writes it."""
    if isinstance(value, dict):
        members = [
            f"{json.dumps(name, ensure_ascii=False)}: {_python_value(member, depth + 1)}"
            for name, member in value.items()
        ]
        return _listed(members, depth, "{}")
    if isinstance(value, list):
        return _listed([_python_value(member, depth + 1) for member in value], depth)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _listed(members: list[str], depth: int, brackets: str = "[]") -> str:
    if not members:
        return brackets
    inner = "".join(f"\n{'    ' * (depth + 1)}{member}," for member in members)
    return f"{brackets[0]}{inner}\n{'    ' * depth}{brackets[1]}"
