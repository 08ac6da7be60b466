"""A question's words, out of the one line in which Jotform writes a whole submission for people.

Answers come under names made of the first words of their questions (`q33_typeOf`), the words
themselves only in `pretty`: "Type of Tutoring:Online Tutoring, Grade:12". Nothing in it is escaped,
so a label is taken only where it begins with the name, and the answer follows it.
"""

import re

_LABEL = re.compile(r"(?:^|, )([^:]{1,200}):")


class Labels:
    """The labels that a `pretty` line holds, to be found by name and answer."""

    def __init__(self, pretty: str) -> None:
        self._pretty = pretty
        self._found = [(_letters(match[1]), match) for match in _overlapping(pretty)]

    def of(self, name: str, answer: str | None) -> str:
        """The question's words; the name itself where they are not found.

        `answer` is how the answer is written, None where that is not known.
        """
        start = _letters(name)
        for letters, match in self._found:
            follows = answer is None or self._pretty.startswith(answer, match.end())
            if start and letters.startswith(start) and follows:
                return match[1].strip()
        return name


def _overlapping(pretty: str) -> list[re.Match[str]]:
    """Every place that may be a label, at each comma anew: a value may have commas too."""
    commas = [0, *(match.start() for match in re.finditer(", ", pretty))]
    found = (_LABEL.match(pretty, at) for at in commas[:500])
    return [match for match in found if match and ", " not in match[1]]


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())
