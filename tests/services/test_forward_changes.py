"""Settings that are changed by another process while deliveries are on their way."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from relay.services import configured
from relay.store import tables
from tests.conftest import SettableClock
from tests.peer import Answer, Peer
from tests.servers import until
from tests.services.outgoing import Outgoing


def _change(out: Outgoing, target: UUID, url: str) -> None:
    """Give the target another address, as another process would; a pause for it is lifted."""
    own = {"settings": {"url": url}, "updated_at": out.rt.clock.now()}
    with out.rt.database.write() as connection:
        connection.execute(
            sa.update(tables.targets).where(tables.targets.c.id == target).values(**own)
        )
        connection.execute(sa.update(tables.lanes).values(paused_at=None, pause=None))


def test_nothing_is_sent_by_settings_that_were_changed(
    out: Outgoing, peer: Peer, clock: SettableClock
) -> None:
    target = out.target(f"{peer.url}/old")
    delivery = out.owe(target)
    assert configured.target(out.rt, target) is not None
    clock.advance(1)
    _change(out, target, f"{peer.url}/new")
    out.forward(target)
    peer.wait_for(1)
    assert [arrival.path for arrival in peer.arrivals] == ["/new"]
    until(lambda: out.row(delivery).state == "delivered", "it was delivered")


def test_what_was_refused_under_old_settings_does_not_pause_the_new(
    out: Outgoing, peer: Peer, clock: SettableClock
) -> None:
    target = out.target(f"{peer.url}/old")
    delivery = out.owe(target)

    def change_and_refuse(_peer: Peer, connection: Any) -> None:
        clock.advance(1)
        _change(out, target, f"{peer.url}/new")
        connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")

    peer.script(change_and_refuse, Answer(200))
    out.forward(target)
    peer.wait_for(2)
    until(lambda: out.row(delivery).state == "delivered", "it was delivered")
    assert [arrival.path for arrival in peer.arrivals] == ["/old", "/new"]
    assert out.lane(target).paused_at is None
    assert out.row(delivery).attempts == 1, "the first one cost nothing"
