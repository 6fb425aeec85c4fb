"""The distribution: in how many reviews each study stands, counted and as recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parapluie.figure.below import Below
from parapluie.figure.canvas import Canvas, Place
from parapluie.figure.drawn import Draw
from parapluie.figure.looks import ACCENT, INK
from parapluie.figure.sizes import GAP, LINE, MARGIN, POINTS_PER_MM
from parapluie.figure.spots import Spot
from parapluie.figure.texts import Cell, width
from parapluie.overlap.pictures.lists import Sources
from parapluie.rounding import half_away

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROW, SINGLE, MOST_WIDTH = 12.0, 20, 120.0
"""Height of a row in points; numbers of reviews that have a row of their own; width in mm."""
TITLE = "Studies by the number of reviews that include them"
CAPTION = "Rows: in how many reviews; bars: how many studies."
RECORDED_TITLE = "Recorded distribution of studies over reviews"
RECORDED_CAPTION = "As the source prints it. Rows: in how many reviews; bars: how many studies."


@dataclass(frozen=True)
class Step:
    """A row: from how many to how many reviews, how many studies, and the key of that number."""

    low: int
    high: int
    n: int
    key: str
    source: str = ""

    @property
    def text(self) -> str:
        """Name of the row."""
        return str(self.low) if self.low == self.high else f"{self.low}–{self.high}"


def counted_steps(counts: Sequence[int]) -> list[Step]:
    """Give the rows of a counted distribution; beyond `SINGLE` reviews, rows are ranges.

    Parameters
    ----------
    counts : sequence of int
        Studies that are in 1, 2, ... reviews.

    Examples
    --------
    >>> [s.text for s in counted_steps([5] * 60)][18:]
    ['19', '20', '21–50', '51–60']
    """
    most = len(counts)
    ends = list(range(1, min(most, SINGLE) + 1))
    for end in (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000):
        if ends and ends[-1] < most:
            ends.append(min(end, most))
    steps, low = [], 1
    for high in ends:
        part = f"{low}" if low == high else f"{low}-{high}"
        steps.append(Step(low, high, sum(counts[low - 1 : high]),
                          f"overlap.all.distribution.{part}"))  # fmt: skip
        low = high + 1
    return steps


def recorded_steps(sources: Sources) -> list[Step]:
    """Give the rows of the recorded distribution."""
    return [
        Step(s.low, s.high, s.n, f"overlap.recorded.distribution.{s.text}", s.source)
        for s in sources.steps
    ]


def distribution(
    sources: Sources, steps: Sequence[Step], recorded: bool, width_mm: float
) -> list[Draw]:  # fmt: skip
    """Give the figure of a distribution."""
    wide = min(width_mm, MOST_WIDTH) * POINTS_PER_MM
    notes = recorded_notes(sources) if recorded else []
    return [lambda: _draw(sources, steps, notes, wide)]


def recorded_notes(sources: Sources) -> list[list[Cell]]:
    """Say what the recorded distribution allows."""
    notes: list[list[Cell]] = [[("As recorded by the source, not counted from lists.", "")]]
    ends = [sources.lines.get(f"overlap.recorded.cca_{e}_percent", {}) for e in ("low", "high")]
    if all(line.get("value") is not None for line in ends):
        low, high = (f"{half_away(float(line['value']), 1):f}" for line in ends)
        notes.append([
            ("Corrected covered area that it allows, in percent: from", ""),
            (low, "overlap.recorded.cca_low_percent"), ("to", ""),
            (high, "overlap.recorded.cca_high_percent"),
        ])  # fmt: skip
    return notes


def _draw(
    sources: Sources, steps: Sequence[Step], notes: Sequence[list[Cell]], wide: float
) -> tuple[Figure, list[Spot]]:  # fmt: skip
    below = Below([], notes, wide)
    head, top = "Reviews", MARGIN + LINE + GAP
    left = MARGIN + max(width(head, bold=True), *(width(s.text) for s in steps)) + GAP
    room = wide - MARGIN - left - max(width(_said(s)) for s in steps) - GAP
    foot = top + ROW * len(steps)
    canvas = Canvas(wide, foot + 2 * GAP + below.height + MARGIN, [*below.texts, "–"])
    canvas.write(left - GAP, MARGIN + LINE / 2, head, "label-rows", ha="right", weight="bold")
    canvas.write(left, MARGIN + LINE / 2, "Studies", "label-bars", weight="bold")
    most = max([s.n for s in steps] + [1])
    bars: list[Place] = []
    spots = []
    for i, step in enumerate(steps):
        y, long = top + (i + 0.5) * ROW, room * step.n / most
        bars.append((left, y - 4, long, 8))
        canvas.write(left - GAP, y, step.text, f"axis-times-{i}", ha="right")
        canvas.write(left + long + 3, y, _said(step), f"row{i}|key:{step.key}")
        place: tuple[Any, ...] = (MARGIN, y - ROW / 2, wide - 2 * MARGIN, ROW)
        source = step.source or sources.shown
        facts = [("Studies", _said(step), step.key), ("Source", source, "")]
        spots.append(Spot(f"row{i}", _name(step), facts, *place))
    canvas.boxes(bars, [ACCENT] * len(bars), edgecolors="none")
    canvas.line(left, top - 1, left, foot + 1, color=INK)
    below.draw(canvas, foot + 2 * GAP)
    return canvas.figure, spots


def _said(step: Step) -> str:
    return f"{step.n:,}" if step.n >= 10_000 else str(step.n)


def _name(step: Step) -> str:
    return f"In {step.text} {'review' if step.text == '1' else 'reviews'}"
