"""Drawing a forest plot on the axes of the package forestplot.

That package gives rows, intervals and markers. It places rows by the text of their labels, draws
all squares alike, cuts long intervals without a sign, and has no diamond; so each row gets a key of
its own, and weights, arrows, diamond, prediction interval, axis and all texts are added here.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parapluie.drawing import OKABE_ITO, new_figure
from parapluie.forest.content import Plot, Row
from parapluie.forest.layout import (
    AXIS_HEIGHT,
    LINE,
    MARGIN,
    POINTS_PER_MM,
    SIZE,
    SMALL,
    Block,
    Layout,
    lay_out,
    limits,
    ticks,
    width,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, GREY, BAND, RULE = "#1a1a1a", "#595959", "#f1f4f7", "#8c8c8c"
ACCENT = OKABE_ITO["blue"]
SQUARE_MIN, SQUARE_SPAN, SQUARE_ALONE = 5.0, 45.0, 24.0
"""Areas of squares in square points: of weight 0, added at the greatest weight, without weights."""
DIAMOND = 0.34
"""Half the height of the diamond, in lines."""


@functools.cache
def _forestplot() -> Callable[..., Any]:
    """Import the package; it silences all warnings of the process, which is undone."""
    import matplotlib as mpl

    mpl.use("Agg")
    errors = np.geterr()
    with warnings.catch_warnings():
        from forestplot.plot import forestplot
    np.seterr(**errors)
    made: Callable[..., Any] = forestplot
    return made


def draw(plot: Plot, width_mm: float, ends: tuple[float, float] | None = None) -> Figure:
    """Draw one forest plot.

    Parameters
    ----------
    plot : Plot
    width_mm : float
        Width of the figure; its height grows with the rows.
    ends : (float, float), optional
        Ends of the axis on the natural scale; intervals beyond them end in arrows.

    Returns
    -------
    matplotlib Figure
        Texts that show a figure of the report have its key as gid (``key:...``).
    """
    forestplot = _forestplot()
    places = lay_out(plot, width_mm)
    figure = new_figure(width_mm, places.height / POINTS_PER_MM)
    _bands(figure, plot, places)
    axes = figure.add_axes(
        (
            places.plot_left / places.width,
            places.plot_bottom / places.height,
            (places.plot_right - places.plot_left) / places.width,
            places.n_lines * LINE / places.height,
        ),
        facecolor="none",
    )
    low, high = limits(plot, ends)
    _rows(forestplot, plot, places, axes, (low, high))
    _axis(plot, places, axes, (low, high))
    _arrows(plot, places, axes, (low, high))
    _summary(plot, places, axes, (low, high))
    _texts(figure, plot, places, _null_place(axes, plot, places))
    return figure


# --- what stands on the axes ----------------------------------------------------------------------


def _rows(
    forestplot: Callable[..., Any],
    plot: Plot,
    places: Layout,
    axes: Axes,
    ends: tuple[float, float],
) -> None:
    """Let forestplot draw markers and intervals, one line of the table per row of its frame."""
    frame = pd.DataFrame(
        {"key": [f"line {i}" for i in range(places.n_lines)], "x": math.nan, "a": math.nan,
         "b": math.nan}
    )  # fmt: skip
    at = _marker_lines(plot, places)
    marked = [row for row in plot.rows if not row.is_heading]
    frame.loc[at, "x"] = [row.estimate for row in marked]
    frame.loc[at, "a"] = [_low(row, plot.measure.log) for row in marked]
    frame.loc[at, "b"] = [row.high if _holds(row) else row.estimate for row in marked]
    _odd_intervals(axes, marked, [places.n_lines - 1 - line for line in at])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # about its tick labels, which are not used
        forestplot(
            frame, estimate="x", varlabel="key", ll="a", hl="b", ax=axes, xline=None,
            logscale=plot.measure.log, form_ci_report=False, ci_report=False, flush=False,
            xticks=list(ends), capitalize=None, markercolor=INK, markeralpha=1.0, linecolor=GREY,
            lw=1.1, ylabel="", xlabel=None,
        )  # fmt: skip
    markers = axes.collections[-1]
    offsets = np.asarray(markers.get_offsets(), dtype=float)
    filled = ~np.isnan(np.ma.filled(np.ma.asarray(markers.get_offsets()), np.nan)[:, 0])
    markers.set_offsets(offsets[filled])
    markers.set_sizes(_areas(plot)[::-1])  # type: ignore[attr-defined]
    markers.set_gid("markers")
    markers.set_linewidth(0)
    axes.set_ylim(-0.5, places.n_lines - 0.5)


def _holds(row: Row) -> bool:
    """Tell whether an interval holds its estimate; forestplot draws no other."""
    return row.estimate is not None and row.low <= row.estimate <= row.high


def _low(row: Row, log: bool) -> float | None:
    """Keep the lower end of a ratio above 0, which a log axis cannot show."""
    if not _holds(row):
        return row.estimate
    return max(row.low, 1e-9) if log else row.low


def _odd_intervals(axes: Axes, rows: Sequence[Row], at: Sequence[int]) -> None:
    """Draw intervals that do not hold their estimate, as the review prints them."""
    for row, y in zip(rows, at, strict=True):
        if not _holds(row) and not math.isnan(row.low + row.high):
            axes.plot([row.low, row.high], [y, y], color=GREY, lw=1.1, zorder=0)


def _marker_lines(plot: Plot, places: Layout) -> list[int]:
    pairs = zip(plot.rows, places.blocks, strict=True)
    return [block.first for row, block in pairs if not row.is_heading]


def _areas(plot: Plot) -> list[float]:
    """Give the areas of the squares: by weight where something was pooled, else all alike."""
    weights = [row.weight for row in plot.rows if not row.is_heading]
    if plot.summary is None or any(math.isnan(w) for w in weights):
        return [SQUARE_ALONE] * len(weights)
    return [SQUARE_MIN + SQUARE_SPAN * w / max(weights) for w in weights]


def _axis(plot: Plot, places: Layout, axes: Axes, ends: tuple[float, float]) -> None:
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    marks = ticks(*ends, plot.measure.log, places.plot_right - places.plot_left)
    axes.set_xlim(*ends)
    axes.xaxis.set_major_locator(FixedLocator(list(marks)))
    axes.xaxis.set_major_formatter(FixedFormatter(list(marks.values())))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.tick_params(axis="x", labelsize=SIZE, length=2.5, width=0.6, pad=2, colors=INK)
    axes.set_yticks([])
    axes.set_xlabel("")
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(INK)
    if plot.measure.null is not None:
        axes.axvline(plot.measure.null, color=INK, lw=0.7, zorder=0.5)
    if plot.summary:
        axes.axvline(plot.summary.estimate, color=ACCENT, lw=0.6, ls=(0, (3, 2)), zorder=0.4)


def _arrows(plot: Plot, places: Layout, axes: Axes, ends: tuple[float, float]) -> None:
    """End every interval that goes beyond the axis in an arrow."""
    at = _marker_lines(plot, places)
    marked = [row for row in plot.rows if not row.is_heading]
    for row, line in zip(marked, at, strict=True):
        _arrow(axes, places.n_lines - 1 - line, row.low, row.high, ends, GREY)


def _arrow(
    axes: Axes, y: float, low: float, high: float, ends: tuple[float, float], colour: str
) -> None:
    for beyond, x, marker in ((low < ends[0], ends[0], "<"), (high > ends[1], ends[1], ">")):
        if beyond:
            gid = f"arrow-{'left' if marker == '<' else 'right'}-{y:g}"
            axes.plot([x], [y], marker=marker, ms=4, mew=0, color=colour, clip_on=False, gid=gid)


def _summary(plot: Plot, places: Layout, axes: Axes, ends: tuple[float, float]) -> None:
    """Draw the diamond of the pooled result and the line of its prediction interval."""
    from matplotlib.patches import Polygon

    summary = plot.summary
    if summary is None:
        return
    y = places.n_lines - 1 - places.summary_first
    corners = [(summary.low, y), (summary.estimate, y + DIAMOND), (summary.high, y),
               (summary.estimate, y - DIAMOND)]  # fmt: skip
    axes.add_patch(Polygon(corners, closed=True, fc=ACCENT, ec=ACCENT, lw=0.5, gid="diamond"))
    axes.axhline(y + 0.5, color=RULE, lw=0.5)
    if not math.isnan(summary.pi_low):
        y = places.n_lines - 1 - places.pi_first
        axes.plot([summary.pi_low, summary.pi_high], [y, y], color=ACCENT, lw=2.0,
                  solid_capstyle="butt", gid="prediction-interval")  # fmt: skip
        _arrow(axes, y, summary.pi_low, summary.pi_high, ends, ACCENT)


# --- texts ----------------------------------------------------------------------------------------


def _write(
    figure: Figure, places: Layout, x: float, y: float, text: str, gid: str, **style: Any
) -> None:
    """Write a text at a place in points."""
    if text:
        look: dict[str, Any] = {"size": SIZE, "va": "center_baseline", "color": INK} | style
        figure.text(x / places.width, y / places.height, text, gid=gid, **look)


def _bands(figure: Figure, plot: Plot, places: Layout) -> None:
    """Shade every second row, and draw the lines of the table."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    counted = 0
    for row, block in zip(plot.rows, places.blocks, strict=True):
        counted = 0 if row.is_heading else counted + 1
        if counted % 2:
            low = places.y(block.first + block.lines - 0.5) / places.height
            size = (places.width - MARGIN) / places.width, block.lines * LINE / places.height
            figure.add_artist(
                Rectangle((MARGIN / 2 / places.width, low), *size, fc=BAND, ec="none", zorder=-2)
            )
    top = places.y(-0.5) / places.height
    figure.add_artist(Line2D([MARGIN / 2 / places.width, 1 - MARGIN / 2 / places.width],
                             [top, top], color=INK, lw=0.7))  # fmt: skip


def _texts(figure: Figure, plot: Plot, places: Layout, null: float) -> None:
    _headings(figure, plot, places)
    pairs = zip(plot.rows, places.blocks, strict=True)
    for i, (row, block) in enumerate(pairs):
        if row.is_heading:
            for n, text in enumerate(block.label):
                y = places.y(block.first + n)
                _write(figure, places, MARGIN, y, text, f"heading-{i}-{n}", weight="bold")
        else:
            _label(figure, places, block, row.label[1], i)
            _cells(figure, places, block, {n: c[1] for n, c in row.cells.items()}, i)
    _summary_texts(figure, plot, places)
    _below(figure, plot, places, null)


def _headings(figure: Figure, plot: Plot, places: Layout) -> None:
    y = places.y(-1) + 1
    name = "Review" if plot.level == "reviews" else "Study"
    _write(figure, places, MARGIN, y, name, "column-0", weight="bold")
    for i, (column, x) in enumerate(places.columns, start=1):
        _write(figure, places, x, y, column.heading, f"column-{i}", weight="bold",
               ha="right" if column.right else "left")  # fmt: skip


def _gid(key: str, other: str) -> str:
    return f"key:{key}" if key else other


def _label(figure: Figure, places: Layout, block: Block, key: str, i: int) -> None:
    for n, text in enumerate(block.label):
        y = places.y(block.first + n)
        _write(figure, places, MARGIN, y, text, _gid(key, f"label-{i}-{n}"))
    for n, text in enumerate(block.detail):
        y = places.y(block.first + len(block.label) + n) + 0.6
        _write(figure, places, MARGIN, y, text, f"detail-{i}-{n}", size=SMALL, color=GREY)


def _cells(
    figure: Figure, places: Layout, block: Block, keys: dict[str, str], i: int, **style: Any
) -> None:
    for column, x in places.columns:
        for n, text in enumerate(block.cells.get(column.name, ())):
            gid = _gid(keys[column.name], f"{column.name}-{i}-{n}")
            colour = GREY if text.startswith("not ") else INK
            _write(figure, places, x, places.y(block.first + n), text, gid, color=colour,
                   ha="right" if column.right else "left", **style)  # fmt: skip


def _summary_texts(figure: Figure, plot: Plot, places: Layout) -> None:
    summary = plot.summary
    if summary is None:
        return
    first = places.summary_first
    for n, text in enumerate(places.summary):
        _write(figure, places, MARGIN, places.y(first + n), text, f"summary-{n}", weight="bold")
    texts = {n: [c[0]] for n, c in summary.cells.items()}
    block = Block(first, [], [], dict(texts), 1)
    _cells(figure, places, block, {n: c[1] for n, c in summary.cells.items()}, -1, weight="bold")
    if not math.isnan(summary.pi_low):
        line = places.pi_first
        for n, text in enumerate(places.pi_label):
            _write(figure, places, MARGIN, places.y(line + n), text, f"pi-label-{n}")
        block = Block(line, [], [], {"effect": [summary.pi_cell[0]]}, 1)
        _cells(figure, places, block, {"effect": summary.pi_cell[1]}, -2)


def _null_place(axes: Axes, plot: Plot, places: Layout) -> float:
    """Give the x of the null line in points."""
    if plot.measure.null is None:
        return (places.plot_left + places.plot_right) / 2
    share = axes.transAxes.inverted().transform(axes.transData.transform((plot.measure.null, 0)))[0]
    return places.plot_left + float(share) * (places.plot_right - places.plot_left)


def _between(left: str, right: str, null: float, total: float) -> float:
    """Put the words for the two sides about the null line, inside the figure."""
    least, most = MARGIN + 4 + width(left), total - MARGIN - 4 - width(right)
    return min(max(null, least), most)


def _below(figure: Figure, plot: Plot, places: Layout, null: float) -> None:
    """Write the name of the axis, what each side favours, and the notes."""
    middle = (places.plot_left + places.plot_right) / 2
    name = f"{plot.measure.label}{' (log scale)' if plot.measure.log else ''}"
    y = places.plot_bottom - 20
    _write(figure, places, middle, y, name, "axis-name", ha="center")
    if plot.favours:
        left, right = f"← {plot.favours[0]}", f"{plot.favours[1]} →"
        at = _between(left, right, null, places.width)
        for text, x, side in ((left, at - 4, "right"), (right, at + 4, "left")):
            _write(figure, places, x, y - 11, text, f"favours-{side}", ha=side, color=GREY)
    y = places.plot_bottom - AXIS_HEIGHT - LINE / 2 + 4
    for i, line in enumerate(places.notes):
        x = MARGIN
        for n, (text, key) in enumerate(line):
            _write(figure, places, x, y, text, _gid(key, f"note-{i}-{n}"), size=SMALL)
            x += width(f"{text} ", SMALL)
        y -= LINE
