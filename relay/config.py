"""Every setting of the relay in one table, read from the environment here and nowhere else."""

import contextlib
import ipaddress
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import quote

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MINIMUM_SECRET = 32
"""Characters that a SECRET_KEY must have at least."""

REDIS_SOCKET = "redis.sock"
"""Name of the socket of the relay's own Redis within the data directory."""

LONGEST_SOCKET = 103
"""Bytes that the path of a unix socket may have on every system."""


class ConfigError(Exception):
    """A setting is missing or wrong; the text names it and says what to do."""


@dataclass(frozen=True)
class Setting:
    """One row of the table: the variable's name, its default as text, its reader, its meaning."""

    name: str
    default: str
    read: Callable[[str], Any]
    help: str

    @property
    def field(self) -> str:
        """The name of the attribute of Config that holds it."""
        return self.name.removeprefix("RELAY_").lower()


def _text(value: str) -> str:
    return value.strip()


def _count(value: str) -> int:
    number = int(value)
    if number < 0:
        raise ValueError("must not be negative")
    return number


def _seconds(value: str) -> float:
    number = float(value)
    if not 0 < number < 10**9:
        raise ValueError("must be a positive number of seconds")
    return number


def _networks(value: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(part) for part in value.replace(",", " ").split())


def _words(value: str) -> tuple[str, ...]:
    return tuple(value.replace(",", " ").split())


def _mode(value: str) -> str:
    if value not in {"local", "production"}:
        raise ValueError("must be local or production")
    return value


SETTINGS = (
    Setting("PORT", "8000", _count, "Port the web process listens on."),
    Setting("RELAY_HOST", "0.0.0.0", _text, "Address the web process listens on."),  # noqa: S104 - behind a proxy in production; `up` binds loopback in local mode
    Setting(
        "RELAY_MODE",
        "production",
        _mode,
        "`local` for one machine of your own: keeps a secret key in the data directory, "
        "binds 127.0.0.1 and needs no other setting. `make run` sets it.",
    ),
    Setting(
        "RELAY_PUBLIC_URL",
        "",
        _text,
        "The address by which senders reach the relay, such as https://leads.example.com. "
        "Required outside local mode.",
    ),
    Setting(
        "DATABASE_URL",
        "",
        _text,
        "postgresql://user:password@host/name, or sqlite:////path/file. "
        "Default: relay.db in RELAY_DATA_DIR, which then must be named outside local mode.",
    ),
    Setting(
        "REDIS_URL",
        "",
        _text,
        "redis://host:6379/0. Default: a Redis of its own on a unix socket in RELAY_DATA_DIR.",
    ),
    Setting("RELAY_DATA_DIR", "", _text, "Directory for everything kept on disk. Default: ./var."),
    Setting(
        "SECRET_KEY",
        "",
        _text,
        "At least 32 random characters: signs sessions and encrypts stored secrets. "
        "Required outside local mode.",
    ),
    Setting(
        "SECRET_KEYS_OLD",
        "",
        _words,
        "Former secret keys, separated by blanks: they still decrypt, nothing new is encrypted "
        "with them. See `rotate-keys`.",
    ),
    Setting(
        "RELAY_TRUSTED_PROXIES",
        "",
        _networks,
        "Networks of the proxies whose X-Forwarded-For, -Proto and -Host are believed.",
    ),
    Setting(
        "RELAY_TARGET_ALLOW",
        "",
        _networks,
        "Private networks that targets may be in all the same, such as 10.0.0.0/8.",
    ),
    Setting("RELAY_WEB_PROCESSES", "1", _count, "Web processes that gunicorn starts."),
    Setting("RELAY_WEB_THREADS", "32", _count, "Threads of each web process."),
    Setting("RELAY_WORKERS", "1", _count, "Worker processes that `up` starts."),
    Setting("RELAY_SENDERS", "64", _count, "Deliveries that one worker sends at a time."),
    Setting(
        "RELAY_LEASE_SECONDS",
        "30",
        _seconds,
        "How long a claim holds without being renewed; after that another worker takes over.",
    ),
    Setting("RELAY_LEASE_RENEW_SECONDS", "10", _seconds, "How often a running claim is renewed."),
    Setting("RELAY_SWEEP_SECONDS", "1", _seconds, "How often the clock looks for work left lying."),
    Setting(
        "RELAY_WAKE_SECONDS",
        "5",
        _seconds,
        "How long one wake of a lane suppresses further ones, should it get lost.",
    ),
    Setting(
        "RELAY_COMMIT_WAIT_SECONDS",
        "5",
        _seconds,
        "How long a sender may wait for the database before it is answered 503.",
    ),
    Setting("RELAY_BODY_LIMIT", "1048576", _count, "Bytes of a request body."),
    Setting(
        "RELAY_MULTIPART_LIMIT",
        "33554432",
        _count,
        "Bytes of a multipart body, files included; files are noted, not kept.",
    ),
    Setting("RELAY_RESPONSE_LIMIT", "65536", _count, "Bytes kept of a target's response."),
    Setting("RELAY_CONNECT_SECONDS", "5", _seconds, "Time to connect to a target."),
    Setting("RELAY_READ_SECONDS", "20", _seconds, "Longest silence of a target."),
    Setting("RELAY_TOTAL_SECONDS", "30", _seconds, "Longest whole request to a target."),
    Setting(
        "RELAY_SOURCE_RATE",
        "6000/minute",
        _text,
        "Requests that one source takes, unless the source says otherwise.",
    ),
    Setting(
        "RELAY_ADDRESS_RATE",
        "60/minute",
        _text,
        "Requests from one visitor's address to one source that browsers post to.",
    ),
    Setting(
        "RELAY_OVERDUE_SECONDS",
        "300",
        _seconds,
        "Age at which unfinished work is reported by /readyz and the log.",
    ),
    Setting("RELAY_KEEP_BODIES_DAYS", "90", _count, "Days raw bodies are kept; 0 is for ever."),
    Setting(
        "RELAY_KEEP_ATTEMPTS_DAYS",
        "90",
        _count,
        "Days requests and responses are kept; 0 is for ever.",
    ),
    Setting(
        "RELAY_KEEP_LEADS_DAYS",
        "0",
        _count,
        "Days leads with their deliveries are kept; 0 is for ever.",
    ),
    Setting(
        "RELAY_METRICS_TOKEN",
        "",
        _text,
        "Bearer token that /metrics asks for. Without one it answers loopback addresses alone.",
    ),
    Setting("RELAY_LOG_LEVEL", "INFO", _text, "DEBUG, INFO, WARNING or ERROR."),
)


@dataclass(frozen=True)
class Config:
    """The settings as read; `data_dir` is absolute, `secret_key` is never empty."""

    port: int
    host: str
    mode: str
    public_url: str
    database_url: str
    redis_url: str
    data_dir: Path
    secret_key: str
    secret_keys_old: tuple[str, ...]
    trusted_proxies: tuple[Network, ...]
    target_allow: tuple[Network, ...]
    web_processes: int
    web_threads: int
    workers: int
    senders: int
    lease_seconds: float
    lease_renew_seconds: float
    sweep_seconds: float
    wake_seconds: float
    commit_wait_seconds: float
    body_limit: int
    multipart_limit: int
    response_limit: int
    connect_seconds: float
    read_seconds: float
    total_seconds: float
    source_rate: str
    address_rate: str
    overdue_seconds: float
    keep_bodies_days: int
    keep_attempts_days: int
    keep_leads_days: int
    metrics_token: str
    log_level: str

    @property
    def local(self) -> bool:
        """Whether this is one machine of the user's own."""
        return self.mode == "local"

    @property
    def own_redis(self) -> Path | None:
        """The socket of the Redis that `up` runs; None where REDIS_URL names another."""
        socket = self.data_dir / REDIS_SOCKET
        return socket if self.redis_url == _socket_url(socket) else None


def load_config(environment: Mapping[str, str] | None = None) -> Config:
    """Read the settings. Raises ConfigError that names the setting and what it should be."""
    given = os.environ if environment is None else environment  # noqa: TID251 - the one place
    values = {setting.field: _read(setting, given) for setting in SETTINGS}
    return _complete(values)


def variables() -> Mapping[str, str]:
    """The environment, for `${NAME}` in a configuration document."""
    return os.environ  # noqa: TID251 - the one place


def _read(setting: Setting, given: Mapping[str, str]) -> Any:
    text = given.get(setting.name, "").strip() or setting.default
    try:
        return setting.read(text)
    except ValueError as error:
        raise ConfigError(f"{setting.name}={text!r}: {error}") from error


def _complete(values: dict[str, Any]) -> Config:
    local = values["mode"] == "local"
    if not local:
        _require_production(values)
    data_dir = Path(values["data_dir"] or "var").absolute()
    values["data_dir"] = data_dir
    if local and not values["secret_key"]:
        values["secret_key"] = _kept_secret(data_dir)
    if len(values["secret_key"]) < MINIMUM_SECRET:
        raise ConfigError(
            f"SECRET_KEY has {len(values['secret_key'])} characters and needs at least "
            f"{MINIMUM_SECRET}; make one with: python -c 'import secrets; "
            "print(secrets.token_urlsafe(48))'"
        )
    if local and values["host"] == "0.0.0.0":  # noqa: S104 - replaced, not bound
        values["host"] = "127.0.0.1"
    values["public_url"] = (values["public_url"] or f"http://127.0.0.1:{values['port']}").rstrip(
        "/"
    )
    values["database_url"] = values["database_url"] or f"sqlite:///{data_dir / 'relay.db'}"
    values["redis_url"] = values["redis_url"] or _own_redis_url(data_dir)
    return Config(**{field.name: values[field.name] for field in fields(Config)})


def _require_production(values: dict[str, Any]) -> None:
    if not values["secret_key"]:
        raise ConfigError(
            "SECRET_KEY is missing; make one with: python -c 'import secrets; "
            "print(secrets.token_urlsafe(48))' (or set RELAY_MODE=local on your own machine)"
        )
    if not values["public_url"]:
        raise ConfigError(
            "RELAY_PUBLIC_URL is missing: the address by which senders reach the relay, "
            "such as https://leads.example.com"
        )
    if not values["database_url"] and not values["data_dir"]:
        raise ConfigError(
            "DATABASE_URL is missing: postgresql://user:password@host/name. Hosts that run a "
            "Procfile wipe their disks; for SQLite on a disk that stays, name that with "
            "RELAY_DATA_DIR"
        )


def _own_redis_url(data_dir: Path) -> str:
    socket = data_dir / REDIS_SOCKET
    if len(os.fsencode(socket)) > LONGEST_SOCKET:
        raise ConfigError(
            f"RELAY_DATA_DIR={data_dir}: the path is too long for a socket in it; "
            "choose a shorter one, or name a Redis with REDIS_URL"
        )
    return _socket_url(socket)


def _socket_url(socket: Path) -> str:
    return f"unix://{quote(str(socket))}"


def _kept_secret(data_dir: Path) -> str:
    """The local secret key, made at the first start and kept readable by its owner alone."""
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = data_dir / f"secret_key.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):  # another process was first: its key counts
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()
