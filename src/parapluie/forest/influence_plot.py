"""Baujat's plot: which studies add to heterogeneity, and which move the pooled result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from parapluie.effects.curves import Baujat, baujat
from parapluie.figure.looks import INK, SQUARE
from parapluie.figure.spots import Spot
from parapluie.figure.texts import SIZE, width
from parapluie.forest.funnel import MAX_MM, SHARE
from parapluie.forest.labels import place_labels
from parapluie.forest.model import note, number
from parapluie.forest.panel import Frame, Panel
from parapluie.forest.pools import Pool

FEWEST = 3
NAMED = 12
"""Studies that are named at most: those farthest from the corner."""


@dataclass(frozen=True)
class Influence:
    """What the plot shows."""

    pool: Pool
    found: Baujat
    stem: str
    title: str
    caption: str


def influence_reason(pool: Pool) -> str:
    """Say why the plot is not drawn; empty where it is."""
    return "" if pool.k >= FEWEST else f"not_estimable: k={pool.k}, fewer than {FEWEST}"


def influence_of(pool: Pool) -> Influence:
    """Compute what the plot of a pool shows."""
    return Influence(
        pool,
        baujat(pool.yi, pool.vi, pool.method),
        stem=f"{pool.stem}__baujat",
        title=f"{pool.label}: studies that add to heterogeneity and move the pooled result",
        caption="To the right: studies that differ most from the pooled result. Above: studies "
        "without which the pooled result would move most (Baujat et al. 2002).",
    )


def draw_influence(made: Influence, width_mm: float) -> tuple[Any, list[Spot]]:
    """Draw the plot; give the figure and its spots."""
    pool, x, y = made.pool, made.found.contribution, made.found.influence
    panel = Panel(
        min(width_mm, MAX_MM), min(width_mm, MAX_MM) * SHARE,
        Frame(
            "Share in heterogeneity (squared Pearson residual)",
            "Influence on the pooled result",
            [note("Named: the studies farthest from the corner.")] if pool.k > NAMED else [],
            letters=("0", *pool.names),
        ),
    )  # fmt: skip
    panel.x_axis((0.0, float(x.max()) * 1.12 or 1.0), log=False)
    panel.y_axis(0.0, float(y.max()) * 1.1 or 1.0)
    panel.axes.scatter(x, y, s=16, c=SQUARE, edgecolors=INK, linewidths=0.5, zorder=3,
                       clip_on=False, gid="studies")  # fmt: skip
    points = [panel.place(float(a), float(b)) for a, b in zip(x, y, strict=True)]
    _names(panel, made, points)
    return panel.figure, _spots(panel, made, points)


def _names(panel: Panel, made: Influence, points: list[tuple[float, float]]) -> None:
    far = (made.found.contribution / (made.found.contribution.max() or 1.0)) ** 2
    far = far + (made.found.influence / (made.found.influence.max() or 1.0)) ** 2
    first = [int(i) for i in np.argsort(-far, kind="stable")[:NAMED]]
    names = [shortened(name, panel.room * 0.45) for name in made.pool.names]
    inside = (panel.left + 1, panel.bottom + 1, panel.right + 4, panel.bottom + panel.tall + 5)
    for label in place_labels(points, names, first, inside):
        panel.write(label.x, label.y, names[label.index], f"label-{label.index}", ha=label.side)


def shortened(name: str, room: float) -> str:
    """Cut a name that is too long for its room, with a sign that it is cut."""
    if width(name, SIZE) <= room:
        return name
    kept = next(n for n in range(len(name) - 1, 0, -1) if width(f"{name[:n]}…") <= room or n == 1)
    return f"{name[:kept].rstrip()}…"


def _spots(panel: Panel, made: Influence, points: list[tuple[float, float]]) -> list[Spot]:
    key = f"forest.baujat.{made.pool.id}"
    found = []
    for i, (name, (x, y)) in enumerate(zip(made.pool.names, points, strict=True)):
        study = made.pool.studies[i]
        facts = [
            ("Share in heterogeneity", number(float(made.found.contribution[i]), 3),
             f"{key}.{study}.contribution"),
            ("Influence", number(float(made.found.influence[i]), 3), f"{key}.{study}.influence"),
        ]  # fmt: skip
        found.append(Spot(f"point{i}", name, facts, x - 4, panel.height - y - 4, 8, 8))
    return found
