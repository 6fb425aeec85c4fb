"""Funnel plots: effects against their standard errors, with contours of significance."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parapluie.effects.bias import Asymmetry, egger
from parapluie.effects.pooling import pool
from parapluie.effects.regression import critical_value
from parapluie.effects.trim_fill import Filled, trim_and_fill
from parapluie.figure.canvas import Canvas
from parapluie.figure.legend import Entry
from parapluie.figure.looks import ACCENT, INK, SQUARE, THIN, Look
from parapluie.figure.spots import Spot
from parapluie.forest.axis import rounded
from parapluie.forest.model import Cell, interval, note, number, p_value
from parapluie.forest.panel import Frame, Panel
from parapluie.forest.pools import Pool
from parapluie.forest.sources import Sources
from parapluie.measures import Measure

Array = NDArray[np.float64]

FEWEST = 10
"""Studies below which asymmetry cannot be told from chance (Sterne et al. BMJ 2011;343:d4002)."""
CONTOURS = ((0.01, "#E6EBF0", "0.01 to 0.05"), (0.05, "#C7D1DB", "0.05 to 0.10"),
            (0.10, "#FFFFFF", "above 0.10 (inside)"))  # fmt: skip
"""Upper p of each band from outside inwards: what lies inside has a larger p."""
EDGE = "#8fa1b3"
MAX_MM = 120.0
SHARE = 0.62
"""Height of the axes as a share of the width of the figure."""
ESTIMATOR = "L0"


@dataclass(frozen=True)
class Funnel:
    """What a funnel plot shows besides its studies.

    Parameters
    ----------
    pool : Pool
    filled : Filled
        Studies that trim and fill adds.
    with_filled : tuple
        Pooled effect and interval with them, natural values; empty where none is added.
    egger : Asymmetry
    """

    pool: Pool
    filled: Filled
    with_filled: tuple[float, float, float] | tuple[()]
    egger: Asymmetry
    favours: tuple[str, str] | None = None
    stem: str = ""
    title: str = ""
    caption: str = ""
    notes: Sequence[Sequence[Cell]] = field(default_factory=list)


def funnel_reason(pool: Pool) -> str:
    """Say why no funnel plot is drawn; empty where it is."""
    return "" if pool.k >= FEWEST else f"not_estimable: k={pool.k}, fewer than {FEWEST}"


def funnel(sources: Sources, pool_of: Pool) -> Funnel:
    """Compute what the funnel plot of a pool shows."""
    filled = trim_and_fill(pool_of.yi, pool_of.vi, pool_of.method, ESTIMATOR)
    pooled: tuple[float, float, float] | tuple[()] = ()
    if filled.k0:
        again = pool(filled.yi, filled.vi, pool_of.method, pool_of.ci, pool_of.pi)
        ends = (again.estimate, again.ci_low, again.ci_high)
        pooled = (pool_of.measure.to_natural(ends[0]), pool_of.measure.to_natural(ends[1]),
                  pool_of.measure.to_natural(ends[2]))  # fmt: skip
    test = egger(pool_of.yi, pool_of.vi)
    made = Funnel(pool_of, filled, pooled, test)
    return Funnel(
        pool_of, filled, pooled, test,
        favours=sources.favours(pool_of.outcome),
        stem=f"{pool_of.stem}__funnel",
        title=f"{pool_of.label}: funnel plot of {number(float(pool_of.k), 0)} studies",
        caption="Each point is a study; the band in which it lies tells the p of its own effect. "
        "Dashed: the pooled result and the limits within which 95% of studies would lie without "
        "heterogeneity. Lopsided funnels have many causes; missing studies are one.",
        notes=_notes(made),
    )  # fmt: skip


def _notes(made: Funnel) -> list[list[Cell]]:
    key = f"forest.funnel.{made.pool.id}"
    found: list[list[Cell]] = []
    if made.egger.reason:
        found.append(note(f"Egger's test: {made.egger.reason}."))
    else:
        found.append(
            [("Egger's test:", ""), (f"t = {number(made.egger.statistic)},", f"{key}.egger_t"),
             (f"df = {made.egger.df:.0f},", f"{key}.egger_df"),
             (f"{p_value(made.egger.p)}.", f"{key}.egger_p")]
        )  # fmt: skip
    if made.filled.reason:
        return [*found, note(f"Trim and fill: {made.filled.reason}.")]
    words = [("Trim and fill adds", ""), (number(float(made.filled.k0), 0), f"{key}.k0")]
    if made.with_filled:
        what = "study" if made.filled.k0 == 1 else "studies"
        with_ = "it" if made.filled.k0 == 1 else "them"
        side = f"{what} on the {made.filled.side} (open circles); pooled with {with_}"
        words += [(side, ""),
                  (f"{interval(*made.with_filled)}.", f"{key}.filled_estimate")]  # fmt: skip
    else:
        words.append(("studies.", ""))
    return [*found, words]


def draw_funnel(made: Funnel, width_mm: float) -> tuple[Any, list[Spot]]:
    """Draw the plot; give the figure and its spots."""
    pool_of, measure = made.pool, made.pool.measure
    panel = Panel(
        min(width_mm, MAX_MM), min(width_mm, MAX_MM) * SHARE,
        Frame(
            f"{measure.label}{' (log scale)' if measure.log else ''}", "Standard error",
            made.notes, made.favours, legend=_legend(bool(made.filled.k0)),
        ),
    )  # fmt: skip
    se = np.sqrt(pool_of.vi)
    deepest = float(se.max()) * 1.06
    ends = _ends(made, deepest)
    panel.x_axis(ends, measure.log)
    panel.y_axis(deepest, 0.0)
    _contours(panel, measure, deepest, ends)
    _limits(panel, made, deepest)
    _points(panel, made, se)
    return panel.figure, _spots(panel, made, se)


def _ends(made: Funnel, deepest: float) -> tuple[float, float]:
    """Give the ends of the axis: all studies, and the limits of the funnel as far as 1.5 of it."""
    measure = made.pool.measure
    centre = measure.to_analysis(float(made.pool.main["natural_estimate"]))
    half = critical_value(math.inf) * deepest
    every = [*made.pool.yi, *made.filled.added[0], centre - half, centre + half]
    if measure.null is not None:
        every.append(measure.to_analysis(measure.null))
    low, high = float(min(every)), float(max(every))
    pad = 0.03 * (high - low)
    return rounded(low - pad, high + pad, measure.log)


def _contours(
    panel: Panel, measure: Measure, deepest: float, ends: tuple[float, float]
) -> None:  # fmt: skip
    """Shade the bands of p about the null value; nothing where a measure has none."""
    if measure.null is None:
        return
    null = measure.to_analysis(measure.null)
    for p, colour, _ in CONTOURS:
        half = critical_value(math.inf, 1 - p) * deepest
        x = [measure.to_natural(v) for v in (null - half, null, null + half)]
        panel.axes.fill(x, [deepest, 0, deepest], fc=colour, ec=EDGE, lw=0.4, zorder=0.2,
                        gid=f"contour-{p:g}")  # fmt: skip
    panel.axes.axvline(measure.null, color=INK, lw=THIN, zorder=0.5, gid="null")
    panel.axes.set_xlim(*ends)


def _limits(panel: Panel, made: Funnel, deepest: float) -> None:
    """Draw the pooled result and the limits of the funnel about it.

    They are straight on the scale of analysis, which is the scale of the axis.
    """
    measure, axes = made.pool.measure, panel.axes
    estimate = float(made.pool.main["natural_estimate"])
    centre, half = measure.to_analysis(estimate), critical_value(math.inf) * deepest
    axes.plot([estimate, estimate], [0, deepest], color=ACCENT, lw=THIN, ls=(0, (3, 2)),
              gid="reference")  # fmt: skip
    for side in (-1, 1):
        axes.plot([estimate, measure.to_natural(centre + side * half)], [0, deepest],
                  color=ACCENT, lw=THIN, ls=(0, (3, 2)), gid=f"limit-{side}")  # fmt: skip


def _points(panel: Panel, made: Funnel, se: Array) -> None:
    measure = made.pool.measure
    x = [measure.to_natural(float(y)) for y in made.pool.yi]
    panel.axes.scatter(x, se, s=16, c=SQUARE, edgecolors=INK, linewidths=0.5, zorder=3,
                       gid="studies")  # fmt: skip
    yi, vi = made.filled.added
    if yi.size:
        added = [measure.to_natural(float(y)) for y in yi]
        panel.axes.scatter(added, np.sqrt(vi), s=16, facecolors="#FFFFFF", edgecolors=ACCENT,
                           linewidths=0.8, zorder=2.9, gid="added", clip_on=False)  # fmt: skip


def _legend(added: bool) -> list[list[Entry]]:
    """Name the bands, and the open circles where there are any."""
    bands = [("up to 0.01 (outside)", "#FFFFFF"), *((words, c) for _, c, words in CONTOURS)]
    signs = [("study", SQUARE, INK), *([("added by trim and fill", "#FFFFFF", ACCENT)] * added)]
    return [
        [Entry("p of a study:"), *(Entry(words, 8.0, _band(colour)) for words, colour in bands)],
        [Entry(words, 6.0, _circle(face, edge)) for words, face, edge in signs],
    ]


def _band(colour: str) -> Callable[[Canvas, float, float], None]:
    def draw(canvas: Canvas, x: float, y: float) -> None:
        canvas.box(x, y - 3, 8, 6, fc=colour, ec=EDGE, lw=0.5)

    return draw


def _circle(face: str, edge: str) -> Callable[[Canvas, float, float], None]:
    def draw(canvas: Canvas, x: float, y: float) -> None:
        canvas.mark(x + 3, y, Look("o", face, edge), 16.0, mew=0.7)

    return draw


def _spots(panel: Panel, made: Funnel, se: Array) -> list[Spot]:
    pool_of = made.pool
    found = []
    for i, name in enumerate(pool_of.names):
        x, y = panel.place(pool_of.measure.to_natural(float(pool_of.yi[i])), float(se[i]))
        effect = number(pool_of.measure.to_natural(float(pool_of.yi[i])))
        facts = [
            (pool_of.measure.code, effect, pool_of.study_key(i)),
            ("Standard error", number(float(se[i]), 3), pool_of.study_key(i, "se")),
        ]
        found.append(Spot(f"point{i}", name, facts, x - 4, panel.height - y - 4, 8, 8))
    return found
