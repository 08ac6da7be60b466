"""Configuration documents as text: YAML by its 1.2 rules, or JSON, which is a part of it.

The YAML library reads by the older rules, under which the word `on` of a route and the region `NO`
would be true and false, and dates would be no JSON.
"""

import json
import re
from typing import Any, ClassVar

import yaml

from relay.core.contract import Json


class Malformed(Exception):  # noqa: N818 - says what is the matter with the text
    """A text that is neither YAML nor JSON; the message names line and column."""


def read_document(text: str, *, aliases: bool = True) -> Json:
    """The JSON value that a text holds. Raises Malformed, also where a name is given twice.

    Without `aliases` no part may stand for another one: a few lines of them make gigabytes.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        pass  # most are YAML
    try:
        if not aliases:
            _refuse_aliases(text)
        return yaml.load(text, Loader=_Reader)  # noqa: S506 - a SafeLoader with fewer types
    except yaml.MarkedYAMLError as error:
        raise Malformed(_in_words(error)) from error
    except yaml.YAMLError as error:
        raise Malformed(str(error)) from error
    except (ValueError, LookupError) as error:  # a number of thousands of digits, "!!int abc"
        raise Malformed(f"a value is not what it says it is: {error}") from error
    except RecursionError as error:
        raise Malformed("it is nested too deeply") from error


def write_document(document: Json) -> str:
    """The document as YAML that `read_document` gives back unchanged, members in their order."""
    return yaml.dump(
        document, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=100, indent=2
    )


def _refuse_aliases(text: str) -> None:
    for event in yaml.parse(text, Loader=_Reader):
        if isinstance(event, yaml.AliasEvent):
            raise Malformed(f"write out what *{event.anchor} stands for")


def _unique(pairs: list[tuple[str, Json]]) -> Json:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is given twice")  # YAML's reader then says which and where
    return found


def _in_words(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    said = ": ".join(part for part in (error.context, error.problem) if part)
    return f"line {mark.line + 1}, column {mark.column + 1}: {said}" if mark else said


class _Reader(yaml.SafeLoader):
    """Reads YAML's core schema: null, true, false, numbers and text; names are always text."""

    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012 - how the library takes them
    yaml_constructors: ClassVar[dict[Any, Any]] = {  # what else the library knows is no JSON
        tag: read
        for tag, read in yaml.SafeLoader.yaml_constructors.items()
        if tag is None or tag.endswith((":null", ":bool", ":int", ":float", ":str", ":seq", ":map"))
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: ARG002 - the library's signature
        self.flatten_mapping(node)
        found: dict[Any, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a name must be text", key.start_mark
                )
            if key.value in found:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value!r} is given twice", key.start_mark
                )
            found[key.value] = self.construct_object(value, deep=True)
        return found


class _Writer(yaml.SafeDumper):
    """Writes texts so that readers by the older rules get them as texts too."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - the library's signature
        super().increase_indent(flow, False)  # noqa: FBT003 - the same

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the library's signature
        return True


_NUMBER = "-+.0123456789"
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(0|[1-9][0-9]*)", _NUMBER),
    ("float", r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?", _NUMBER),
):
    for _side in (_Reader, _Writer):  # the writer puts in quotes what a reader would take so
        _side.add_implicit_resolver(
            f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first)
        )
