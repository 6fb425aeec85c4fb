"""Figures of a stage that are still to be drawn, those that are not, and how they are written."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from parapluie.drawing import FORMATS, PNG_DPI, save
from parapluie.figure.spots import Spot, with_spots
from parapluie.figure.texts import boxes_allowed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Draw = Callable[[], "tuple[Figure, list[Spot]]"]

COLUMNS = ("stem", "kind", "part", "parts", "title", "caption")
"""Columns of the index of a stage's figures."""
NOT_DRAWN = ("kind", "reason")
"""Columns of the table of figures that are not drawn."""


@dataclass(frozen=True)
class Drawing:
    """A figure, or one part of it that fits on a page.

    Parameters
    ----------
    kind : str
        First part of the names of its files.
    title, caption : str
    draw : callable
        Gives the figure and what its parts tell.
    part, parts : int
        Which part of how many it is.
    """

    kind: str
    title: str
    caption: str
    draw: Draw
    part: int = 1
    parts: int = 1

    @property
    def stem(self) -> str:
        """Name of its files, without ending."""
        return self.kind if self.part == 1 else f"{self.kind}_{self.part}"

    def line(self) -> dict[str, object]:
        """Give its line of the index."""
        return {name: getattr(self, name) for name in COLUMNS}


@dataclass(frozen=True)
class NotDrawn:
    """A figure that is not drawn, and why."""

    kind: str
    reason: str

    def line(self) -> dict[str, object]:
        """Give its line of the table."""
        return {"kind": self.kind, "reason": self.reason}


def in_parts(kind: str, title: str, caption: str, draws: Sequence[Draw]) -> list[Drawing]:
    """Give the parts of one figure, each with its number in the title where there are several."""
    n = len(draws)
    return [
        Drawing(kind, f"{title}, part {i} of {n}" if n > 1 else title, caption, draw, i, n)
        for i, draw in enumerate(draws, start=1)
    ]


def write(drawings: Iterable[Drawing], kinds: Sequence[str], out: Path, dpi: int = PNG_DPI) -> None:
    """Draw and save one figure after the other; files of these kinds of an earlier run go first.

    Parameters
    ----------
    drawings : iterable of Drawing
    kinds : sequence of str
        All kinds of the stage, also those that are not drawn this time.
    out : Path
        Folder.
    dpi : int
        Of the PNG.
    """
    out.mkdir(parents=True, exist_ok=True)
    own = re.compile(f"({'|'.join(kinds)})(_[0-9]+)?")
    for path in sorted(out.iterdir()):
        if path.suffix[1:] in FORMATS and own.fullmatch(path.stem):
            path.unlink()
    for drawing in drawings:
        with boxes_allowed():
            figure, spots = drawing.draw()
            rework = functools.partial(with_spots, spots=spots)
            save(figure, out / drawing.stem, drawing.title, drawing.caption, rework=rework, dpi=dpi)
