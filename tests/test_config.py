"""The settings: what is taken, what is refused and in which words."""

import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path

import pytest

from relay.config import Config, ConfigError, load_config
from relay.settings import SETTINGS

PRODUCTION = {
    "SECRET_KEY": "k" * 32,
    "RELAY_PUBLIC_URL": "https://leads.example.com/",
    "DATABASE_URL": "postgresql://relay@db/relay",
}


def _local(tmp_path: Path, **more: str) -> Config:
    return load_config({"RELAY_MODE": "local", "RELAY_DATA_DIR": str(tmp_path), **more})


def test_the_table_and_the_config_hold_the_same_settings() -> None:
    assert [setting.field for setting in SETTINGS] == [field.name for field in fields(Config)]
    assert all(setting.help.endswith(".") for setting in SETTINGS)


def test_production_takes_its_three_settings() -> None:
    config = load_config(PRODUCTION)
    assert config.public_url == "https://leads.example.com"
    assert config.host == "0.0.0.0"
    assert not config.local


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is missing"),
        ({"SECRET_KEY": "k" * 31}, "SECRET_KEY has 31 characters and needs at least 32"),
        ({"RELAY_PUBLIC_URL": " "}, "RELAY_PUBLIC_URL is missing"),
        ({"RELAY_PUBLIC_URL": "leads.example.com"}, "RELAY_PUBLIC_URL='leads.example.com'"),
        ({"RELAY_PUBLIC_URL": "https://"}, "RELAY_PUBLIC_URL='https://'"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is missing"),
        ({"DATABASE_URL": "mysql://host/name"}, "DATABASE_URL: must begin with postgresql://"),
        ({"PORT": "eighty"}, "PORT='eighty'"),
        ({"PORT": "70000"}, "PORT='70000'"),
        ({"RELAY_MODE": "test"}, "RELAY_MODE='test': must be local or production"),
        ({"RELAY_TRUSTED_PROXIES": "10.0.0.1/8"}, "RELAY_TRUSTED_PROXIES='10.0.0.1/8'"),
        ({"RELAY_TARGET_ALLOW": "intranet"}, "RELAY_TARGET_ALLOW='intranet'"),
        ({"RELAY_LEASE_SECONDS": "0"}, "RELAY_LEASE_SECONDS='0'"),
        ({"RELAY_LEASE_SECONDS": "nan"}, "RELAY_LEASE_SECONDS='nan'"),
        ({"RELAY_LEASE_RENEW_SECONDS": "30"}, "RELAY_LEASE_RENEW_SECONDS=30"),
        ({"RELAY_KEEP_LEADS_DAYS": "-1"}, "RELAY_KEEP_LEADS_DAYS='-1'"),
        ({"RELAY_SOURCE_RATE": "often"}, "RELAY_SOURCE_RATE='often'"),
        ({"RELAY_LOG_LEVEL": "LOUD"}, "RELAY_LOG_LEVEL='LOUD'"),
        ({"RELAY_WORKERS": "0"}, "RELAY_WORKERS='0'"),
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL: must begin with redis://"),
    ],
)
def test_what_is_missing_or_wrong_is_named(change: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config(PRODUCTION | change)
    assert said in str(refused.value)


def test_a_refusal_never_repeats_a_secret() -> None:
    with pytest.raises(ConfigError) as refused:
        load_config(PRODUCTION | {"SECRET_KEY": "hunter2"})
    assert "hunter2" not in str(refused.value)
    with pytest.raises(ConfigError) as refused:
        load_config(PRODUCTION | {"DATABASE_URL": "mysql://relay:hunter2@host/name"})
    assert "hunter2" not in str(refused.value)


def test_sqlite_in_production_needs_a_named_directory(tmp_path: Path) -> None:
    given = PRODUCTION | {"DATABASE_URL": "", "RELAY_DATA_DIR": str(tmp_path)}
    assert load_config(given).database_url == f"sqlite:///{tmp_path}/relay.db"


def test_a_local_relay_needs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = load_config({"RELAY_MODE": "local"})
    assert config.data_dir == tmp_path / "var"
    assert config.host == "127.0.0.1"
    assert config.public_url == "http://127.0.0.1:8000"
    assert config.own_redis == tmp_path / "var" / "redis.sock"


def test_a_local_secret_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    data_dir = tmp_path / "new" / "var"
    first = _local(data_dir)
    assert len(first.secret_key) >= 32
    assert _local(data_dir).secret_key == first.secret_key
    assert stat.S_IMODE((data_dir / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700


def test_processes_that_start_together_keep_one_secret_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: _local(tmp_path).secret_key, range(8)))
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_a_given_secret_key_is_checked_in_local_mode_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="SECRET_KEY has 5 characters"):
        _local(tmp_path, SECRET_KEY="short")


def test_a_redis_that_is_given_is_not_our_own(tmp_path: Path) -> None:
    assert _local(tmp_path, REDIS_URL="redis://cache:6379/0").own_redis is None


def test_a_path_too_long_for_a_socket_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="too long for a socket"):
        _local(tmp_path / ("long" * 40))


def test_networks_may_be_separated_by_commas_or_blanks() -> None:
    config = load_config(PRODUCTION | {"RELAY_TRUSTED_PROXIES": "10.0.0.0/8, ::1/128 192.0.2.7"})
    expected = ("10.0.0.0/8", "::1/128", "192.0.2.7/32")
    assert config.trusted_proxies == tuple(ip_network(text) for text in expected)
