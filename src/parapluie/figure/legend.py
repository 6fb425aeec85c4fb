"""Legends: signs with their words, in as many lines as they need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from parapluie.figure.canvas import Canvas
from parapluie.figure.texts import SMALL, width

AFTER, BETWEEN = 4.0, 9.0
"""Gaps behind a sign and behind its words."""


@dataclass(frozen=True)
class Entry:
    """A sign and its words.

    Parameters
    ----------
    words : str
    wide : float
        Width of the sign in points; 0 for a title.
    draw : callable
        Draws the sign: canvas, x of its left edge, y of its middle.
    """

    words: str
    wide: float = 0.0
    draw: Callable[[Canvas, float, float], None] | None = None

    @property
    def need(self) -> float:
        """Width of sign and words."""
        return self.wide + (AFTER if self.wide else 0.0) + width(self.words, SMALL)


def lines_of(entries: Sequence[Entry], room: float) -> list[list[Entry]]:
    """Break entries into lines of at most `room` points."""
    lines: list[list[Entry]] = [[]]
    used = 0.0
    for entry in entries:
        if lines[-1] and used + entry.need > room:
            lines.append([])
            used = 0.0
        lines[-1].append(entry)
        used += entry.need + BETWEEN
    return lines


def draw_legend(
    canvas: Canvas, lines: Sequence[Sequence[Entry]], x: float, y: float, line: float, name: str
) -> float:  # fmt: skip
    """Draw the lines from `y` downwards; give the y below them."""
    for n, entries in enumerate(lines):
        at, middle = x, y + (n + 0.5) * line
        for m, entry in enumerate(entries):
            if entry.draw:
                entry.draw(canvas, at, middle)
                at += entry.wide + AFTER
            canvas.write(at, middle, entry.words, f"legend-{name}-{n}-{m}", size=SMALL)
            at += width(entry.words, SMALL) + BETWEEN
    return y + len(lines) * line
