"""Colours, lines and markers of the figures; a look never rests on its colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from parapluie.drawing import OKABE_ITO

INK, GREY, BAND, RULE = "#1a1a1a", "#595959", "#f1f4f7", "#8c8c8c"
"""Type and intervals; lesser words; every second row; thin lines."""
SQUARE = "#6b7f93"
"""Markers: light enough that an interval shorter than its square is seen on it."""
ACCENT = OKABE_ITO["blue"]
"""Pooled results."""
THIN, LINE_WIDTH, PI_WIDTH = 0.6, 0.9, 2.0
"""Widths of lines in points; journals ask for at least 0.5."""
AREA_MAX, AREA_ALONE, AREA_MIN = 52.0, 22.0, 4.5
"""Areas of squares in square points: at the greatest weight, without weights, and the least that
is seen behind an interval."""
FULL_ROOM = 110.0
"""Length of an axis, in points, below which squares shrink with it."""
DIAMOND = 0.36
"""Half the height of a diamond, in lines."""


@dataclass(frozen=True)
class Look:
    """A marker: its sign in matplotlib, its colour, and that of its edge."""

    sign: str = "s"
    colour: str = SQUARE
    edge: str = INK
    scale: float = 1.0


QUALITY = {
    "high": Look("s", "#0B3C6B"),
    "moderate": Look("o", "#4C95C8", scale=1.25),
    "low": Look("^", "#F0C27A", scale=1.35),
    "critically_low": Look("v", "#C65A11", scale=1.35),
    "set": Look("D", "#E3B58F", scale=0.85),
    "": Look("s", "#FFFFFF"),
}
"""AMSTAR 2 grade to the look of a marker: form and colour tell the same. ``set``: several grades
are possible; ``""``: not rated."""
PLAIN = Look()


def look_of(style: str) -> Look:
    """Give the look of a style; the plain square for none."""
    return QUALITY[style.removeprefix("quality:")] if style.startswith("quality:") else PLAIN


def quality_style(grades: tuple[str, ...]) -> str:
    """Name the style of a review by its grades."""
    if len(grades) > 1:
        return "quality:set"
    return f"quality:{grades[0]}" if grades and grades[0] in QUALITY else "quality:"
