"""Figures of synthesis: forest plots, and what journals print beside them.

`stage` says which figures there are and makes the figures that trace their numbers; `sources` holds
the frames they are made from. A forest plot is a `model.Plot`: `reviews`, `studies`, `umbrella` and
`refits` decide what stands in one, `layout` where, `plotting` puts it on the axes that the package
forestplot makes; no other module uses that package. `funnel`, `influence_plot`, `drapery`,
`evidence_map` and `harvest` are figures of their own.
"""

from __future__ import annotations

from parapluie.figure.spots import with_spots
from parapluie.figure.texts import boxes_allowed
from parapluie.forest.model import Column, Plot, Row
from parapluie.forest.plotting import draw
from parapluie.forest.sources import Sources
from parapluie.forest.stage import KINDS, Drawing, NotDrawn, Result, Wanted, plan

__all__ = [
    "KINDS", "Column", "Drawing", "NotDrawn", "Plot", "Result", "Row", "Sources", "Wanted",
    "boxes_allowed", "draw", "plan", "with_spots",
]  # fmt: skip
