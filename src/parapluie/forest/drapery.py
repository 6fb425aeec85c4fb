"""Drapery plots: the p of each study and of the pooled result against every null hypothesis."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parapluie.effects.curves import p_function
from parapluie.effects.pooling import Pooled, pool
from parapluie.figure.canvas import Canvas
from parapluie.figure.legend import Entry
from parapluie.figure.looks import ACCENT, INK, SQUARE, THIN
from parapluie.forest.axis import rounded
from parapluie.forest.funnel import MAX_MM, SHARE
from parapluie.forest.model import Cell, interval, note, number
from parapluie.forest.panel import Frame, Panel
from parapluie.forest.pools import Pool
from parapluie.forest.sources import Sources
from parapluie.measures import Measure

Array = NDArray[np.float64]

STEPS = 401
"""Points of a curve."""
LEVELS = (0.05, 0.01)
REGION = "#DCE7F1"


@dataclass(frozen=True)
class Drapery:
    """What the plot shows: the pool, and its pooled result with its degrees of freedom."""

    pool: Pool
    found: Pooled
    favours: tuple[str, str] | None
    stem: str
    title: str
    caption: str


def drapery(sources: Sources, pool_of: Pool) -> Drapery:
    """Compute what the plot of a pool shows."""
    return Drapery(
        pool_of,
        pool(pool_of.yi, pool_of.vi, pool_of.method, pool_of.ci, pool_of.pi),
        sources.favours(pool_of.outcome),
        stem=f"{pool_of.stem}__drapery",
        title=f"{pool_of.label}: p-value functions of the studies and of the pooled result",
        caption="Each thin curve is a study, the thick one the pooled result: its height over an "
        "effect is the p of the hypothesis that this is the true effect. Where it crosses a "
        "horizontal line its interval ends (Rücker and Schwarzer 2021).",
    )


def draw_drapery(made: Drapery, width_mm: float) -> tuple[Any, list[Any]]:
    """Draw the plot; give the figure and no spots: curves are no places to point at."""
    measure = made.pool.measure
    panel = Panel(
        min(width_mm, MAX_MM), min(width_mm, MAX_MM) * SHARE,
        Frame(
            f"{measure.label}{' (log scale)' if measure.log else ''}", "p-value", _notes(made),
            made.favours, legend=_legend(not math.isnan(made.found.pi_low)),
        ),
    )  # fmt: skip
    ends = _ends(made)
    panel.x_axis(ends, measure.log)
    panel.y_axis(0.0, 1.0)
    theta = np.linspace(measure.to_analysis(ends[0]), measure.to_analysis(ends[1]), STEPS)
    _region(panel, made)
    for i, (y, v) in enumerate(zip(made.pool.yi, made.pool.vi, strict=True)):
        _curve(panel, measure, theta, (float(y), math.sqrt(v), math.inf), color=SQUARE, lw=0.5,
               alpha=0.75, gid=f"study-{i}")  # fmt: skip
    pooled = (made.found.estimate, made.found.se, made.found.df_ci)
    _curve(panel, measure, theta, pooled, color=ACCENT, lw=1.8, gid="pooled")
    _lines(panel, made, ends)
    return panel.figure, []


def _curve(
    panel: Panel, measure: Measure, theta: Array, of: tuple[float, float, float], **style: Any
) -> None:  # fmt: skip
    """Draw one curve; its top, where p is 1, is one of its points."""
    own = np.sort(np.append(theta, of[0])) if theta[0] <= of[0] <= theta[-1] else theta
    panel.axes.plot(np.exp(own) if measure.log else own, p_function(own, *of), **style)


def _ends(made: Drapery) -> tuple[float, float]:
    """Give the ends of the axis: nine tenths of the studies' intervals, and the pooled result."""
    measure, found = made.pool.measure, made.found
    half = 2.0 * np.sqrt(made.pool.vi)
    low = [float(np.quantile(made.pool.yi - half, 0.1)), found.ci_low]
    high = [float(np.quantile(made.pool.yi + half, 0.9)), found.ci_high]
    if not math.isnan(found.pi_low):
        low.append(found.pi_low)
        high.append(found.pi_high)
    if measure.null is not None:
        low.append(measure.to_analysis(measure.null))
        high.append(measure.to_analysis(measure.null))
    reach = 4 * (float(np.median(half)) + abs(found.ci_high - found.ci_low))
    return rounded(max(min(low), found.estimate - reach), min(max(high), found.estimate + reach),
                   measure.log)  # fmt: skip


def _region(panel: Panel, made: Drapery) -> None:
    """Shade the prediction interval."""
    if not math.isnan(made.found.pi_low):
        to = made.pool.measure.to_natural
        panel.axes.axvspan(to(made.found.pi_low), to(made.found.pi_high), color=REGION, lw=0,
                           zorder=0, gid="prediction-region")  # fmt: skip


def _lines(panel: Panel, made: Drapery, ends: tuple[float, float]) -> None:
    """Draw the null line, and the levels at which intervals end."""
    null = made.pool.measure.null
    if null is not None and ends[0] <= null <= ends[1]:
        panel.axes.axvline(null, color=INK, lw=THIN, gid="null")
    for level in LEVELS:
        panel.axes.axhline(level, color=INK, lw=0.5, ls=(0, (1, 2)), gid=f"level-{level:g}")
    panel.axes.set_xlim(*ends)


def _legend(predicted: bool) -> list[list[Entry]]:
    entries = [Entry("study", 12.0, _line(SQUARE, 0.8)),
               Entry("pooled result", 12.0, _line(ACCENT, 1.8))]  # fmt: skip
    if predicted:
        entries.append(Entry("prediction interval", 12.0, _block))
    return [entries]


def _line(colour: str, lw: float) -> Callable[[Canvas, float, float], None]:
    def draw(canvas: Canvas, x: float, y: float) -> None:
        canvas.line(x, y, x + 12, y, color=colour, lw=lw)

    return draw


def _block(canvas: Canvas, x: float, y: float) -> None:
    canvas.box(x, y - 3, 12, 6, fc=REGION)


def _notes(made: Drapery) -> list[list[Cell]]:
    main, pool_of = made.pool.main, made.pool
    ends = interval(main["natural_estimate"], main["natural_ci_low"], main["natural_ci_high"])
    words: list[Cell] = [("Pooled:", ""), (f"{ends};", pool_of.pooled_key())]
    if not math.isnan(main["natural_pi_low"]):
        text = f"[{number(main['natural_pi_low'])}, {number(main['natural_pi_high'])}]."
        words += [("prediction interval", ""), (text, pool_of.pooled_key("natural_pi_low"))]
    return [words, note("Dotted: p of 0.05 and of 0.01, where 95% and 99% intervals end.")]
