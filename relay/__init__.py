"""A self-hosted lead relay: every submission becomes one lead, and every lead reaches its targets."""

__version__ = "0.1.0"
