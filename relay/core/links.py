"""What a page's address says: of the site, and of where the visitor came from."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from relay.core.inbound import Inbound

_LONGEST = 8192


def query_pairs(address: str) -> Iterator[tuple[str, str]]:
    """The non-empty query parameters of an address, those behind # last; none of a broken one."""
    if "=" not in address or len(address) > _LONGEST:
        return
    try:
        split = urlsplit(address)
    except ValueError:
        return
    for text in (split.query, split.fragment.partition("?")[2] or split.fragment):
        if "=" in text:
            yield from _pairs(text)


def host_of(address: object) -> str:
    """The host of an address in lower case; nothing where it is none."""
    try:
        return (urlsplit(address).hostname or "") if isinstance(address, str) else ""
    except ValueError:
        return ""


def entry_on_site(inbound: Inbound, address: object, *numbers: object) -> str | None:
    """A name for what a WordPress site has numbered; None where one of the numbers is none, or 0,
    which is said of all that the site does not keep.

    Sites count anew, each for itself: the site is that of the address, else the one that WordPress
    names behind its version (`User-Agent: WordPress/6.8; https://site`).
    """
    if not all(isinstance(one, str | int) and str(one).strip("0").isdigit() for one in numbers):
        return None
    agent = inbound.headers.get("user-agent", "")
    site = host_of(address) or host_of(agent.partition("; ")[2])
    return " ".join([site, *map(str, numbers)])


def are_links(value: object, *parts: str) -> bool:
    """Whether a value is an address, or a list of nothing else, that has one of these parts."""
    links = value if isinstance(value, list) else [value]
    return bool(links) and all(
        isinstance(link, str)
        and link.startswith(("https://", "http://"))
        and any(part in link for part in parts)
        for link in links
    )


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, max_num_fields=200)
    except ValueError:
        return []
