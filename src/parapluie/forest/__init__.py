"""Forest plots: one per outcome and scale, of reviews' own results or of primary studies.

`content` decides what stands in a plot, `layout` where, `drawing` puts it on the axes that the
package forestplot makes. No other module uses that package.
"""

from __future__ import annotations

from parapluie.forest.content import Plot, Row, Sources, Summary, plots
from parapluie.forest.plotting import draw

__all__ = ["Plot", "Row", "Sources", "Summary", "draw", "plots"]
