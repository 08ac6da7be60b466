"""Every setting of the relay in one table: its name, its default, what it may be, its meaning."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from relay.readers import (
    address,
    beginning,
    count,
    keys,
    level,
    mode,
    networks,
    one_of,
    port,
    rate,
    seconds,
    several,
    switch,
    text,
    words,
)


@dataclass(frozen=True)
class Setting:
    """One row of the table: the variable's name, its default as text, its reader, its meaning."""

    name: str
    default: str
    read: Callable[[str], Any]
    help: str
    secret: bool = False  # never repeated in a message

    @property
    def field(self) -> str:
        """The name of the attribute of Config that holds it."""
        return self.name.removeprefix("RELAY_").lower()


SETTINGS = (
    Setting("PORT", "8000", port, "Port the web process listens on."),
    Setting("RELAY_HOST", "0.0.0.0", text, "Address the web process listens on."),  # noqa: S104 - behind a proxy in production; `up` binds loopback in local mode
    Setting(
        "RELAY_MODE",
        "production",
        mode,
        "`local` for one machine of your own: keeps a secret key in the data directory, "
        "binds 127.0.0.1 and needs no other setting. `make run` sets it.",
    ),
    Setting(
        "RELAY_PUBLIC_URL",
        "",
        address,
        "The address by which senders reach the relay, such as https://leads.example.com. "
        "Required outside local mode.",
    ),
    Setting(
        "DATABASE_URL",
        "",
        beginning("postgresql://", "postgres://", "postgresql+psycopg://", "sqlite:///"),
        "postgresql://user:password@host/name, or sqlite:////path/file. "
        "Default: relay.db in RELAY_DATA_DIR, which then must be named outside local mode.",
        secret=True,
    ),
    Setting(
        "REDIS_URL",
        "",
        beginning("redis://", "rediss://", "unix://"),
        "redis://host:6379/0. Default: a Redis of its own on a unix socket in RELAY_DATA_DIR.",
        secret=True,
    ),
    Setting("RELAY_DATA_DIR", "", text, "Directory for everything kept on disk. Default: ./var."),
    Setting(
        "SECRET_KEY",
        "",
        text,
        "At least 32 random characters: signs sessions and encrypts stored secrets. "
        "Required outside local mode.",
        secret=True,
    ),
    Setting(
        "SECRET_KEYS_OLD",
        "",
        keys,
        "Former secret keys, separated by blanks: they still decrypt, nothing new is encrypted "
        "with them. See `rotate-keys`.",
        secret=True,
    ),
    Setting(
        "RELAY_TRUSTED_PROXIES",
        "",
        networks,
        "Networks of the proxies whose X-Forwarded-For, -Proto and -Host are believed.",
    ),
    Setting(
        "RELAY_TARGET_ALLOW",
        "",
        networks,
        "Private networks that targets may be in all the same, such as 10.0.0.0/8.",
    ),
    Setting("RELAY_WEB_PROCESSES", "1", several, "Web processes that gunicorn starts."),
    Setting("RELAY_WEB_THREADS", "16", several, "Threads of each web process."),
    Setting("RELAY_WORKERS", "1", several, "Worker processes that `up` starts."),
    Setting("RELAY_SENDERS", "64", several, "Deliveries that one worker sends at a time."),
    Setting(
        "RELAY_LEASE_SECONDS",
        "30",
        seconds,
        "How long a claim holds without being renewed; after that another worker takes over.",
    ),
    Setting("RELAY_LEASE_RENEW_SECONDS", "10", seconds, "How often a running claim is renewed."),
    Setting("RELAY_SWEEP_SECONDS", "1", seconds, "How often the clock looks for work left lying."),
    Setting(
        "RELAY_UNDO_SECONDS",
        "10",
        seconds,
        "How long a bulk run can be called off before it begins.",
    ),
    Setting(
        "RELAY_WAKE_SECONDS",
        "5",
        seconds,
        "How long one wake of a lane suppresses further ones, should it get lost.",
    ),
    Setting(
        "RELAY_COMMIT_WAIT_SECONDS",
        "5",
        seconds,
        "How long a sender may wait for the database before it is answered 503.",
    ),
    Setting("RELAY_BODY_LIMIT", "1048576", several, "Bytes of a request body."),
    Setting(
        "RELAY_MULTIPART_LIMIT",
        "33554432",
        several,
        "Bytes of a multipart body, files included; files are noted, not kept.",
    ),
    Setting("RELAY_RESPONSE_LIMIT", "65536", count, "Bytes kept of a target's response."),
    Setting("RELAY_CONNECT_SECONDS", "5", seconds, "Time to connect to a target."),
    Setting("RELAY_READ_SECONDS", "20", seconds, "Longest silence of a target."),
    Setting("RELAY_TOTAL_SECONDS", "30", seconds, "Longest whole request to a target."),
    Setting(
        "RELAY_SOURCE_RATE",
        "6000/minute",
        rate,
        "Requests that one source takes, unless the source says otherwise.",
    ),
    Setting(
        "RELAY_ADDRESS_RATE",
        "60/minute",
        rate,
        "Requests from one visitor's address to one source that browsers post to.",
    ),
    Setting(
        "RELAY_API_RATE",
        "600/minute",
        rate,
        "Calls with one API key that read or change, in the lead APIs and the relay's own.",
    ),
    Setting(
        "RELAY_RECONCILE_SECONDS",
        "3600",
        count,
        "How often sources are compared with their providers' lists, where their settings "
        "allow it; 0 is never.",
    ),
    Setting(
        "RELAY_OVERDUE_SECONDS",
        "300",
        seconds,
        "Age at which unfinished work is reported by /readyz and the log.",
    ),
    Setting(
        "RELAY_DISK_FREE_MB",
        "2048",
        count,
        "Megabytes that have to be free on the disk of RELAY_DATA_DIR, or a problem opens; "
        "0 is never.",
    ),
    Setting("RELAY_KEEP_BODIES_DAYS", "90", count, "Days raw bodies are kept; 0 is for ever."),
    Setting(
        "RELAY_KEEP_ATTEMPTS_DAYS",
        "90",
        count,
        "Days requests and responses are kept; 0 is for ever.",
    ),
    Setting(
        "RELAY_KEEP_LEADS_DAYS",
        "0",
        count,
        "Days leads with their deliveries are kept; 0 is for ever.",
    ),
    Setting(
        "RELAY_METRICS_TOKEN",
        "",
        text,
        "Bearer token that /metrics asks for. Without one it answers loopback addresses alone.",
        secret=True,
    ),
    Setting(
        "RELAY_OIDC_ISSUER",
        "",
        address,
        "OpenID Connect provider by which people may sign in to the console, such as "
        "https://accounts.example.com. It is given the callback /console/oidc/callback.",
    ),
    Setting("RELAY_OIDC_CLIENT_ID", "", text, "What the provider calls the relay."),
    Setting(
        "RELAY_OIDC_CLIENT_SECRET",
        "",
        text,
        "What the relay proves itself to the provider by; PKCE is used in any case.",
        secret=True,
    ),
    Setting("RELAY_OIDC_NAME", "Single sign-on", text, "What the console calls the provider."),
    Setting(
        "RELAY_OIDC_DOMAINS",
        "",
        words,
        "Domains of verified e-mail addresses whose people come in without an invitation. "
        "Default: none, only who was invited.",
    ),
    Setting(
        "RELAY_OIDC_ROLE",
        "viewer",
        one_of("viewer", "operator", "editor"),
        "The role in all projects of those who come in by their domain.",
    ),
    Setting(
        "RELAY_PASSWORD_SIGN_IN",
        "on",
        switch,
        "Whether people may sign in by a password; `off` needs RELAY_OIDC_ISSUER.",
    ),
    Setting("RELAY_LOG_LEVEL", "INFO", level, "DEBUG, INFO, WARNING or ERROR."),
)
