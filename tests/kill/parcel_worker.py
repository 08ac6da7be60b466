"""A worker process, as `python -m relay worker`, that knows parcels too."""

from dataclasses import replace

from relay import logs, runtime
from relay.app import build_runtime
from relay.catalog import load_catalog
from relay.cli.listener import listen
from relay.config import load_config
from relay.core.kinds import Catalog
from relay.services import pool
from relay.services.senders import Senders
from tests.services.parcels import kind


def catalog() -> Catalog:
    """All kinds, and parcels."""
    known = load_catalog()
    return replace(known, sources={**known.sources, "parcel": kind()})


def main() -> None:
    """Work until a signal comes."""
    config = load_config()
    logs.set_up(config, "worker")
    made = build_runtime(config, catalog=catalog())
    runtime.install(made)
    pool.install(Senders(made))
    listen(config.redis_url)


if __name__ == "__main__":
    main()
