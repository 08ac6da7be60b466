"""The settings as the relay reads them: from the environment, here and nowhere else."""

import contextlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from relay.readers import Network
from relay.settings import SETTINGS, Setting

MINIMUM_SECRET = 32
"""Characters that a SECRET_KEY must have at least."""

REDIS_SOCKET = "redis.sock"
"""Name of the socket of the relay's own Redis within the data directory."""

LONGEST_SOCKET = 103
"""Bytes that the path of a unix socket may have on every system."""


class ConfigError(Exception):
    """A setting is missing or wrong; the text names it and says what to do."""


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
    undo_seconds: float
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
    api_rate: str
    reconcile_seconds: int
    overdue_seconds: float
    disk_free_mb: int
    keep_bodies_days: int
    keep_attempts_days: int
    keep_leads_days: int
    metrics_token: str
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str
    oidc_name: str
    oidc_domains: tuple[str, ...]
    oidc_role: str
    password_sign_in: bool
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
        given_as = "" if setting.secret else f"={text!r}"
        raise ConfigError(f"{setting.name}{given_as}: {error}") from None


def _complete(values: dict[str, Any]) -> Config:
    local = values["mode"] == "local"
    if not local:
        _require_production(values)
    _require_renewal(values)
    _require_sign_on(values)
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
    values["public_url"] = values["public_url"] or f"http://127.0.0.1:{values['port']}"
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


def _require_renewal(values: dict[str, Any]) -> None:
    renewed, lasts = values["lease_renew_seconds"], values["lease_seconds"]
    if renewed >= lasts:
        raise ConfigError(
            f"RELAY_LEASE_RENEW_SECONDS={renewed:g} must be less than "
            f"RELAY_LEASE_SECONDS={lasts:g}: a claim would end while it is worked on"
        )


def _require_sign_on(values: dict[str, Any]) -> None:
    issuer = urlsplit(values["oidc_issuer"])
    if issuer.scheme == "http" and issuer.hostname not in {"127.0.0.1", "localhost"}:
        raise ConfigError("RELAY_OIDC_ISSUER must begin with https://")
    if values["oidc_issuer"] and not values["oidc_client_id"]:
        raise ConfigError("RELAY_OIDC_CLIENT_ID is missing: what the provider calls the relay")
    if not values["password_sign_in"] and not values["oidc_issuer"]:
        raise ConfigError(
            "RELAY_PASSWORD_SIGN_IN=off needs RELAY_OIDC_ISSUER: nobody could sign in"
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
        draft = data_dir / f"secret_key.{secrets.token_hex(4)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):  # another process was first: its key counts
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()
