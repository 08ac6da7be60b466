"""A lead in the making: values are brought to their places, and whatever has none is still kept."""

from collections import defaultdict

from relay.core import places, pointers
from relay.core.answers import Item, same
from relay.core.contract import Json
from relay.core.dictionary import Dictionary
from relay.core.lead import VERSION, LeadSchema, Place, is_empty
from relay.core.links import query_pairs
from relay.core.names import complete_names
from relay.core.permission import ConsentDefault
from relay.core.places import Around
from relay.core.templates import as_text
from relay.core.trail import Cause, Trail

_LINKS = ("page_url", "landing_page", "conversion_page", "referrer")
_UTM = "/attribution/utm/"
_CLICK = "/attribution/click_ids/"
_COPIES = ("tokens", "verbatim")
"""Parts of a lead that may hold what another part holds already."""

_SECRETS = frozenset({"password", "card"})
"""Rules of noise about what a visitor wrote for nobody's eyes."""

_FIELDS = "/form/fields"
_SAYS_FIELD = frozenset({"mapping", "adapter"})
"""Who may say outright that an answer is a form field; else it is one for want of a place."""

_SHAPES = {dict: "an object", list: "a list", bool: "true or false", str: "text"}


class Draft:
    """Holds the document, its warnings, and which places an answer has been brought to."""

    def __init__(self, lead: LeadSchema, region: str | None, trail: Trail | None = None) -> None:
        """`region` is where phones without a country code are from; `trail` is told what is done.

        `cause` is who decides at the moment.
        """
        self.cause: Cause = "field"
        self.trail = trail
        self.document: dict[str, Json] = {"v": VERSION}
        self.warnings: list[Json] = []
        self.placed: set[str] = set()
        self.dropped: list[str] = []
        self.secrets: list[str] = []
        self._discarded: list[tuple[tuple[str, ...], Json]] = []
        self._lead = lead
        self._region = region
        self._repeats: dict[str, int] = defaultdict(int)

    def follow(self, item: Item, goal: Json) -> bool:
        """Do what a mapping or an annotation says; false when the value does not fit there."""
        if isinstance(goal, str):
            return self.place(item, goal)
        if isinstance(goal, dict) and isinstance(goal.get("drop"), str):
            self.drop(item, goal["drop"])
            return True
        if isinstance(goal, dict) and isinstance(label := goal.get("field"), str | bool):
            self.keep(item, None if isinstance(label, bool) else label)
            return True
        self.warn(item, "mapping", "nothing can be done by what its mapping says")
        return False

    def place(self, item: Item, pointer: str) -> bool:
        """Bring an answer to a place; false when the place is taken or cannot hold it."""
        place = self._lead.place(pointer)
        if place is None:
            self.warn(item, "mapping", f"a lead has no place {pointer}")
            return False
        if is_empty(item.value) and not (place.blank and item.value is not None):
            self.placed.add(pointer)
            self.drop(item, "empty")
            return True
        read = places.read(place.reads, item.value, Around(self._region, item.label))
        if read is None:
            shape = _SHAPES.get(type(item.value), "a value of this shape")
            self.warn(item, "shape", f"{place.title} cannot hold {shape}")
            self._miss(item, pointer)
            return False
        if not self._put(place, item, read.value):
            self._miss(item, pointer)
            return False
        self.placed.add(pointer)
        if self.trail is not None:
            self.trail.note(item, self.cause, pointer)
        if read.warning:
            self.warn(item, *read.warning)
        return True

    def keep(self, item: Item, label: str | None = None) -> None:
        """Keep an answer as a form field under its label; a second of that label is numbered."""
        if item.kept and label is None:
            if self.trail is not None:
                self.trail.note(item, "elsewhere", None)
            return
        if is_empty(item.value) and item.label is None:
            self.drop(item, "empty")
            return
        fields = self.document.setdefault("form", {}).setdefault("fields", {})
        title = name = label or item.title
        while name in fields and not same(fields[name], item.value):
            self._repeats[title] += 1
            name = f"{title} ({self._repeats[title] + 1})"
        fields[name] = item.value
        if self.trail is not None:
            by = self.cause if self.cause in _SAYS_FIELD else "field"
            self.trail.note(item, by, _FIELDS + pointers.joined((name,)))

    def drop(self, item: Item, rule: str) -> None:
        """Leave an answer out, and list it with the rule that says so."""
        self.warn(item, "noise", f"{item.title} is not an answer: {rule}", rule=rule)
        if self.trail is not None:
            self.trail.note(item, "empty" if rule == "empty" else self.cause, None, rule)
        if rule in _SECRETS:
            self.secrets += [as_text(value) for _, value in pointers.leaves(item.value)]
            self._discarded.append((item.steps[-1:], item.value))

    def discard(self, item: Item) -> None:
        """Leave an answer out that the source's own mapping does not want to be kept anywhere."""
        self.drop(item, "mapping")
        self.dropped += [as_text(value) for _, value in pointers.leaves(item.value)]
        self._discarded.append((item.steps[-1:], item.value))

    def _miss(self, item: Item, pointer: str) -> None:
        if self.trail is not None:
            self.trail.miss(item, pointer)

    def warn(self, item: Item, kind: str, message: str, **more: str) -> None:
        """Note something that a person may want to look at."""
        self.warnings.append({"kind": kind, "place": item.pointer, "message": message, **more})

    def finish(self, dictionary: Dictionary, consent: ConsentDefault) -> Json:
        """The document, with what follows from its values: names, and what page addresses say.

        `consent` is what counts as marketing consent where nothing was said of it.
        """
        if consent.state != "unknown":
            flags = self.document.setdefault("consent", {})
            basis = {"basis": consent.basis} if consent.basis else {}
            flags.setdefault("marketing", {"state": consent.state, "raw": None, **basis})
        for part in _COPIES if self._discarded else ():
            if part in self.document:
                self.document[part] = self._without_discarded(self.document[part])
        if contact := self.document.get("contact"):
            complete_names(contact)
        attribution = self.document.get("attribution", {})
        for name in _LINKS:
            if address := attribution.get(name):
                self._read_link(address, dictionary)
        return self.document

    def _without_discarded(self, value: Json) -> Json:
        if isinstance(value, list):
            return [self._without_discarded(member) for member in value]
        if not isinstance(value, dict):
            return value
        return {
            name: self._without_discarded(member)
            for name, member in value.items()
            if ((name,), member) not in self._discarded
        }

    def _put(self, place: Place, item: Item, value: Json) -> bool:
        if place.reads == "map":
            return self._put_members(place, item, value)
        holder: Json = self.document
        *way, last = place.steps
        for step in way:
            if not isinstance(holder, dict):
                return False
            holder = holder.setdefault(step, {})
        if not isinstance(holder, dict):
            return False
        there: Json = holder.setdefault(last, value)
        if there is not value and place.reads in places.APPENDED:
            there += (entry for entry in value if not any(same(entry, old) for old in there))
            return True
        return there is value or same(there, value)

    def _put_members(self, place: Place, item: Item, value: dict[str, Json]) -> bool:
        for name, member in value.items():
            inner = Item(member, (*item.steps, name), label=name)
            if not self.place(inner, place.pointer + pointers.joined((name,))):
                self.keep(inner)
        return True

    def _read_link(self, address: str, dictionary: Dictionary) -> None:
        """Fill in what nobody said outright; UTM values of another visit are not mixed in."""
        found: dict[str, str] = {}
        for name, value in query_pairs(address):
            for pointer in dictionary.meaning(name).plain:
                if pointer.startswith((_UTM, _CLICK)):
                    found.setdefault(pointer, value)
        known = {pointer: pointers.get(self.document, pointer) for pointer in found}
        mixed = any(
            known[pointer] not in (None, value)
            for pointer, value in found.items()
            if pointer.startswith(_UTM)
        )
        for pointer, value in found.items():
            if known[pointer] is None and not (mixed and pointer.startswith(_UTM)):
                pointers.put(self.document, pointer, value)
