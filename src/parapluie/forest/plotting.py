"""Drawing a forest plot on the axes of the package forestplot.

That package gives rows, intervals and markers. It places rows by the text of their labels, draws
all squares alike, cuts long intervals without a sign, and has no diamond; so each row gets a key of
its own, and weights, arrows, diamonds, prediction intervals, axis and all texts are added here.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parapluie.drawing import new_figure
from parapluie.figure.looks import (
    ACCENT,
    AREA_ALONE,
    AREA_MAX,
    AREA_MIN,
    BAND,
    DIAMOND,
    FULL_ROOM,
    GREY,
    INK,
    LINE_WIDTH,
    PI_WIDTH,
    RULE,
    SQUARE,
    THIN,
    look_of,
)
from parapluie.figure.spots import Spot
from parapluie.figure.texts import RISE, SIZE, SMALL, families_for, width
from parapluie.forest.axis import limits, ticks
from parapluie.forest.layout import (
    LEGEND_HEIGHT,
    LINE,
    MARGIN,
    POINTS_PER_MM,
    Block,
    Layout,
    in_pages,
    lay_out,
    legend_need,
    texts_of,
)
from parapluie.forest.model import ABSENT, HEADING, POOLED, PREDICTION, RESULT, WORDS, Plot, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Ends = tuple[float, float]


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


def draw_pages(plot: Plot, width_mm: float, ends: Ends | None = None) -> list[Figure]:
    """Draw a plot that is higher than a page in parts; one part for others.

    All parts have the same columns and the same axis.
    """
    parts = in_pages(plot, width_mm)
    if len(parts) == 1:
        return [draw_places(parts[0], ends)]
    span = limits(*_spread(plot), plot.measure, ends)
    return [draw_places(part, span) for part in parts]


def draw(plot: Plot, width_mm: float, ends: Ends | None = None) -> Figure:
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
        Texts that show a figure of the report have its key in their gid (``ROW|key:...``).
    """
    return draw_places(lay_out(plot, width_mm), ends)


def draw_places(places: Layout, ends: Ends | None = None) -> Figure:
    """Draw a plot that is laid out already."""
    plot = places.plot
    fonts = families_for(texts_of(plot))
    figure = new_figure(places.width / POINTS_PER_MM, places.height / POINTS_PER_MM, fonts)
    _bands(figure, places)
    axes = figure.add_axes(
        (
            places.plot_left / places.width,
            places.plot_bottom / places.height,
            places.room / places.width,
            places.n_lines * places.line / places.height,
        ),
        facecolor="none",
    )
    span = limits(*_spread(plot), plot.measure, ends)
    _results(places, axes, span)
    _axis(places, axes, span)
    _pooled(places, axes, span)
    _texts(figure, places)
    _below(figure, places, _null_place(axes, places))
    return figure


def _spread(plot: Plot) -> tuple[list[Row], list[Row]]:
    """Give the rows that the axis should hold, and those that it must."""
    whole = [r for r in plot.rows if r.kind == PREDICTION or (r.kind == POOLED and r.level == 0)]
    return [*plot.results, *(r for r in plot.pooled if r.level)], whole


def spots(places: Layout) -> list[Spot]:
    """Give the rows that tell their facts to who points at them."""
    found = []
    for i, (row, block) in enumerate(zip(places.plot.rows, places.blocks, strict=True)):
        if row.facts:
            top = places.y(block.first - 0.5)
            height = block.lines * places.line
            found.append(Spot(f"row{i}", row.label[0], row.facts, MARGIN / 2,
                              places.height - top, places.width - MARGIN, height))  # fmt: skip
    return found


# --- what stands on the axes ----------------------------------------------------------------------


def _y(places: Layout, block: Block) -> float:
    """Give the place of a row on the axes, in lines from below."""
    return places.n_lines - block.first - 0.5


def _marked(places: Layout, *kinds: str) -> list[tuple[Row, float]]:
    """Give the rows of some kinds that have an estimate, with their places on the axes."""
    return [
        (row, _y(places, block))
        for row, block in zip(places.plot.rows, places.blocks, strict=True)
        if row.kind in kinds and not math.isnan(row.estimate)
    ]


def _results(places: Layout, axes: Axes, ends: Ends) -> None:
    """Let forestplot draw markers and intervals, then move them to their rows."""
    marked, log = _marked(places, RESULT), places.plot.measure.log
    axes.set_ylim(0, places.n_lines)
    if not marked:
        axes.set_xscale("log" if log else "linear")
        return
    frame = pd.DataFrame(
        {
            "key": [f"row {i}" for i in range(len(marked))],
            "x": [row.estimate for row, _ in marked],
            "a": [_low(row, log) for row, _ in marked],
            "b": [_high(row) for row, _ in marked],
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # about its tick labels, which are not used
        _forestplot()(
            frame, estimate="x", varlabel="key", ll="a", hl="b", ax=axes, xline=None,
            logscale=log, form_ci_report=False, ci_report=False, flush=False, xticks=list(ends),
            capitalize=None, markercolor=SQUARE, markeralpha=1.0, linecolor=INK, lw=LINE_WIDTH,
            ylabel="", xlabel=None,
        )  # fmt: skip
    # it draws from below: its row 0 is our last
    at = [y for _, y in marked][::-1]
    _move(axes, at)
    _dress(axes, [row for row, _ in marked][::-1], min(1.0, places.room / FULL_ROOM))
    axes.set_ylim(0, places.n_lines)
    for row, y in marked:
        _odd_interval(axes, row, y)
        _arrow(axes, y, row.low, row.high, ends, INK)


def _move(axes: Axes, at: Sequence[float]) -> None:
    """Put forestplot's rows 0, 1, 2 ... at these places."""
    bars, markers = axes.collections[-2], axes.collections[-1]
    offsets = np.asarray(np.ma.filled(np.ma.asarray(markers.get_offsets()), np.nan), dtype=float)
    markers.set_offsets(np.column_stack([offsets[:, 0], at]))
    segments = [
        np.column_stack([np.asarray(s)[:, 0], np.full(len(s), y)])
        for s, y in zip(bars.get_segments(), at, strict=True)  # type: ignore[attr-defined]
    ]
    bars.set_segments(segments)  # type: ignore[attr-defined]
    bars.set_gid("intervals")
    bars.set_zorder(3.5)


def _dress(axes: Axes, rows: Sequence[Row], scale: float) -> None:
    """Give the markers their areas and looks."""
    from matplotlib.markers import MarkerStyle

    markers: Any = axes.collections[-1]
    looks = [look_of(row.style) for row in rows]
    areas = areas_of(rows, scale)
    markers.set_sizes([a * look.scale for a, look in zip(areas, looks, strict=True)])
    styles = [MarkerStyle(look.sign) for look in looks]
    markers.set_paths([s.get_path().transformed(s.get_transform()) for s in styles])
    markers.set_facecolor([look.colour for look in looks])
    markers.set_edgecolor([look.edge for look in looks])
    markers.set_linewidth([THIN if row.style else 0 for row in rows])
    markers.set_gid("markers")
    markers.set_zorder(3)


def areas_of(rows: Sequence[Row], scale: float = 1.0) -> list[float]:
    """Give the areas of the squares: as the weights where something was pooled, else all alike."""
    weights = [row.weight for row in rows]
    if any(math.isnan(w) for w in weights):
        return [AREA_ALONE * scale] * len(weights)
    return [max(AREA_MIN, AREA_MAX * scale * w / max(weights)) for w in weights]


def _holds(row: Row) -> bool:
    """Tell whether an interval holds its estimate; forestplot draws no other."""
    return row.low <= row.estimate <= row.high and math.isfinite(row.low + row.high)


def _low(row: Row, log: bool) -> float:
    """Keep the lower end of a ratio above 0, which a log axis cannot show."""
    if not _holds(row):
        return row.estimate
    return max(row.low, 1e-9) if log else row.low


def _high(row: Row) -> float:
    return row.high if _holds(row) else row.estimate


def _odd_interval(axes: Axes, row: Row, y: float) -> None:
    """Draw an interval that does not hold its estimate, as the review prints it."""
    if not _holds(row) and math.isfinite(row.low + row.high):
        axes.plot([row.low, row.high], [y, y], color=INK, lw=LINE_WIDTH, zorder=3.5)


def _axis(places: Layout, axes: Axes, ends: Ends) -> None:
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    plot = places.plot
    marks = ticks(*ends, plot.measure.log, places.room)
    axes.set_xlim(*ends)
    axes.xaxis.set_major_locator(FixedLocator(list(marks)))
    axes.xaxis.set_major_formatter(FixedFormatter(list(marks.values())))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.tick_params(axis="x", labelsize=SIZE, length=2.5, width=THIN, pad=2, colors=INK)
    axes.set_yticks([])
    axes.set_xlabel("")
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(INK)
    axes.spines["bottom"].set_linewidth(THIN)
    null = plot.measure.null
    if null is not None and ends[0] <= null <= ends[1]:
        axes.axvline(null, color=INK, lw=THIN + 0.1, zorder=0.5, gid="null")
    if ends[0] <= plot.reference <= ends[1]:
        axes.axvline(plot.reference, color=ACCENT, lw=THIN, ls=(0, (3, 2)), zorder=0.4,
                     gid="reference")  # fmt: skip


def _arrow(axes: Axes, y: float, low: float, high: float, ends: Ends, colour: str) -> None:
    """End an interval that goes beyond the axis in an arrow."""
    for beyond, x, marker in ((low < ends[0], ends[0], "<"), (high > ends[1], ends[1], ">")):
        if beyond:
            gid = f"arrow-{'left' if marker == '<' else 'right'}-{y:g}"
            axes.plot([x], [y], marker=marker, ms=4, mew=0, color=colour, clip_on=False, gid=gid)


def _pooled(places: Layout, axes: Axes, ends: Ends) -> None:
    """Draw the diamonds of pooled results and the lines of prediction intervals."""
    from matplotlib.patches import Polygon

    for row, y in _marked(places, POOLED):
        solid = row.level == 0
        corners = [(row.low, y), (row.estimate, y + DIAMOND), (row.high, y),
                   (row.estimate, y - DIAMOND)]  # fmt: skip
        look: dict[str, Any] = {"fc": ACCENT if solid else "#FFFFFF", "ec": ACCENT, "lw": THIN}
        gid = "diamond" if solid else "subtotal"
        axes.add_patch(Polygon(corners, closed=True, gid=gid, zorder=2.5, **look))
        _arrow(axes, y, row.low, row.high, ends, ACCENT)
    for row, y in _marked(places, PREDICTION):
        axes.plot([row.low, row.high], [y, y], color=ACCENT, lw=PI_WIDTH, solid_capstyle="butt",
                  gid="prediction-interval")  # fmt: skip
        _arrow(axes, y, row.low, row.high, ends, ACCENT)


# --- texts ----------------------------------------------------------------------------------------


def _write(
    figure: Figure, places: Layout, x: float, y: float, text: str, gid: str, **style: Any
) -> None:
    """Write a text at a place in points."""
    if text:
        look: dict[str, Any] = {"size": SIZE, "va": "baseline", "color": INK} | style
        made = figure.text(x / places.width, (y - RISE) / places.height, text, gid=gid, **look)
        made.set_parse_math(False)


def _rule(figure: Figure, places: Layout, y: float, colour: str, lw: float) -> None:
    from matplotlib.lines import Line2D

    ends = [MARGIN / 2 / places.width, 1 - MARGIN / 2 / places.width]
    figure.add_artist(Line2D(ends, [y / places.height] * 2, color=colour, lw=lw))


def _bands(figure: Figure, places: Layout) -> None:
    """Shade every second row, and draw the lines of the table."""
    from matplotlib.patches import Rectangle

    counted = 0
    for row, block in zip(places.plot.rows, places.blocks, strict=True):
        if not row.joined:
            counted = counted + 1 if row.kind == RESULT else 0
        if counted % 2:
            low = places.y(block.first + block.lines - 0.5) / places.height
            size = (
                (places.width - MARGIN) / places.width,
                block.lines * places.line / places.height,
            )
            figure.add_artist(
                Rectangle((MARGIN / 2 / places.width, low), *size, fc=BAND, ec="none", zorder=-2)
            )
        if row.ruled and block is not places.blocks[0]:
            _rule(figure, places, places.y(block.first - 0.68), RULE, THIN)
    _rule(figure, places, places.y(-0.5) + 1, INK, THIN + 0.1)


def _gid(place: str, key: str, other: str) -> str:
    """Name a text by its row, and by its key where it shows a figure of the report."""
    return f"{place}|key:{key}" if key else f"{place}|{other}"


def _texts(figure: Figure, places: Layout) -> None:
    _headings(figure, places)
    pairs = zip(places.plot.rows, places.blocks, strict=True)
    for i, (row, block) in enumerate(pairs):
        place = f"row{i}"
        if row.kind == HEADING:
            _lines(figure, places, block, block.label, _gid(place, "", f"heading-{i}"),
                   weight="bold", color=GREY if row.level == 2 else INK)  # fmt: skip
        elif row.kind == WORDS:
            _words(figure, places, block, place)
        else:
            _named(figure, places, row, block, place)


def _lines(
    figure: Figure, places: Layout, block: Block, texts: Sequence[str], gid: str, **style: Any
) -> None:
    for n, text in enumerate(texts):
        y = places.y(block.first + n)
        name = gid if "|key:" in gid else f"{gid}-{n}"
        _write(figure, places, MARGIN + block.indent, y, text, name, **style)


def _words(figure: Figure, places: Layout, block: Block, place: str) -> None:
    for n, line in enumerate(block.words):
        x = MARGIN + block.indent
        for m, (text, key) in enumerate(line):
            gid = _gid(place, key, f"note-{place}-{n}-{m}")
            _write(figure, places, x, places.y(block.first + n), text, gid, size=SMALL, color=GREY)
            x += width(f"{text} ", SMALL)


def _named(figure: Figure, places: Layout, row: Row, block: Block, place: str) -> None:
    """Write name, details and cells of a row."""
    bold = {"weight": "bold"} if row.kind == POOLED else {}
    gid = _gid(place, row.label[1], f"label-{place}")
    _lines(figure, places, block, block.label, gid, **bold)
    for n, text in enumerate(block.detail):
        y = places.y(block.first + len(block.label) + n) + 0.6
        _write(figure, places, MARGIN + block.indent, y, text, f"{place}|detail-{place}-{n}",
               size=SMALL, color=GREY)  # fmt: skip
    for column, x in places.columns:
        for n, text in enumerate(block.cells.get(column.name, ())):
            gid = _gid(place, row.cells[column.name][1], f"{column.name}-{place}-{n}")
            colour = GREY if text.startswith(("not ", "no ")) or text == ABSENT else INK
            _write(figure, places, x, places.y(block.first + n), text, gid, color=colour,
                   ha="right" if column.right else "left", **bold)  # fmt: skip


def _headings(figure: Figure, places: Layout) -> None:
    last = places.y(-1) + 2
    _write(figure, places, MARGIN, last, places.plot.name, "|column-0", weight="bold")
    for i, (column, x) in enumerate(places.columns, start=1):
        lines = column.heading.split("\n")
        for n, text in enumerate(lines):
            y = last + (len(lines) - 1 - n) * LINE
            _write(figure, places, x, y, text, f"|column-{i}-{n}", weight="bold",
                   ha="right" if column.right else "left")  # fmt: skip


# --- below the rows -------------------------------------------------------------------------------


def _null_place(axes: Axes, places: Layout) -> float:
    """Give the x of the null line in points; the middle of the axis where there is none."""
    null, ends = places.plot.measure.null, axes.get_xlim()
    if null is None or not ends[0] <= null <= ends[1]:
        return (places.plot_left + places.plot_right) / 2
    share = axes.transAxes.inverted().transform(axes.transData.transform((null, 0)))[0]
    return places.plot_left + float(share) * places.room


def _between(left: str, right: str, null: float, total: float) -> float:
    """Put the words for the two sides about the null line, inside the figure."""
    least, most = MARGIN + 4 + width(left), total - MARGIN - 4 - width(right)
    return min(max(null, least), most)


def _centred(text: str, middle: float, total: float) -> float:
    """Keep a centred text inside the figure."""
    half = width(text) / 2
    return min(max(middle, MARGIN + half), total - MARGIN - half)


def _below(figure: Figure, places: Layout, null: float) -> None:
    """Write the name of the axis, what each side favours, the legend and the notes."""
    plot = places.plot
    name = plot.axis_name or f"{plot.measure.label}{' (log scale)' if plot.measure.log else ''}"
    y = places.plot_bottom - 19
    if plot.favours:
        left, right = f"← {plot.favours[0]}", f"{plot.favours[1]} →"
        at = _between(left, right, null, places.width)
        for text, x, side in ((left, at - 4, "right"), (right, at + 4, "left")):
            _write(figure, places, x, y, text, f"|favours-{side}", ha=side, color=GREY)
        y -= 11
    middle = _centred(name, (places.plot_left + places.plot_right) / 2, places.width)
    _write(figure, places, middle, y, name, "|axis-name", ha="center")
    y = places.plot_bottom - 42 - LINE / 2 + 4
    _legend(figure, places, y)
    y -= len(places.legend) * LEGEND_HEIGHT
    for i, line in enumerate(places.notes):
        x = MARGIN
        for n, (text, key) in enumerate(line):
            _write(figure, places, x, y, text, _gid("", key, f"note-{i}-{n}"), size=SMALL)
            x += width(f"{text} ", SMALL)
        y -= LINE


def _legend(figure: Figure, places: Layout, y: float) -> None:
    """Draw each look with its words."""
    from matplotlib.lines import Line2D

    for n, entries in enumerate(places.legend):
        x = MARGIN
        for i, entry in enumerate(entries):
            at = x
            if entry.style:
                look = look_of(entry.style)
                size = math.sqrt(AREA_ALONE * look.scale)
                figure.add_artist(
                    Line2D([(x + 4) / places.width], [y / places.height], marker=look.sign,
                           ms=size, mfc=look.colour, mec=look.edge, mew=THIN, ls="none")
                )  # fmt: skip
                at += 10
            _write(figure, places, at, y, entry.words, f"|legend-{n}-{i}", size=SMALL)
            x += legend_need(entry)
        y -= LEGEND_HEIGHT
