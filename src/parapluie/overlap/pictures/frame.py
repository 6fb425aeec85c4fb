"""Names, legends and notes about the figures of the overlap, and the sizes they share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from parapluie.figure.canvas import Canvas
from parapluie.figure.legend import Entry
from parapluie.figure.sizes import LINE
from parapluie.figure.texts import Cell, width, wrap
from parapluie.rounding import half_away

LABEL_SHARE, HEAD_MAX = 0.34, 100.0
"""Most that names of rows take of the width; longest line of a name that stands turned."""

_END = re.compile(r"\s(\d{4}(?: \(\S{1,12}\))?)$")


def turned(name: str, most: int = 2) -> list[str]:
    """Break a name that stands turned into lines.

    What does not fit is left out before the year, or the id, at its end; the sign … stands there.
    """
    lines = wrap(name, HEAD_MAX)
    if len(lines) <= most:
        return lines
    found = _END.search(name)
    end = found.group(1) if found else ""
    last = lines[most - 1]
    while len(last) > 1 and width(f"{last}… {end}") > HEAD_MAX:
        last = last[:-1]
    return [*lines[: most - 1], f"{last.rstrip(' ,;')}… {end}".strip()]


def write_turned(
    canvas: Canvas, x: float, y: float, lines: Sequence[str], gid: str, up: bool
) -> None:
    """Write a name turned by a quarter: upwards from `y`, or ending there from below."""
    for m, line in enumerate(lines):
        at = x + (m - (len(lines) - 1) / 2) * LINE
        canvas.write(
            at, y, line, f"{gid}-{m}", rotation=90, ha="center", va="bottom" if up else "top"
        )


def box_sign(colour: str, edge: str = "#777777") -> Callable[[Canvas, float, float], None]:
    """Give the sign of a filled box."""

    def draw(canvas: Canvas, x: float, y: float) -> None:
        canvas.box(x, y - 3.6, 9.0, 7.2, fc=colour, ec=edge, lw=0.5)

    return draw


def box_entry(colour: str, words: str) -> Entry:
    """Give a filled box with its words."""
    return Entry(words, 9.0, box_sign(colour))


def left_out(names: Sequence[str]) -> Iterator[list[Cell]]:
    """Say which reviews are not in a figure."""
    if names:
        yield [(f"Left out, as their studies are not listed: {'; '.join(names)}.", "")]


def percent(share: float) -> str:
    """Write a proportion as a percent with one decimal; 100 without, and never for less.

    Examples
    --------
    >>> percent(0.0657), percent(1.0), percent(0.9999)
    ('6.6', '100', '99.9')
    """
    return "100" if share == 1 else f"{min(half_away(100 * share, 1), Decimal('99.9')):f}"
