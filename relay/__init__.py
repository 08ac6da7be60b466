"""A self-hosted lead relay: submissions become leads, and every lead reaches its targets."""

__version__ = "0.4.0"
