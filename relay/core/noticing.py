"""What the relay has to say to the people who look after it: notices about problems."""

from dataclasses import dataclass

from relay.core.conversations import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeItem:
    """One thing that a notice tells: `turn` is opened, resolved or test; `url` leads to more.

    `text` are whole sentences; `data` says the same to programs.
    """

    turn: str
    title: str
    text: str
    url: str
    data: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message about problems, with nothing personal in it: its `title` in one line, its items.

    `more` is how many items are left out; `url` leads to all of them.
    """

    title: str
    items: tuple[NoticeItem, ...]
    url: str
    more: int = 0
