"""`python -m relay worker`: stores submissions and forwards deliveries."""

import logging

import click

from relay import logs
from relay.cli.command import OnRuntime
from relay.cli.listener import listen
from relay.runtime import current
from relay.services import pool
from relay.services.heartbeat import Heartbeat
from relay.services.looking import ring
from relay.services.senders import Senders

logger = logging.getLogger(__name__)

DRAIN_SECONDS = 8.0
"""How long a stopping worker waits for requests under way; hosts kill after ten seconds."""


@click.command(cls=OnRuntime)
def worker() -> None:
    """Do the work: store what arrived, forward what is owed. Start as many as you like."""
    rt = current()
    logs.set_up(rt.config, "worker")
    senders = Senders(rt)
    pool.install(senders)
    logger.info("working with %d senders", rt.config.senders)
    with Heartbeat(rt, "worker", beside=ring):
        listen(rt.config.redis_url)
        senders.drain(DRAIN_SECONDS)
    senders.close()
    logger.info("stopped")
