"""Where the texts of a forest plot stand, in points; texts are measured before they are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from parapluie.drawing import MM_PER_INCH
from parapluie.figure.texts import SMALL, flow, note_on_boxes, width, wrap
from parapluie.forest.model import (
    ABSENT,
    HEADING,
    POOLED,
    PREDICTION,
    RESULT,
    WORDS,
    Cell,
    Column,
    Legend,
    Plot,
    Row,
    note,
)

POINTS_PER_MM = 72 / MM_PER_INCH
LINE, TIGHT_LINE = 9.6, 8.6
"""Height of one line of text, and in plots of many rows."""
MANY_ROWS = 45
MARGIN, GAP = 4.0, 8.0
WORDS_ROOM = 170.0
"""Room that a line on heterogeneity needs beside the axes."""
INDENT = 7.0
"""Of the names below a heading."""
AXIS_HEIGHT = 42.0
"""Below the rows: ticks, what each side favours, name of the axis."""
LEGEND_HEIGHT = 11.0
PLOT_SHARE, PLOT_SHARE_MIN = 0.30, 0.24
"""Share of the width that the axes have at best and at least."""
LABEL_MIN, DETAIL_MAX, POOLED_MAX = 62.0, 150.0, 170.0
ARMS = ("cells_1", "cells_2")
"""Columns that are given up together."""
NO_BREAK = "\u00a0"
PAGE_HIGH = 680.0
"""Height of a page of a journal in points; higher plots are cut into pages in the PDF."""


@dataclass(frozen=True)
class Block:
    """The place of one row: its first line (counted from the top), lines of text, and height."""

    first: float
    label: Sequence[str]
    detail: Sequence[str]
    cells: Mapping[str, Sequence[str]]
    lines: float
    indent: float = 0.0
    words: Sequence[Sequence[Cell]] = ()


@dataclass(frozen=True)
class Layout:
    """All places of one plot in points, from the lower left corner of the figure."""

    plot: Plot
    width: float
    height: float
    line: float
    plot_left: float
    plot_right: float
    plot_bottom: float
    n_lines: float
    columns: Sequence[tuple[Column, float]]
    blocks: Sequence[Block]
    heading_lines: int
    notes: Sequence[Sequence[Cell]]
    legend: Sequence[Sequence[Legend]]
    dropped: Sequence[str]

    def y(self, line: float) -> float:
        """Give the middle of a line of the table, counted from the top."""
        return self.plot_bottom + (self.n_lines - line - 0.5) * self.line

    @property
    def room(self) -> float:
        """Length of the axis."""
        return self.plot_right - self.plot_left


@dataclass(frozen=True)
class _Columns:
    """Columns that are kept, with their widths, and those that are not."""

    left: Sequence[Column]
    right: Sequence[Column]
    dropped: Sequence[Column]
    left_room: Sequence[float]
    right_room: Sequence[float]
    label_room: float
    total: float

    @property
    def plot_left(self) -> float:
        """Left end of the axis."""
        return MARGIN + self.label_room + sum(self.left_room) + GAP * (len(self.left) + 1)

    @property
    def plot_right(self) -> float:
        """Right end of the axis."""
        return self.total - MARGIN - sum(self.right_room) - GAP * len(self.right)


def lay_out(plot: Plot, width_mm: float) -> Layout:
    """Measure all texts and give each its place.

    Parameters
    ----------
    plot : Plot
    width_mm : float
        Width of the figure; its height grows with the rows.
    """
    plot, columns = _measured(plot, width_mm * POINTS_PER_MM)
    return _placed(plot, columns, TIGHT_LINE if plot.n_rows > MANY_ROWS else LINE)


def _measured(plot: Plot, total: float) -> tuple[Plot, _Columns]:
    """Choose the columns and give each its width; move words for which there is no column."""
    left, right, dropped = _kept(plot, total)
    plot = _with_notes_on_columns(plot, (*left, *right), dropped)
    plot = _with_words_moved(plot, dropped)
    left_room, right_room = _needs(plot, left), _needs(plot, right)
    fixed = 2 * MARGIN + sum(left_room) + sum(right_room) + GAP * (len(left) + len(right) + 1)
    wanted = _label_need(plot)
    label_room = max(LABEL_MIN, min(wanted, total - fixed - _plot_share(wanted, fixed, total)))
    columns = _Columns(left, right, dropped, left_room, right_room, label_room, total)
    return _with_words_below(plot, columns.plot_left - MARGIN - GAP), columns


def _placed(plot: Plot, columns: _Columns, line: float) -> Layout:
    every = (*columns.left, *columns.right)
    heading_room = columns.plot_left - MARGIN - GAP
    blocks, cursor = _blocks(plot, columns.label_room, heading_room, every)
    notes = _notes(plot, columns.total - 2 * MARGIN)
    legend = _legend_lines(plot, columns.total - 2 * MARGIN)
    bottom = MARGIN + len(notes) * LINE + AXIS_HEIGHT + len(legend) * LEGEND_HEIGHT
    heading = max([c.heading.count("\n") for c in every] or [0]) + 1
    return Layout(
        plot=plot,
        width=columns.total,
        height=bottom + cursor * line + heading * LINE + 3 + MARGIN,
        line=line,
        plot_left=columns.plot_left,
        plot_right=columns.plot_right,
        plot_bottom=bottom,
        n_lines=cursor,
        columns=[
            *_places(columns.left, columns.left_room, MARGIN + columns.label_room + GAP),
            *_places(columns.right, columns.right_room, columns.plot_right + GAP),
        ],
        blocks=blocks,
        heading_lines=heading,
        notes=notes,
        legend=legend,
        dropped=[column.heading for column in columns.dropped],
    )


def legend_need(entry: Legend) -> float:
    """Give the width of a marker with its words; of a title, which has no style, of its words."""
    return width(entry.words, SMALL) + INDENT + (10 if entry.style else 0)


def _legend_lines(plot: Plot, room: float) -> list[list[Legend]]:
    """Break the legend into lines; its title, if it has one, stands first."""
    entries = [*([Legend("", plot.legend_title)] if plot.legend_title else []), *plot.legend]
    lines: list[list[Legend]] = []
    used = room
    for entry in entries:
        used += legend_need(entry)
        if used > room:
            lines.append([])
            used = legend_need(entry)
        lines[-1].append(entry)
    return lines


def in_pages(plot: Plot, width_mm: float) -> list[Layout]:
    """Lay a plot out in parts no higher than a page, with the same columns on each.

    Headings are repeated where a part goes on below one; notes and legend stand under the last.
    """
    whole = lay_out(plot, width_mm)
    if whole.height <= PAGE_HIGH:
        return [whole]
    plot, columns = _measured(plot, width_mm * POINTS_PER_MM)
    above = whole.height - whole.n_lines * whole.line - len(whole.notes) * LINE
    parts: list[list[Row]] = [[]]
    used, under, last = above, "", ("", "")
    for row, block in zip(plot.rows, whole.blocks, strict=True):
        high = (block.lines + _space_above(row, True)) * whole.line
        full = used + high > PAGE_HIGH - (2 * whole.line if row.kind == HEADING else 0)
        if full and len(parts[-1]) > 1:
            again = Row((f"{under}, continued", ""), kind=HEADING, level=1)
            parts.append([again] if under and row.kind == RESULT else [])
            used = above + len(parts[-1]) * whole.line
            row = replace(row, label=row.label if row.label[0] else last)
        last = row.label if row.label[0] else last
        under = row.label[0] if row.kind == HEADING else under
        parts[-1].append(row)
        used += high
    return [
        _placed(_part(plot, rows, i == len(parts) - 1), columns, whole.line)
        for i, rows in enumerate(parts)
    ]


def _part(plot: Plot, rows: Sequence[Row], is_last: bool) -> Plot:
    if is_last:
        return replace(plot, rows=rows)
    goes_on = [note("Goes on on the next page.")]
    return replace(plot, rows=rows, notes=goes_on, legend=[], legend_title="")


def _plot_share(wanted: float, fixed: float, total: float) -> float:
    """Give the axes their full share unless the names of the rows need the room."""
    full = PLOT_SHARE * total
    return full if wanted + fixed + full <= total else PLOT_SHARE_MIN * total


def _kept(plot: Plot, total: float) -> tuple[list[Column], list[Column], list[Column]]:
    """Drop columns until names and axes have room."""
    left, right = list(plot.left), list(plot.right)
    dropped: list[Column] = []
    for name in plot.dropped_first:
        needs = sum(_needs(plot, left)) + sum(_needs(plot, right)) + GAP * (len(left) + len(right))
        if needs + LABEL_MIN + PLOT_SHARE_MIN * total + 2 * MARGIN + GAP <= total:
            break
        names = ARMS if name in ARMS else (name,)
        dropped += [c for c in (*left, *right) if c.name in names]
        left = [c for c in left if c.name not in names]
        right = [c for c in right if c.name not in names]
    return left, right, dropped


def _with_notes_on_columns(
    plot: Plot, kept: Sequence[Column], dropped: Sequence[Column]
) -> Plot:  # fmt: skip
    """Add the notes on columns that are drawn, and on the sign for what is absent."""
    shown = {c.name for c in kept}
    cells = [c for row in plot.rows for n, c in row.cells.items() if n in shown]
    named = shown | {c.name for c in dropped if c.moves}
    named |= {ABSENT} if any(text == ABSENT for text, _ in cells) else set()
    found = [text for name, text in plot.column_notes if name in named]
    return replace(plot, notes=[*plot.notes, *found])


def _with_words_moved(plot: Plot, dropped: Sequence[Column]) -> Plot:
    """Put the words of dropped columns below the names, and name the columns that are gone."""
    moved = [c for c in dropped if c.moves]
    gone = [c.heading.replace("\n", " ") for c in dropped if not c.moves]
    rows = []
    said = {c.name for c in moved if any(_says(row, c) for row in plot.rows)}
    for row in plot.rows:
        named = [(c.heading, row.cells.get(c.name, ("", ""))[0]) for c in moved if _says(row, c)]
        words = [f"{heading.replace(' ', NO_BREAK)}: {text}" for heading, text in named if text]
        rows.append(replace(row, detail="; ".join([*([row.detail] if row.detail else []), *words])))
    notes = [note(_on_not_rated(plot, c, c.name in said)) for c in moved]
    notes = [n for n in notes if n[0][0]]
    notes += [note(f"Left out for want of width: {', '.join(gone)}.")] if gone else []
    return replace(plot, rows=rows, notes=[*plot.notes, *notes])


def _on_not_rated(plot: Plot, column: Column, some: bool) -> str:
    """Say what rows without words of a moved column are; nothing where all have some."""
    if not some:
        return f"{column.heading}: no row is rated."
    results = [r for r in plot.rows if r.kind == RESULT]
    return "" if all(_says(r, column) for r in results) else (
        f"{column.heading}: rows that do not name it are not rated.")  # fmt: skip


def _says(row: Row, column: Column) -> bool:
    return row.cells.get(column.name, ("", ""))[0] not in ("", "not rated")


def _with_words_below(plot: Plot, room: float) -> Plot:
    """Put what is said of the whole among the notes where it has little room beside the axes."""
    if room >= WORDS_ROOM:
        return plot
    whole = [r for r in plot.rows if r.kind == WORDS and r.level == 0]
    rows = [r for r in plot.rows if r not in whole]
    return replace(plot, rows=rows, notes=[*(r.words for r in whole), *plot.notes])


def _needs(plot: Plot, columns: Sequence[Column]) -> list[float]:
    """Give the width that each column needs."""
    needs = []
    for column in columns:
        heading = max(width(h, bold=True) for h in column.heading.split("\n"))
        body = [
            width(piece, bold=row.kind == POOLED)
            for row in plot.rows
            if column.name in row.cells
            for piece in _cell_lines(column, row.cells[column.name][0])
        ]
        needs.append(max([heading, *body]) + 1)
    return needs


def _cell_lines(column: Column, text: str) -> list[str]:
    return (
        [text] if column.right else wrap(text, max(column.room, width(column.heading, bold=True)))
    )


def _label_need(plot: Plot) -> float:
    """Give the width that the names want; details and diamonds may be wrapped."""
    wanted = [LABEL_MIN]
    indented = _is_indented(plot)
    for row, deep in zip(plot.rows, indented, strict=True):
        more = INDENT if deep else 0.0
        if row.kind in (POOLED, PREDICTION):
            wanted.append(min(width(row.label[0], bold=row.kind == POOLED), POOLED_MAX) + more)
        elif row.kind not in (HEADING, WORDS):
            wanted += [width(row.label[0]) + more, min(width(row.detail, SMALL), DETAIL_MAX) + more]
    return max(wanted) + 2


def _is_indented(plot: Plot) -> list[bool]:
    """Tell which rows stand below a heading."""
    inside, out = False, []
    for row in plot.rows:
        inside = row.kind == HEADING or (inside and not (row.kind == POOLED and row.level == 0))
        out.append(inside and row.kind != HEADING)
    return out


def _blocks(
    plot: Plot, room: float, heading_room: float, columns: Sequence[Column]
) -> tuple[list[Block], float]:
    blocks: list[Block] = []
    cursor = 0.0
    for row, deep in zip(plot.rows, _is_indented(plot), strict=True):
        indent = INDENT if deep else 0.0
        cursor += _space_above(row, bool(blocks))
        blocks.append(_block(row, cursor, room - indent, heading_room - indent, columns, indent))
        cursor += blocks[-1].lines
    return blocks, cursor


def _space_above(row: Row, follows: bool) -> float:
    """Give the empty space above a row, in lines."""
    if not follows:
        return 0.15
    return 0.35 if row.kind == HEADING or row.ruled else 0.0


def _block(
    row: Row, first: float, room: float, heading_room: float, columns: Sequence[Column],
    indent: float,
) -> Block:  # fmt: skip
    if row.kind == HEADING:
        heading = wrap(row.label[0], heading_room, bold=True)
        return Block(first, heading, [], {}, len(heading), indent)
    if row.kind == WORDS:
        lines = flow(row.words, heading_room)
        return Block(first, [], [], {}, len(lines), indent, lines)
    label = wrap(row.label[0], room, bold=row.kind == POOLED) if row.label[0] else []
    detail = wrap(row.detail, room, SMALL) if row.detail else []
    cells = {c.name: _cell_lines(c, row.cells[c.name][0]) for c in columns if c.name in row.cells}
    lines_high = max([1, len(label) + len(detail), *(len(x) for x in cells.values())])
    return Block(first, label, detail, cells, lines_high, indent)


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
    """Break the notes into lines of cells."""
    boxes = [note(text) for text in note_on_boxes(texts_of(plot))]
    return [line for each in (*plot.notes, *boxes) for line in flow(each, room)]


def texts_of(plot: Plot) -> Iterable[str]:
    """Give all texts of a plot that people wrote."""
    yield "0"
    for row in plot.rows:
        yield row.label[0]
        yield row.detail
        yield from (text for text, _ in row.cells.values())
    yield from (text for each in plot.notes for text, _ in each)
