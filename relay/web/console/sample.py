"""What a source's page gives to copy: its address, its guide, and a command that sends a sample."""

from relay.runtime import current
from relay.services.configured import ConfiguredSource


def address_of(source: ConfiguredSource) -> str:
    """The address to paste into the form builder."""
    return f"{current().config.public_url}/in/{source.key}"


def curl_of(source: ConfiguredSource) -> str:
    """A command that sends a sample submission, or nothing where the kind has no sample."""
    return ""
