"""Sizes that the figures of overlap and appraisal share; in points where nothing else is said."""

from __future__ import annotations

import itertools

from parapluie.drawing import MM_PER_INCH

POINTS_PER_MM = 72 / MM_PER_INCH
MARGIN, GAP, LINE = 4.0, 5.0, 8.6
PAGE_HIGH = 235.0 * POINTS_PER_MM
"""Figures are cut into parts of at most this height."""
MIN_WIDTH = 85.0
"""The width of a column of a journal in mm: no figure is narrower."""


def chunks(count: int, most: int) -> list[range]:
    """Cut `count` things into runs of nearly equal length, none longer than `most`.

    Examples
    --------
    >>> chunks(60, 25)
    [range(0, 20), range(20, 40), range(40, 60)]
    """
    n = max(1, -(-count // max(1, most)))
    ends = [round(i * count / n) for i in range(n + 1)]
    return [range(a, b) for a, b in itertools.pairwise(ends)]
