"""The drawings of the overlap: a heat map of pairs, or the recorded distribution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from parapluie import drawing, grid
from parapluie.overlap.cca import BANDS, Matrix, band, only_here

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from parapluie.overlap.recorded import Step
    from parapluie.overlap.stage import Overlap

COLOURS = dict(zip(BANDS, ("#F3F6FA", "#B3D1E8", "#4C95C8", "#0B3C6B"), strict=True))
"""One hue from light to dark: readable in grey and by colour-blind readers."""

NO_VALUE = "#FFFFFF"
DIAGONAL = "#F2E6C9"
BAND_TEXTS = {
    "half_open": (
        "slight, below 5",
        "moderate, 5 to below 10",
        "high, 10 to below 15",
        "very high, 15 or more",
    ),
    "pieper2014": ("slight, 0 to 5", "moderate, 6 to 10", "high, 11 to 15", "very high, above 15"),
}
MARGIN, GAP = 4.0, 2.0
LABEL_WIDTH, LABEL_SIZE = 46.0, 6.5
MIN_WIDTH = 112.0
"""Widths in mm, type in points; the drawing is never narrower than its legend needs."""


def draw(found: Overlap, reviews: pd.DataFrame, scheme: str, out: Path) -> None:
    """Draw what there is: the heat map of lists, and the recorded distribution.

    Parameters
    ----------
    found : Overlap
    reviews : frame
        The included reviews, for their labels.
    scheme : str
        How bands are named.
    out : Path
        Folder, for ``heatmap`` and ``distribution``. Drawings of an earlier run are removed first.
    """
    for ending in drawing.FORMATS:
        for name in ("heatmap", "distribution"):
            (out / f"{name}.{ending}").unlink(missing_ok=True)
    if found.cells.reviews:
        labels = grid.labels_of(reviews)
        notes = notes_of(found, labels)
        cca = found.figures.lines["overlap.all.cca_percent"]["value"]
        heatmap(found.cells, labels, notes, cca, scheme, out / "heatmap")
    if found.steps:
        recorded_bars(found.steps, out / "distribution")


def notes_of(found: Overlap, labels: Mapping[str, str]) -> list[str]:
    """Say which reviews are not in the drawing, or only in part."""
    notes = []
    if found.without_list:
        names = "; ".join(labels[r] for r in found.without_list)
        notes.append(f"Left out, as their studies are not listed: {names}.")
    if found.shorter:
        names = "; ".join(labels[r] for r in found.shorter)
        notes.append(f"Listed with fewer studies than they report: {names}.")
    return notes


# --- heat map -------------------------------------------------------------------------------------


class _Plan:
    """Places and sizes of a heat map, in mm."""

    def __init__(self, names: Sequence[str], notes: Sequence[str]) -> None:
        count = len(names)
        self.cell = 7.4 if count <= 30 else 5.6
        self.size = 6.0 if count <= 30 else 5.0
        long = max(grid.text_width(n, LABEL_SIZE) for n in names) > 28
        self.numbered = count > 30 or long
        given = [f"{i}  {n}" if self.numbered else n for i, n in enumerate(names, start=1)]
        self.rows = [grid.wrap(name, LABEL_WIDTH, LABEL_SIZE) for name in given]
        self.columns = [str(i) for i in range(1, count + 1)] if self.numbered else list(names)
        self.heights = [max(self.cell, grid.height_of(len(r), LABEL_SIZE) + 1) for r in self.rows]
        widest = max(grid.text_width(line, LABEL_SIZE) for row in self.rows for line in row)
        self.left = MARGIN + widest + GAP
        self.width = max(self.left + count * self.cell + MARGIN, MIN_WIDTH)
        self.top = MARGIN + grid.height_of(2, 8)
        self.tops = [self.top + sum(self.heights[:i]) for i in range(count + 1)]
        turned = max(grid.text_width(c, LABEL_SIZE) for c in self.columns)
        foot = grid.height_of(1, LABEL_SIZE) if self.numbered else turned
        self.legend = self.tops[-1] + foot + 2 * GAP
        room = self.width - 2 * MARGIN
        self.notes = [line for note in notes for line in grid.wrap(note, room, LABEL_SIZE)]
        self.height = self.legend + grid.height_of(3 + len(self.notes), LABEL_SIZE) + 2 * MARGIN

    def x(self, column: int) -> float:
        """Left edge of a column."""
        return self.left + column * self.cell


def heatmap(
    cells: Matrix,
    labels: Mapping[str, str],
    notes: Sequence[str],
    cca_percent: float | None,
    scheme: str,
    stem: Path,
) -> list[Path]:
    """Draw the CCA of every pair in the lower triangle, and studies per review on the diagonal.

    Parameters
    ----------
    cells : Matrix
    labels : mapping
        Review to its label.
    notes : sequence of str
        Sentences below the drawing.
    cca_percent : float or None
        CCA of all reviews, in percent.
    scheme : str
        How bands are named.
    stem : Path
        Path of the files without ending.
    """
    plan = _Plan([labels[r] for r in cells.reviews], notes)
    figure, axes = grid.sheet(plan.width, plan.height)
    _heading(axes, cca_percent)
    _cells(axes, plan, cells, scheme)
    _edges(axes, plan)
    _legend(axes, plan, scheme)
    title = f"Overlap of primary studies between {len(cells.reviews)} reviews"
    description = (
        "Lower triangle: corrected covered area of each pair of reviews in percent. "
        "Diagonal: studies in no other review, above all studies of the review."
    )
    return drawing.save(figure, stem, title, description)


def _heading(axes: Axes, cca_percent: float | None) -> None:
    y = MARGIN + grid.height_of(1, 8) / 2
    words = "Corrected covered area of pairs, percent."
    grid.text(axes, MARGIN, y, words, fontsize=8)
    if cca_percent is None:
        return
    x = MARGIN + grid.text_width(words, 8) + GAP
    grid.text(axes, x, y, "These reviews together:", fontsize=8)
    x += grid.text_width("These reviews together:", 8) + GAP / 2
    grid.text(axes, x, y, f"{cca_percent:.1f}", key="overlap.all.cca_percent", fontsize=8)


def percent(cca: float) -> str:
    """Write a proportion as a percent with one decimal, 100 without.

    Examples
    --------
    >>> percent(0.0657), percent(1.0)
    ('6.6', '100')
    """
    return "100" if cca == 1 else f"{100 * cca:.1f}"


def _cells(axes: Axes, plan: _Plan, cells: Matrix, scheme: str) -> None:
    from parapluie.overlap.cca import pairs

    places, colours = [], []
    column = {review: i for i, review in enumerate(cells.reviews)}
    for pair in pairs(cells):
        i, j = column[pair.b], column[pair.a]
        colour = COLOURS.get(band(pair.cca, scheme), NO_VALUE)
        places.append((plan.x(j), plan.tops[i], plan.cell, plan.heights[i]))
        colours.append(colour)
        key = f"overlap.pairs.{pair.a}.{pair.b}.cca"
        words = "–" if pair.cca is None else percent(pair.cca)
        y = plan.tops[i] + plan.heights[i] / 2
        grid.text(
            axes,
            plan.x(j) + plan.cell / 2,
            y,
            words,
            key=key,
            ha="center",
            fontsize=plan.size,
            color=grid.ink(colour),
        )
    for i in range(len(cells.reviews)):
        places.append((plan.x(i), plan.tops[i], plan.cell, plan.heights[i]))
        colours.append(DIAGONAL)
    grid.boxes(axes, places, colours)
    _diagonal(axes, plan, cells)


def _diagonal(axes: Axes, plan: _Plan, cells: Matrix) -> None:
    """Write for each review the studies that only it has above all of its studies."""
    size = plan.size - 0.5 if plan.size > 5.5 else plan.size
    step = grid.height_of(1, size) / 2
    alone = only_here(cells).tolist()
    middles = [plan.x(i) + plan.cell / 2 for i in range(len(alone))]
    heights = [plan.tops[i] + plan.heights[i] / 2 for i in range(len(alone))]
    axes.hlines(
        heights,
        [x - plan.cell / 3 for x in middles],
        [x + plan.cell / 3 for x in middles],
        colors="#000000",
        linewidths=0.4,
    )
    for i, (review, total) in enumerate(zip(cells.reviews, cells.sizes.tolist(), strict=True)):
        x, y = middles[i], heights[i]
        for value, name, at in ((alone[i], "unique", y - step), (total, "total", y + step)):
            grid.text(
                axes,
                x,
                at,
                str(value),
                key=f"overlap.reviews.{review}.{name}",
                ha="center",
                fontsize=size,
            )


def _edges(axes: Axes, plan: _Plan) -> None:
    """Write the names of the rows, and those of the columns or their numbers."""
    for row, top, height in zip(plan.rows, plan.tops, plan.heights, strict=False):
        y = top + (height - grid.height_of(len(row), LABEL_SIZE)) / 2
        grid.lines(axes, plan.left - GAP, y, row, LABEL_SIZE, ha="right")
    for j, name in enumerate(plan.columns):
        x = plan.x(j) + plan.cell / 2
        if plan.numbered:
            y = plan.tops[-1] + GAP + grid.height_of(1, LABEL_SIZE) / 2
            grid.text(axes, x, y, name, ha="center", fontsize=plan.size)
        else:
            grid.text(
                axes, x, plan.tops[-1] + GAP, name, ha="right", rotation=90, fontsize=LABEL_SIZE
            )


def _legend(axes: Axes, plan: _Plan, scheme: str) -> None:
    step = grid.height_of(1, LABEL_SIZE)
    column = (plan.width - 2 * MARGIN) / 2
    y = plan.legend
    for i, (name, words) in enumerate(zip(BANDS, BAND_TEXTS[scheme], strict=True)):
        x, at = MARGIN + (i % 2) * column, y + (i // 2) * step * 1.2
        grid.boxes(axes, [(x, at, 4, step * 0.9)], [COLOURS[name]])
        axes.plot(
            [x, x + 4, x + 4, x, x],
            [at, at, at + step * 0.9, at + step * 0.9, at],
            color="#555555",
            linewidth=0.4,
        )
        grid.text(axes, x + 5.5, at + step * 0.45, words, fontsize=LABEL_SIZE)
    y += step * 2.4 + GAP
    text = "Diagonal: studies in no other review, above all studies of the review."
    y = grid.lines(axes, MARGIN, y, [text], LABEL_SIZE)
    grid.lines(axes, MARGIN, y, plan.notes, LABEL_SIZE)


# --- recorded distribution ------------------------------------------------------------------------


def recorded_bars(steps: Sequence[Step], stem: Path) -> list[Path]:
    """Draw a recorded distribution: how many studies are in how many reviews."""
    row, left, room = 6.0, MARGIN + 16, 80.0
    top = MARGIN + grid.height_of(2, 8) + GAP
    height = top + row * len(steps) + MARGIN + grid.height_of(2, LABEL_SIZE)
    figure, axes = grid.sheet(left + room + 16 + MARGIN, height)
    grid.text(
        axes,
        MARGIN,
        MARGIN + grid.height_of(1, 8) / 2,
        "Studies by the number of reviews that include them",
        fontsize=8,
    )
    most = max([s.n for s in steps] + [1])
    places = [
        (left, top + i * row + 0.8, room * s.n / most, row - 1.6) for i, s in enumerate(steps)
    ]
    grid.boxes(axes, places, [COLOURS["high"]] * len(places))
    for step, (x, y, width, tall) in zip(steps, places, strict=True):
        middle = y + tall / 2
        grid.text(axes, left - GAP, middle, step.text.replace("-", "–"), ha="right", fontsize=7.5)
        grid.text(
            axes,
            x + width + GAP / 2,
            middle,
            str(step.n),
            fontsize=7.5,
            key=f"overlap.recorded.distribution.{step.text}",
        )
    axes.plot([left, left], [top, top + row * len(steps)], color="#000000", linewidth=0.6)
    note = "As recorded by the source, not counted from lists. Left: reviews; bars: studies."
    grid.lines(axes, MARGIN, top + row * len(steps) + GAP, [note], LABEL_SIZE)
    return drawing.save(figure, stem, "Recorded distribution of studies over reviews", note)
