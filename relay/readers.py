"""What a setting may be: each reader gives the value of a text, or raises ValueError."""

import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

import limits

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def text(value: str) -> str:
    """Any text."""
    return value.strip()


def count(value: str) -> int:
    """A number of things, perhaps none."""
    number = int(value)
    if number < 0:
        raise ValueError("must not be negative")
    return number


def several(value: str) -> int:
    """A number of things, at least one."""
    number = int(value)
    if number < 1:
        raise ValueError("must be at least 1")
    return number


def port(value: str) -> int:
    """A TCP port."""
    number = int(value)
    if not 1 <= number <= 65535:
        raise ValueError("must be from 1 to 65535")
    return number


def seconds(value: str) -> float:
    """A time in seconds."""
    number = float(value)
    if not 0 < number < 10**9:
        raise ValueError("must be a positive number of seconds")
    return number


def rate(value: str) -> str:
    """How many per how long, such as 100/minute."""
    limits.parse_many(value)
    return value


def level(value: str) -> str:
    """How much is logged."""
    if value.upper() not in LEVELS:
        raise ValueError(f"must be one of {', '.join(LEVELS)}")
    return value.upper()


def address(value: str) -> str:
    """An address of the web, without a slash at its end."""
    parts = urlsplit(value)
    if value and not (parts.scheme in {"http", "https"} and parts.hostname):
        raise ValueError("must be an address such as https://leads.example.com")
    return value.rstrip("/")


def beginning(*schemes: str) -> Callable[[str], str]:
    """A reader of addresses that begin with one of these."""

    def read(value: str) -> str:
        if value and not value.startswith(schemes):
            raise ValueError(f"must begin with {' or '.join(schemes)}")
        return value

    return read


def networks(value: str) -> tuple[Network, ...]:
    """Networks of addresses, separated by commas or blanks."""
    return tuple(ipaddress.ip_network(part) for part in value.replace(",", " ").split())


def keys(value: str) -> tuple[str, ...]:
    """Keys separated by blanks, and the whole text, should it be one key with blanks in it."""
    found = value.split()
    return (*found, value) if len(found) > 1 else tuple(found)


def words(value: str) -> tuple[str, ...]:
    """Words separated by commas or blanks, in lower case."""
    return tuple(value.lower().replace(",", " ").split())


def switch(value: str) -> bool:
    """On or off."""
    if value not in {"on", "off"}:
        raise ValueError("must be on or off")
    return value == "on"


def one_of(*allowed: str) -> Callable[[str], str]:
    """A reader of one of these words."""

    def read(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return value

    return read


def mode(value: str) -> str:
    """How the relay is run."""
    if value not in {"local", "production"}:
        raise ValueError("must be local or production")
    return value
