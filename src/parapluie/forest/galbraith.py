"""Galbraith's plot: effects by their precision, where a line from the origin is one effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from parapluie.effects.curves import Radial, radial
from parapluie.effects.regression import critical_value
from parapluie.figure.looks import ACCENT, INK, SQUARE, THIN
from parapluie.figure.spots import Spot
from parapluie.forest.axis import rounded, ticks
from parapluie.forest.funnel import MAX_MM, SHARE
from parapluie.forest.influence_plot import NAMED, shortened
from parapluie.forest.labels import place_labels
from parapluie.forest.model import Cell, interval, note, number
from parapluie.forest.panel import LINE, Frame, Panel
from parapluie.forest.pools import Pool

FEWEST = 3
BAND = "#DDE3E8"
LIMIT = critical_value(float("inf"))
"""How far from the line of the pooled effect 95% of studies lie."""
SCALE = 22.0
"""Room for the numbers of the scale of effects, in points."""


@dataclass(frozen=True)
class Galbraith:
    """What the plot shows."""

    pool: Pool
    found: Radial
    stem: str
    title: str
    caption: str

    @property
    def away(self) -> list[int]:
        """Give the studies outside the band, the farthest first."""
        off = np.abs(self.found.z - self.found.slope * self.found.precision)
        order = np.argsort(-off, kind="stable")
        return [int(i) for i in order if off[i] > LIMIT]


def galbraith_reason(pool: Pool) -> str:
    """Say why the plot is not drawn; empty where it is."""
    return "" if pool.k >= FEWEST else f"not_estimable: k={pool.k}, fewer than {FEWEST}"


def galbraith_of(pool: Pool) -> Galbraith:
    """Compute what the plot of a pool shows."""
    return Galbraith(
        pool,
        radial(pool.yi, pool.vi, pool.method),
        stem=f"{pool.stem}__galbraith",
        title=f"{pool.label}: effects by their precision",
        caption="A line from the origin is one effect, read off at the right. The line is the "
        "pooled effect; 95% of studies lie in the band if they differ from it by chance alone "
        "(Galbraith 1988; with the variance between studies in the standard errors).",
    )


def draw_galbraith(made: Galbraith, width_mm: float) -> tuple[Any, list[Spot]]:
    """Draw the plot; give the figure and its spots."""
    pool, found = made.pool, made.found
    panel = Panel(
        min(width_mm, MAX_MM), min(width_mm, MAX_MM) * SHARE,
        Frame("Precision (1 / standard error)", "Effect / standard error", _notes(made),
              letters=("0", *pool.names), right=SCALE + LINE),
    )  # fmt: skip
    reach = float(found.precision.max()) * 1.06
    low, high = _ends(made, reach)
    panel.x_axis((0.0, reach), log=False)
    panel.y_axis(low, high)
    _line(panel, found, reach)
    panel.axes.scatter(found.precision, found.z, s=16, c=SQUARE, edgecolors=INK, linewidths=0.5,
                       zorder=3, clip_on=False, gid="studies")  # fmt: skip
    _scale(panel, made, reach, (low, high))
    points = [panel.place(float(a), float(b)) for a, b in zip(*_places(found), strict=True)]
    _names(panel, made, points)
    return panel.figure, _spots(panel, made, points)


def _places(found: Radial) -> tuple[list[float], list[float]]:
    return found.precision.tolist(), found.z.tolist()


def _ends(made: Galbraith, reach: float) -> tuple[float, float]:
    """Give the ends of the vertical axis: all studies, the origin, and the band at its end."""
    at_end = made.found.slope * reach
    every = [*made.found.z.tolist(), -LIMIT, LIMIT, at_end - LIMIT, at_end + LIMIT]
    pad = 0.03 * (max(every) - min(every))
    return min(every) - pad, max(every) + pad


def _line(panel: Panel, found: Radial, reach: float) -> None:
    x, y = np.array([0.0, reach]), np.array([0.0, found.slope * reach])
    panel.axes.fill_between(x, y - LIMIT, y + LIMIT, color=BAND, lw=0, zorder=0.2, gid="band")
    panel.axes.plot(x, y, color=ACCENT, lw=1.0, zorder=1, gid="pooled")
    panel.axes.plot(x, [0.0, 0.0], color=INK, lw=THIN, ls=(0, (3, 2)), zorder=0.5, gid="null")


def _scale(panel: Panel, made: Galbraith, reach: float, ends: tuple[float, float]) -> None:
    """Write the scale of effects at the right: where a line from the origin meets it."""
    measure = made.pool.measure
    low, high = (end / reach for end in ends)
    marks = ticks(*rounded(low, high, measure.log), measure.log, panel.tall / 20 * 16)
    inside = {m: t for m, t in marks.items() if low <= measure.to_analysis(m) <= high}
    x = panel.right
    for i, (mark, text) in enumerate(inside.items()):
        y = panel.place(reach, measure.to_analysis(mark) * reach)[1]
        panel.canvas.line(x, panel.height - y, x + 2.5, panel.height - y, color=INK, lw=THIN)
        panel.write(x + 4.5, y, text, f"axis-effect-{i}", va="center")
    panel.canvas.line(x, panel.height - panel.bottom, x, panel.height - panel.bottom - panel.tall,
                      color=INK, lw=THIN)  # fmt: skip
    panel.write(x + SCALE + LINE / 2, panel.bottom + panel.tall / 2, measure.label,
                "axis-effect-name", rotation=90, ha="center", va="center")  # fmt: skip


def _notes(made: Galbraith) -> list[list[Cell]]:
    main, pool = made.pool.main, made.pool
    ends = interval(main["natural_estimate"], main["natural_ci_low"], main["natural_ci_high"])
    words: list[Cell] = [("Pooled:", ""), (f"{ends};", pool.pooled_key()),
                         ("outside the band:", ""),
                         (f"{len(made.away)}", f"forest.galbraith.{pool.id}.outside"),
                         ("of", ""), (f"{pool.k}", pool.pooled_key("k_studies")),
                         ("studies.", "")]  # fmt: skip
    return [words, *([note("Named: those farthest from it.")] if len(made.away) > NAMED else [])]


def _names(panel: Panel, made: Galbraith, points: list[tuple[float, float]]) -> None:
    """Name the studies outside the band."""
    names = [shortened(name, panel.room * 0.45) for name in made.pool.names]
    inside = (panel.left + 1, panel.bottom + 1, panel.right - 1, panel.bottom + panel.tall + 5)
    for label in place_labels(points, names, made.away[:NAMED], inside):
        panel.write(label.x, label.y, names[label.index], f"label-{label.index}", ha=label.side,
                    va="center")  # fmt: skip


def _spots(panel: Panel, made: Galbraith, points: list[tuple[float, float]]) -> list[Spot]:
    key = f"forest.galbraith.{made.pool.id}"
    spots = []
    for i, (name, (x, y)) in enumerate(zip(made.pool.names, points, strict=True)):
        study = made.pool.studies[i]
        effect = number(made.pool.measure.to_natural(float(made.pool.yi[i])))
        facts = [
            (made.pool.measure.code, effect, made.pool.study_key(i)),
            ("Precision", number(float(made.found.precision[i])), f"{key}.{study}.precision"),
            ("Effect / standard error", number(float(made.found.z[i])), f"{key}.{study}.z"),
        ]
        spots.append(Spot(f"point{i}", name, facts, x - 4, panel.height - y - 4, 8, 8))
    return spots
