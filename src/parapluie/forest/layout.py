"""Where the texts of a forest plot stand, in points; texts are measured before they are drawn."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from parapluie.drawing import MM_PER_INCH
from parapluie.fonts import families
from parapluie.forest.content import Cell, Column, Plot

POINTS_PER_MM = 72 / MM_PER_INCH
SIZE, SMALL = 7.0, 7.0
LINE = 10.0
"""Height of one line of text."""
MARGIN, GAP = 4.0, 9.0
AXIS_HEIGHT = 44.0
"""Below the rows: ticks, name of the axis, what each side favours."""
PLOT_SHARE, PLOT_SHARE_MIN = 0.30, 0.24
"""Share of the width that the axes have at best and at least."""
LABEL_MIN = 62.0
DROPPED_FIRST = ("grade", "i2", "n_effects", "n", "k", "amstar2", "weight")
"""Columns given up, in this order, where the width does not hold all."""
MOVED = ("grade", "amstar2")
"""Those whose words then stand below the name of the row."""


@functools.cache
def _font(bold: bool) -> Any:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    weight = "bold" if bold else "normal"
    return get_font(findfont(FontProperties(family=families()[0], weight=weight)))


@functools.lru_cache(maxsize=20_000)
def width(text: str, size: float = SIZE, bold: bool = False) -> float:
    """Measure a text in points."""
    font = _font(bold)
    font.set_size(size, 720)
    font.set_text(text, 0.0)
    measured: float = font.get_width_height()[0] / 64 / 10
    return measured


def wrap(text: str, room: float, size: float = SIZE, bold: bool = False) -> list[str]:
    """Break a text into lines of at most `room` points; a word that is too long is broken too."""
    lines: list[str] = []
    for word in text.split():
        if lines and width(f"{lines[-1]} {word}", size, bold) <= room:
            lines[-1] += f" {word}"
            continue
        while width(word, size, bold) > room and len(word) > 1:
            fit = next(
                (n for n in range(len(word) - 1, 1, -1) if width(word[:n], size, bold) <= room), 1
            )
            lines.append(word[:fit])
            word = word[fit:]
        lines.append(word)
    return lines or [""]


@dataclass(frozen=True)
class Block:
    """The place of one row: its first line (counted from the top), lines of text, and height."""

    first: int
    label: Sequence[str]
    detail: Sequence[str]
    cells: Mapping[str, Sequence[str]]
    lines: int


@dataclass(frozen=True)
class Layout:
    """All places of one plot in points, from the lower left corner of the figure."""

    width: float
    height: float
    plot_left: float
    plot_right: float
    plot_bottom: float
    n_lines: int
    label_room: float
    columns: Sequence[tuple[Column, float]]
    blocks: Sequence[Block]
    summary: Sequence[str]
    summary_first: int
    pi_first: int
    pi_label: Sequence[str]
    heading_lines: int
    notes: Sequence[Sequence[Cell]]
    dropped: Sequence[str]

    def y(self, line: float) -> float:
        """Give the middle of a line of the table, counted from the top."""
        return self.plot_bottom + (self.n_lines - line - 0.5) * LINE


def lay_out(plot: Plot, width_mm: float) -> Layout:
    """Measure all texts and give each its place.

    Parameters
    ----------
    plot : Plot
    width_mm : float
        Width of the figure; its height grows with the rows.
    """
    total = width_mm * POINTS_PER_MM
    left, right, dropped = _kept(plot, total)
    plot = _moved(plot, dropped)
    left_room, right_room = _needs(plot, left), _needs(plot, right)
    fixed = 2 * MARGIN + sum(left_room) + sum(right_room) + GAP * (len(left) + len(right) + 1)
    wanted = _label_need(plot)
    share = _plot_share(wanted, fixed, total)
    label_room = max(LABEL_MIN, min(wanted, total - fixed - share * total))
    plot_left = MARGIN + label_room + sum(left_room) + GAP * (len(left) + 1)
    blocks, cursor = _blocks(plot, label_room, plot_left - MARGIN - GAP, (*left, *right))
    summary_first, pi_first, summary, pi_lines = -1, -1, [], [""]
    if plot.summary:
        summary = wrap(plot.summary.label, label_room, bold=True)
        summary_first, pi_first = cursor, cursor + len(summary)
        pi_lines = wrap(plot.summary.pi_label, label_room)
        cursor += len(summary) + (0 if math.isnan(plot.summary.pi_low) else len(pi_lines))
    notes = _notes(plot, total - 2 * MARGIN)
    bottom = MARGIN + len(notes) * LINE + AXIS_HEIGHT
    heading = max(c.heading.count("\n") for c in (*left, *right)) + 1
    plot_right = total - MARGIN - sum(right_room) - GAP * len(right)
    return Layout(
        width=total,
        height=bottom + cursor * LINE + heading * LINE + 2 + MARGIN,
        plot_left=plot_left,
        plot_right=plot_right,
        plot_bottom=bottom,
        n_lines=cursor,
        label_room=label_room,
        columns=[
            *_places(left, left_room, MARGIN + label_room + GAP),
            *_places(right, right_room, plot_right + GAP),
        ],
        blocks=blocks,
        summary=summary,
        summary_first=summary_first,
        pi_first=pi_first,
        pi_label=pi_lines,
        heading_lines=heading,
        notes=notes,
        dropped=[column.heading for column in dropped],
    )


def _plot_share(wanted: float, fixed: float, total: float) -> float:
    """Give the axes their full share unless the names of the rows need the room."""
    return PLOT_SHARE if wanted + fixed + PLOT_SHARE * total <= total else PLOT_SHARE_MIN


def _kept(plot: Plot, total: float) -> tuple[list[Column], list[Column], list[Column]]:
    """Drop columns until names and axes have room."""
    left, right = list(plot.left), list(plot.right)
    dropped: list[Column] = []
    for name in DROPPED_FIRST:
        needs = sum(_needs(plot, left)) + sum(_needs(plot, right)) + GAP * (len(left) + len(right))
        if needs + LABEL_MIN + PLOT_SHARE_MIN * total + 2 * MARGIN + GAP <= total:
            break
        dropped += [c for c in (*left, *right) if c.name == name]
        left = [c for c in left if c.name != name]
        right = [c for c in right if c.name != name]
    return left, right, dropped


def _moved(plot: Plot, dropped: Sequence[Column]) -> Plot:
    """Put the words of dropped columns below the names, and name the columns that are gone."""
    moved = [c for c in dropped if c.name in MOVED]
    gone = [c.heading for c in dropped if c.name not in MOVED]
    rows = []
    for row in plot.rows:
        words = [f"{c.heading}: {row.cells[c.name][0]}" for c in moved if c.name in row.cells]
        rows.append(replace(row, detail="; ".join([*([row.detail] if row.detail else []), *words])))
    note = [f"Left out for want of width: {', '.join(gone)}."] if gone else []
    return replace(plot, rows=rows, notes=[*plot.notes, *note])


CELL_ROOM = 52.0
"""Texts of words (grades) wider than this are wrapped."""


def _needs(plot: Plot, columns: Sequence[Column]) -> list[float]:
    """Give the width that each column needs."""
    cells = [row.cells for row in plot.rows] + ([plot.summary.cells] if plot.summary else [])
    pi = [plot.summary.pi_cell[0]] if plot.summary else []
    needs = []
    for column in columns:
        texts = [c[column.name][0] for c in cells if column.name in c]
        texts += pi if column.name == "effect" else []
        bold = plot.summary is not None
        pieces = [line for text in texts for line in _cell_lines(column, text)]
        body = max((width(piece, bold=bold and column.right) for piece in pieces), default=0.0)
        needs.append(max(body, *(width(h, bold=True) for h in column.heading.split("\n"))) + 1)
    return needs


def _cell_lines(column: Column, text: str) -> list[str]:
    return [text] if column.right else wrap(text, CELL_ROOM)


def _label_need(plot: Plot) -> float:
    texts = [width(r.label[0]) for r in plot.rows if not r.is_heading]
    texts += [min(width(r.detail, SMALL), 150.0) for r in plot.rows]
    texts += [min(width(plot.summary.label, bold=True), 160.0)] if plot.summary else []
    return max(texts) + 2


def _blocks(
    plot: Plot, room: float, heading_room: float, columns: Sequence[Column]
) -> tuple[list[Block], int]:
    blocks, cursor = [], 0
    for row in plot.rows:
        if row.is_heading:
            heading = wrap(row.label[0], heading_room, bold=True)
            blocks.append(Block(cursor, heading, [], {}, len(heading)))
        else:
            label = wrap(row.label[0], room)
            detail = wrap(row.detail, room, SMALL) if row.detail else []
            cells = {
                c.name: _cell_lines(c, row.cells[c.name][0]) for c in columns if c.name in row.cells
            }
            lines = max(len(label) + len(detail), *(len(x) for x in cells.values()))
            blocks.append(Block(cursor, label, detail, cells, lines))
        cursor += blocks[-1].lines
    return blocks, cursor


def _places(
    columns: Sequence[Column], rooms: Sequence[float], start: float
) -> list[tuple[Column, float]]:
    """Give the x of each column: its right edge or its left edge, as it is aligned."""
    places = []
    for column, room in zip(columns, rooms, strict=True):
        places.append((column, start + room if column.right else start))
        start += room + GAP
    return places


def _notes(plot: Plot, room: float) -> list[list[Cell]]:
    """Break the line on heterogeneity and the notes into lines of cells."""
    lines: list[list[Cell]] = []
    if plot.summary:
        lines += _flow(plot.summary.heterogeneity, room)
    for note in plot.notes:
        lines += [[(line, "")] for line in wrap(note, room, SMALL)]
    return lines


def _flow(cells: Sequence[Cell], room: float) -> list[list[Cell]]:
    lines: list[list[Cell]] = [[]]
    used = 0.0
    for cell in cells:
        need = width(f"{cell[0]} ", SMALL)
        if lines[-1] and used + need > room:
            lines.append([])
            used = 0.0
        lines[-1].append(cell)
        used += need
    return lines


# --- the axis -------------------------------------------------------------------------------------

_DECADES = range(-4, 5)
_RATIO_ENDS = [m * 10.0**e for e in _DECADES for m in (1, 1.25, 1.5, 2, 3, 4, 5, 6, 7, 8, 9)]
"""Values at which the axis of a ratio may end."""
_RATIO_MARKS = (
    [10.0**e for e in _DECADES] + [0.5, 2.0, 0.25, 4.0] + [5 * 10.0**e for e in _DECADES]
    + [2 * 10.0**e for e in _DECADES]
)  # fmt: skip
"""Values that a reader expects at the axis of a ratio, the most wanted first."""
_NEAR_ONE = [0.8, 1.25, 0.6, 0.7, 0.9, 1.1, 1.5, 3.0]
"""More of them, for an axis that spans less than a factor of four."""


def limits(plot: Plot, given: tuple[float, float] | None) -> tuple[float, float]:
    """Give the ends of the axis on the natural scale.

    Without given ends, the axis holds every estimate, the pooled result and the null value, and
    the intervals as far as three typical half-widths from the outermost estimate; longer ones end
    in an arrow.
    """
    if given:
        return given
    to, rows = plot.measure.to_analysis, [r for r in plot.rows if not r.is_heading]
    middle = [to(r.estimate) for r in rows if r.estimate is not None]
    middle = [x for x in middle if not math.isnan(x)]
    ends = [(to(r.low), to(r.high)) for r in rows if r.low > 0 or not plot.measure.log]
    ends = [e for e in ends if not math.isnan(e[0] + e[1])]
    reach = 3 * float(np.median([(b - a) / 2 for a, b in ends])) if ends else 0.5
    must = [*middle, *([to(plot.measure.null)] if plot.measure.null is not None else [])]
    if plot.summary:
        must += [to(plot.summary.low), to(plot.summary.high)]
    low = max(min([e[0] for e in ends] + must), min(must) - reach)
    high = min(max([e[1] for e in ends] + must), max(must) + reach)
    if plot.summary and not math.isnan(plot.summary.pi_low):
        low, high = min(low, to(plot.summary.pi_low)), max(high, to(plot.summary.pi_high))
    pad = 0.04 * (high - low) or 0.5
    return _rounded(low - pad, high + pad, plot.measure.log)


def _rounded(low: float, high: float, log: bool) -> tuple[float, float]:
    """Round the ends outwards to values that a reader expects at an axis."""
    if log:
        below = [s for s in _RATIO_ENDS if math.log(s) <= low]
        above = [s for s in _RATIO_ENDS if math.log(s) >= high]
        return (below or _RATIO_ENDS)[-1], (above or _RATIO_ENDS)[0]
    step = _step(high - low) / 2
    return math.floor(low / step) * step, math.ceil(high / step) * step


def _step(span: float) -> float:
    """Give the distance between ticks: 1, 2 or 5 times a power of ten, four to eight in a span."""
    base = 10.0 ** math.floor(math.log10(span / 4))
    return max(m * base for m in (1, 2, 5) if m * base <= span / 4 * 1.0000001)


def ticks(low: float, high: float, log: bool, room: float) -> dict[float, str]:
    """Give ticks with their labels, as many as stand apart on an axis `room` points long.

    Parameters
    ----------
    low, high : float
        Ends of the axis on the natural scale.
    log : bool
        Whether the axis is logarithmic; its ends and 1 come first then.
    room : float
        Length of the axis in points.
    """
    if log:
        unit = room / math.log(high / low)
        wanted = [1.0, low, high, *_RATIO_MARKS, *(_NEAR_ONE if high / low < 4 else [])]
        kept: list[float] = []
        for mark in (m for m in wanted if low <= m <= high and m not in kept):
            if all(_stand_apart(mark, k, abs(math.log(mark / k)) * unit) for k in kept):
                kept.append(mark)
        return {mark: _tick_label(mark) for mark in sorted(kept)}
    for marks in _even_marks(low, high):
        gap = (marks[1] - marks[0]) * room / (high - low) if len(marks) > 1 else math.inf
        if all(_stand_apart(a, b, gap) for a, b in itertools.pairwise(marks)):
            break
    return {mark: _tick_label(mark) for mark in marks}


def _even_marks(low: float, high: float) -> Iterator[list[float]]:
    """Give evenly spaced marks, fewer each time."""
    for factor in (1, 2, 5, 10):
        step = _step(high - low) * factor
        whole = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
        yield [round(i * step, 10) + 0.0 for i in whole]


def _tick_label(mark: float) -> str:
    return f"{mark:g}".replace("-", "−")


def _stand_apart(one: float, other: float, gap: float) -> bool:
    half = (width(_tick_label(one)) + width(_tick_label(other))) / 2
    return gap > half + GAP / 2
