"""An empty figure on which texts, markers and boxes are put at places in points.

Places are counted from the upper left corner, downwards, as a reader goes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from parapluie.drawing import MM_PER_INCH, new_figure
from parapluie.figure.looks import INK, THIN, Look
from parapluie.figure.texts import RISE, SIZE, SMALL, Cell, families_for, width

if TYPE_CHECKING:
    from matplotlib.figure import Figure


Place = tuple[float, float, float, float]
"""Left, top, width and height of a box, or the two ends of a line; in points."""


class Canvas:
    """A figure of a size in points.

    Parameters
    ----------
    wide, high : float
        In points.
    letters : iterable of str
        Texts that will be written, for their fonts.
    """

    def __init__(self, wide: float, high: float, letters: Iterable[str]) -> None:
        self.width, self.height = wide, high
        mm = MM_PER_INCH / 72
        self.figure: Figure = new_figure(wide * mm, high * mm, families_for(["0", *letters]))

    def write(self, x: float, y: float, text: str, gid: str, **style: Any) -> None:
        """Write a text; `gid` may be ``PLACE|NAME``."""
        if text:
            look: dict[str, Any] = {"size": SIZE, "va": "baseline", "color": INK} | style
            y += RISE if look["va"] == "baseline" else 0.0
            name = gid if "|" in gid else f"|{gid}"
            made = self.figure.text(x / self.width, 1 - y / self.height, text, gid=name, **look)
            made.set_parse_math(False)

    def cells(self, x: float, y: float, line: Iterable[Cell], gid: str) -> None:
        """Write cells one behind the other."""
        for n, (text, key) in enumerate(line):
            self.write(x, y, text, f"key:{key}" if key else f"{gid}-{n}", size=SMALL)
            x += width(f"{text} ", SMALL)

    def box(self, x: float, y: float, wide: float, high: float, **style: Any) -> None:
        """Draw a box from its upper left corner."""
        from matplotlib.patches import Rectangle

        look: dict[str, Any] = {"ec": "none", "lw": THIN} | style
        place = (x / self.width, 1 - (y + high) / self.height)
        self.figure.add_artist(Rectangle(place, wide / self.width, high / self.height, **look))

    def line(self, x0: float, y0: float, x1: float, y1: float, **style: Any) -> None:
        """Draw a line."""
        from matplotlib.lines import Line2D

        look: dict[str, Any] = {"color": INK, "lw": THIN} | style
        xs = [x0 / self.width, x1 / self.width]
        ys = [1 - y0 / self.height, 1 - y1 / self.height]
        self.figure.add_artist(Line2D(xs, ys, **look))

    def mark(self, x: float, y: float, look: Look, area: float, **style: Any) -> None:
        """Draw a marker with its middle at a place; `area` is in square points."""
        from matplotlib.lines import Line2D

        more: dict[str, Any] = {"mew": THIN} | style
        self.figure.add_artist(
            Line2D([x / self.width], [1 - y / self.height], marker=look.sign,
                   ms=math.sqrt(area * look.scale), mfc=look.colour, mec=look.edge, ls="none",
                   **more)
        )  # fmt: skip

    def boxes(self, places: Sequence[Place], colours: Sequence[str], **style: Any) -> None:
        """Fill many boxes at once, each in its colour."""
        from matplotlib.collections import PolyCollection

        look: dict[str, Any] = {"edgecolors": "#FFFFFF", "linewidths": THIN} | style
        corners = [
            [self._at(x, y), self._at(x + w, y), self._at(x + w, y + h), self._at(x, y + h)]
            for x, y, w, h in places
        ]
        if corners:
            self.figure.add_artist(
                PolyCollection(
                    corners, facecolors=colours, transform=self.figure.transFigure, **look
                )
            )

    def segments(self, places: Sequence[Place], **style: Any) -> None:
        """Draw many lines at once, each from (x0, y0) to (x1, y1)."""
        from matplotlib.collections import LineCollection

        look: dict[str, Any] = {"colors": INK, "linewidths": THIN} | style
        ends = [[self._at(x0, y0), self._at(x1, y1)] for x0, y0, x1, y1 in places]
        if ends:
            self.figure.add_artist(LineCollection(ends, transform=self.figure.transFigure, **look))

    def dots(self, places: Sequence[tuple[float, float]], wide: float, **style: Any) -> None:
        """Draw many round dots of one diameter at once."""
        from matplotlib.collections import CircleCollection
        from matplotlib.transforms import IdentityTransform

        look: dict[str, Any] = {"linewidths": 0.0} | style
        if places:
            dots = CircleCollection(
                [math.pi * wide**2 / 4], offsets=[self._at(*p) for p in places],
                offset_transform=self.figure.transFigure, **look,
            )  # fmt: skip
            dots.set_transform(IdentityTransform())
            self.figure.add_artist(dots)

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return x / self.width, 1 - y / self.height
