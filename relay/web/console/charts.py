"""The geometry of bar charts, which templates/console/_chart.html draws as SVG.

A slot is one place on the axis, a time or a name; in it stand stacks of bars side by side.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

WIDTH = 1000
"""Units that a drawing is wide, whatever its width on the screen."""

HEIGHT = 100
"""Units from the axis to the top."""

GAP = 0.25
"""The share of a slot that stays free between it and the next."""

LABELS = 5
"""Slots of times that have their label below the axis."""


@dataclass(frozen=True, slots=True)
class Series:
    """What is counted: its name for people and the tone of its bars (good, busy, warn, ...)."""

    label: str
    tone: str


@dataclass(frozen=True, slots=True)
class Slot:
    """One place on the axis with a value for each series; `href` leads to what is counted there.

    It is named by the time at which it begins, or by a label.
    """

    values: Sequence[int]
    at: datetime | None = None
    label: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    tone: str


@dataclass(frozen=True, slots=True)
class Place:
    """One slot as it is drawn: `x` and `width` of all of it, and its bars."""

    slot: Slot
    x: float
    width: float
    bars: list[Bar]


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing: `top` is the value at HEIGHT, `labelled` the slots that are named at the axis."""

    series: Sequence[Series]
    places: list[Place]
    top: int
    labelled: list[Slot]
    daily: bool

    @property
    def sums(self) -> list[int]:
        """The sum of each series."""
        slots = [place.slot.values for place in self.places]
        return [sum(column) for column in zip(*slots, strict=True)] or [0] * len(self.series)


def draw(
    series: Sequence[Series],
    slots: Sequence[Slot],
    stacks: Sequence[Sequence[int]],
    *,
    daily: bool = False,
) -> Chart:
    """Bars for every slot. `stacks` names, by their place in `series`, those that stand on each
    other, from left to right; `daily` says that times are days, which are told without an hour."""
    heights = [sum(slot.values[one] for one in stack) for slot in slots for stack in stacks]
    top = nice_top(max(heights, default=0))
    width = WIDTH / max(len(slots), 1)
    places = [
        Place(slot, _short(number * width), _short(width), _bars(series, slot, stacks, top))
        for number, slot in enumerate(slots)
    ]
    placed = [_moved(place) for place in places]
    return Chart(series, placed, top, _labelled(slots), daily)


def nice_top(most: int) -> int:
    """The least of 1, 2, 4, 5, 10, 20, 40, 50, ... that is not below."""
    size = 1
    while True:
        for step in (1, 2, 4, 5):
            if step * size >= most:
                return step * size
        size *= 10


def _bars(
    series: Sequence[Series], slot: Slot, stacks: Sequence[Sequence[int]], top: int
) -> list[Bar]:
    """The bars of a slot of width 1 at 0."""
    wide = (1 - GAP) / len(stacks)
    bars = []
    for number, stack in enumerate(stacks):
        below = 0
        for one in stack:
            value = slot.values[one]
            if value:
                height = HEIGHT * value / top
                y = HEIGHT * (1 - (below + value) / top)
                bars.append(Bar(GAP / 2 + number * wide, y, wide, height, series[one].tone))
            below += value
    return bars


def _moved(place: Place) -> Place:
    bars = [
        Bar(
            _short(place.x + bar.x * place.width),
            _short(bar.y),
            _short(bar.width * place.width),
            _short(bar.height),
            bar.tone,
        )
        for bar in place.bars
    ]
    return Place(place.slot, place.x, place.width, bars)


def _short(number: float) -> float:
    return round(number, 2)


def _labelled(slots: Sequence[Slot]) -> list[Slot]:
    """All that have a label; of times a few at even distances."""
    if len(slots) <= LABELS or not slots[0].at:
        return list(slots)
    return [slots[round(part * (len(slots) - 1) / (LABELS - 1))] for part in range(LABELS)]
