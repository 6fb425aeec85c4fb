"""The axis of an effect: its ends, its ticks, and how numbers stand at them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np

from parapluie.figure.texts import width
from parapluie.forest.model import Row
from parapluie.measures import Measure

APART = 4.5
"""Least gap between the labels of two ticks, in points."""
REACH = 3.0
"""How far beyond the outermost estimate the axis may go, in typical half-widths."""

_DECADES = range(-9, 10)
_RATIO_ENDS = [m * 10.0**e for e in _DECADES for m in (1, 2, 5)]
"""Values at which the axis of a ratio may end."""
_NEAR_ENDS = [m * 10.0**e for e in (-1, 0) for m in (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9)]
"""More of them, for an axis that spans less than a factor of six."""
_RATIO_MARKS = (
    [10.0**e for e in _DECADES] + [0.5, 2.0, 0.25, 4.0] + [5 * 10.0**e for e in _DECADES]
    + [2 * 10.0**e for e in _DECADES]
)  # fmt: skip
"""Values that a reader expects at the axis of a ratio, the most wanted first."""
_NEAR_ONE = [0.8, 1.25, 0.6, 0.7, 0.9, 1.1, 1.5, 3.0]
"""More of them, for an axis that spans less than a factor of four."""


def limits(
    rows: Sequence[Row],
    pooled: Sequence[Row],
    measure: Measure,
    given: tuple[float, float] | None = None,
) -> tuple[float, float]:
    """Give the ends of the axis on the natural scale.

    Without given ends, the axis holds every estimate, the pooled results and the null value, and
    the intervals as far as three typical half-widths from the outermost estimate; longer ones end
    in an arrow.

    Parameters
    ----------
    rows : sequence of Row
        Results with a marker.
    pooled : sequence of Row
        Diamonds and prediction intervals of the whole; those of subgroups may end in arrows.
    measure : Measure
    given : (float, float), optional
        Ends that the team wants.
    """
    if given:
        return given
    to = measure.to_analysis
    middle = [x for r in rows if not math.isnan(x := to(r.estimate))]
    ends = [(to(r.low), to(r.high)) for r in rows if r.low > 0 or not measure.log]
    ends = [e for e in ends if math.isfinite(e[0]) and math.isfinite(e[1])]
    reach = REACH * float(np.median([(b - a) / 2 for a, b in ends])) if ends else 0.5
    whole = [x for r in pooled for x in (to(r.low), to(r.high)) if math.isfinite(x)]
    must = [*middle, *([to(measure.null)] if measure.null is not None else [])] or [0.0]
    span = max(must) - min(must) + 2 * reach
    must += [x for x in whole if min(must) - span <= x <= max(must) + span]
    low = max(min([e[0] for e in ends] + must), min(must) - reach)
    high = min(max([e[1] for e in ends] + must), max(must) + reach)
    pad = 0.04 * (high - low) or 0.5
    return rounded(low - pad, high + pad, measure.log)


def rounded(low: float, high: float, log: bool) -> tuple[float, float]:
    """Round ends (on the scale of analysis) outwards to values that a reader expects at an axis."""
    if log:
        marks = _RATIO_ENDS
        if high - low < math.log(6):
            marks = sorted({*_RATIO_ENDS, *_NEAR_ENDS})
        below = [s for s in marks if math.log(s) <= low + 1e-9]
        above = [s for s in marks if math.log(s) >= high - 1e-9]
        return (below or marks)[-1], (above or marks[::-1])[0]
    step = _step(high - low) / 2
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step


def _step(span: float) -> float:
    """Give the distance between ticks: 1, 2 or 5 times a power of ten, four to eight in a span."""
    base = 10.0 ** math.floor(math.log10(span / 4))
    return max(m * base for m in (1, 2, 5) if m * base <= span / 4 * 1.0000001)


def ticks(low: float, high: float, log: bool, room: float) -> dict[float, str]:
    """Give ticks with their labels, as many as stand apart on an axis `room` points long.

    Parameters
    ----------
    low, high : float
        Ends of the axis on the natural scale.
    log : bool
        Whether the axis is logarithmic; 1 and its ends come first then.
    room : float
        Length of the axis in points.
    """
    if log:
        unit = room / math.log(high / low)
        wanted = [1.0, low, high, *_RATIO_MARKS, *(_NEAR_ONE if high / low < 4 else [])]
        kept: list[float] = []
        for mark in (m for m in wanted if low <= m <= high and m not in kept):
            if all(_stand_apart(mark, k, abs(math.log(mark / k)) * unit) for k in kept):
                kept.append(mark)
        return {mark: tick_label(mark) for mark in sorted(kept)}
    for marks in _even_marks(low, high):
        gap = (marks[1] - marks[0]) * room / (high - low) if len(marks) > 1 else math.inf
        if all(_stand_apart(a, b, gap) for a, b in itertools.pairwise(marks)):
            break
    return {mark: tick_label(mark) for mark in marks}


def _even_marks(low: float, high: float) -> Iterator[list[float]]:
    """Give evenly spaced marks, fewer each time."""
    first = _step(high - low)
    base = 10.0 ** math.floor(math.log10(first) + 1e-9)
    steps = [m * base * e for e in (1, 10) for m in (1, 2, 5)]
    for step in [s for s in steps if s >= first * 0.999][:4]:
        whole = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
        yield [round(i * step, 10) + 0.0 for i in whole]


def tick_label(mark: float) -> str:
    """Write the number at a tick, without powers of ten while it has few digits."""
    text = f"{mark:.10f}".rstrip("0").rstrip(".") if 1e-5 <= abs(mark) < 1e7 else f"{mark:g}"
    return ("0" if mark == 0 else text).replace("-", "−")


def _stand_apart(one: float, other: float, gap: float) -> bool:
    half = (width(tick_label(one)) + width(tick_label(other))) / 2
    return gap > half + APART
