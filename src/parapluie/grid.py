"""Parts of drawings that are grids of labelled cells: sizes in mm, text measured before it is set.

The axes of a grid count in mm from the top left corner, so that a drawing grows with its content
and type keeps its size.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from parapluie.drawing import MM_PER_INCH, new_figure
from parapluie.fonts import families

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POINT = MM_PER_INCH / 72
"""One typographic point in mm."""

LINE = 1.25
"""Height of a line of text, in sizes of its type."""

SPARE = 1.04
"""Renderers round widths of glyphs differently; texts get this much more room than measured."""


@functools.lru_cache(maxsize=8)
def _font(weight: str) -> Any:
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    path = font_manager.findfont(font_manager.FontProperties(family=families()[0], weight=weight))
    # One of its own: renderers change the size of those that matplotlib hands out.
    font = FT2Font(path)
    font.set_size(100, 72)
    return font


@functools.lru_cache(maxsize=20000)
def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Measure a line of text.

    Parameters
    ----------
    text : str
    size : float
        Size of the type in points.
    weight : {"normal", "bold"}

    Returns
    -------
    float
        Width in mm.
    """
    font = _font(weight)
    font.set_text(text, 0.0)
    width: float = font.get_width_height()[0] / 64 / 100
    return width * size * POINT * SPARE


def wrap(text: str, width: float, size: float) -> list[str]:
    """Break a text into lines of at most `width` mm; words too long for a line are broken too."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        for piece in _pieces(word, width, size):
            joined = f"{line} {piece}" if line else piece
            if line and text_width(joined, size) > width:
                lines.append(line)
                line = piece
            else:
                line = joined
    return [*lines, line] if line or not lines else lines


def _pieces(word: str, width: float, size: float) -> Iterable[str]:
    while len(word) > 1 and text_width(word, size) > width:
        end = len(word)
        while end > 1 and text_width(word[:end], size) > width:
            end -= 1
        yield word[:end]
        word = word[end:]
    yield word


def height_of(lines: int, size: float) -> float:
    """Give the height in mm of that many lines of text."""
    return lines * LINE * size * POINT


def sheet(width: float, height: float) -> tuple[Figure, Axes]:
    """Make a figure of a size in mm with axes that count mm from its top left corner."""
    figure = new_figure(width, height)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    return figure, axes


def text(axes: Axes, x: float, y: float, words: str, *, key: str = "", **style: Any) -> None:
    """Set a text at a place in mm; with a key it is a traceable number.

    Vertical alignment is ``center`` and the anchor of rotated text ``anchor``, unless given.
    """
    style = {"va": "center", "rotation_mode": "anchor", **style}
    made = axes.text(x, y, words, **style)
    made.set_parse_math(False)
    if key:
        made.set_gid(f"key:{key}")


def lines(axes: Axes, x: float, y: float, words: Sequence[str], size: float, **style: Any) -> float:
    """Set lines of text from the top at `y` downwards; give the y below them."""
    step = height_of(1, size)
    for i, line in enumerate(words):
        text(axes, x, y + (i + 0.5) * step, line, fontsize=size, **style)
    return y + len(words) * step


def boxes(
    axes: Axes, places: Sequence[tuple[float, float, float, float]], colours: Sequence[str]
) -> None:
    """Fill rectangles given as (x, y, width, height) in mm, each in its colour."""
    from matplotlib.collections import PolyCollection

    corners = [[(x, y), (x + w, y), (x + w, y + h), (x, y + h)] for x, y, w, h in places]
    axes.add_collection(
        PolyCollection(corners, facecolors=colours, edgecolors="#FFFFFF", linewidths=0.5),
        autolim=False,
    )


def ink(colour: str) -> str:
    """Give black or white, whichever reads better on a colour given as #RRGGBB (WCAG 2)."""
    channels = [int(part, 16) / 255 for part in re.findall("..", colour.lstrip("#"))]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (light + 0.05) ** 2 > 0.05 * 1.05 else "#FFFFFF"


def labels_of(reviews: Any) -> dict[str, str]:
    """Name reviews by first author and year; the id is added where two would read the same.

    Parameters
    ----------
    reviews : frame
        With review_id, and first_author and year where known.
    """
    named: dict[str, str] = {}
    for row in reviews.to_dict("records"):
        author, year = str(row.get("first_author", "")), row.get("year", "")
        digits = re.match(r"\d{4}", str(year))
        parts = [author, digits.group() if digits else ""]
        known = author not in ("", "NR", "NA")
        named[str(row["review_id"])] = (
            " ".join(p for p in parts if p) if known else row["review_id"]
        )
    names = list(named.values())
    return {k: f"{v} ({k})" if names.count(v) > 1 and v != k else v for k, v in named.items()}
