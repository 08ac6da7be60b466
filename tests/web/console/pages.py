"""What a browser without scripts sees of a page: links, forms, fields, headings, ids."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "source", "wbr"})
FIELDS = frozenset({"input", "select", "textarea"})


@dataclass
class Form:
    """One form: where it goes, how, and what it would send as it stands."""

    action: str
    method: str
    values: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[dict[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """A page, read once."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.links: list[tuple[str, str]] = []
        self.forms: list[Form] = []
        self.fields: list[dict[str, str]] = []
        self.headings: list[tuple[int, str]] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.inline: list[str] = []
        self.tags: list[str] = []
        self.assets: list[str] = []
        self.lang = ""
        self._open: list[tuple[str, dict[str, str]]] = []
        self._select: tuple[dict[str, str], list[str], list[str]] | None = None
        self._text = ""
        self.feed(html)

    @property
    def text(self) -> str:
        """All the words on it, single blanks between them."""
        return " ".join(self._text.split())

    def form(self, action: str) -> Form:
        """The form whose action ends so."""
        found = [form for form in self.forms if form.action.endswith(action)]
        assert found, f"no form to …{action} among {[form.action for form in self.forms]}"
        return found[0]

    def link(self, words: str) -> str:
        """The address of the first link whose words contain these."""
        found = [address for address, said in self.links if words in said]
        assert found, f"no link {words!r} among {self.links}"
        return found[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        if "id" in given:
            self.ids.append(given["id"])
        if tag not in VOID:
            self._open.append((tag, given | {"_from": str(len(self._text))}))
        reader: Any = getattr(self, f"_begin_{tag}", None)
        if reader:
            reader(given)
        if tag in FIELDS:
            self._field(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if all(name != tag for name, _ in self._open):
            return
        while self._open:
            name, given = self._open.pop()
            words = " ".join(self._text[int(given["_from"]) :].split())
            self._end(name, given, words)
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        inside = [name for name, _ in self._open]
        if "script" in inside or "style" in inside:
            self.inline += [f"<{inside[-1]}>"] if data.strip() else []
            return
        self._text += f" {data}" if "pre" not in inside else data

    def _begin_html(self, given: dict[str, str]) -> None:
        self.lang = given.get("lang", "")

    def _begin_form(self, given: dict[str, str]) -> None:
        method = given.get("method", "get").lower()
        self.forms.append(Form(given.get("action", ""), method))

    def _begin_script(self, given: dict[str, str]) -> None:
        self.assets.append(given.get("src", ""))

    def _begin_link(self, given: dict[str, str]) -> None:
        if given.get("rel") in {"stylesheet", "icon"}:
            self.assets.append(given["href"])

    def _begin_button(self, given: dict[str, str]) -> None:
        if self.forms and given.get("type") == "submit":
            self.forms[-1].buttons.append(given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        in_label = any(name == "label" for name, _ in self._open)
        self.fields.append(given | {"_tag": tag, "_in_label": "yes" if in_label else ""})
        if tag == "select":
            self._select = (given, [], [])
        if tag == "input" and self.forms and "name" in given:
            ticked = given.get("type") not in {"checkbox", "radio"} or "checked" in given
            if ticked:
                self.forms[-1].values.append((given["name"], given.get("value", "")))

    def _end(self, tag: str, given: dict[str, str], words: str) -> None:
        if tag == "a":
            self.links.append((given.get("href", ""), words))
        elif tag == "label" and "for" in given:
            self.labelled.add(given["for"])
        elif tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
            self.headings.append((int(tag[1]), words))
        elif tag == "textarea" and self.forms and "name" in given:
            self.forms[-1].values.append((given["name"], words))
        elif tag == "option" and self._select is not None:
            value = given.get("value", words)
            self._select[1].append(value)
            if "selected" in given:
                self._select[2].append(value)
        elif tag == "select" and self._select is not None and self.forms:
            chosen = self._select[2] or self._select[1][:1]
            self.forms[-1].values += [(given.get("name", ""), one) for one in chosen]
            self._select = None
