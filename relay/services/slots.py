"""Which lane may use how many of a process's senders, so that none takes them all."""

import threading
from collections import Counter
from uuid import UUID


class Slots:
    """`size` slots. A lane may hold as many as it leaves free, and none touches the last quarter
    but a lane that holds none: however many targets hang, the next one finds a sender."""

    def __init__(self, size: int) -> None:
        self._size = max(size, 1)
        self._kept = self._size // 4
        self._held: Counter[UUID] = Counter()
        self._hungry: dict[UUID, None] = {}
        self._change = threading.Condition()

    def reserve(self, lane: UUID, most: int) -> int:
        """Take up to `most` slots; 0 when there is none, and then the lane is remembered."""
        with self._change:
            share = min(self._share(lane), most)
            if share <= 0:
                self._hungry[lane] = None
                return 0
            self._held[lane] += share
            return share

    def free(self, lane: UUID, count: int = 1) -> None:
        """Give slots back."""
        if count:
            with self._change:
                self._held[lane] -= count
                if self._held[lane] <= 0:
                    del self._held[lane]
                self._change.notify_all()

    def hungry(self) -> list[UUID]:
        """The lanes that found no slot since this was last asked, the longest waiting first."""
        with self._change:
            lanes = list(self._hungry)
            self._hungry.clear()
            return lanes

    def held(self) -> int:
        """How many slots are held."""
        with self._change:
            return self._held.total()

    def wait_empty(self, seconds: float) -> bool:
        """Wait until no slot is held; False when some still are after this time."""
        with self._change:
            return self._change.wait_for(lambda: not self._held, seconds)

    def _share(self, lane: UUID) -> int:
        free = self._size - self._held.total()
        own = self._held.get(lane, 0)
        if free <= 0:
            return 0
        fair = (own + free - self._kept + 1) // 2 - own
        return max(fair, 0 if own else 1)
