"""The drawings of what searches share: combinations of searches by size, and every pair of them.

The first is an UpSet plot (Lex et al. 2014): a column for each combination of searches, a bar for
the reports that exactly these searches found, dots for the searches. The second is a matrix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from parapluie import drawing, grid
from parapluie.drawing import OKABE_ITO
from parapluie.rounding import half_away

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from parapluie.deduplication.sources import Sources

COMBINATIONS, PAIRS = "search_combinations", "search_pairs"
"""Names of the two drawings."""

ONE, SEVERAL = OKABE_ITO["vermilion"], OKABE_ITO["blue"]
"""Reports of one search, and of several."""

EMPTY_DOT, STRIPE = "#D8D8D8", "#F3F3F1"
DIAGONAL, NONE = "#F2E6C9", "#FFFFFF"
SHARES = (
    (Decimal(50), "#0B3C6B", "50 percent or more"),
    (Decimal(25), "#4C95C8", "25 to below 50 percent"),
    (Decimal(10), "#B3D1E8", "10 to below 25 percent"),
    (Decimal(0), "#E6F0F8", "below 10 percent"),
)
"""Lower ends of the shades of a shared percentage, one hue from dark to light."""

MARGIN, GAP = 4.0, 2.0
LABEL_WIDTH, LABEL_SIZE, NUMBER_SIZE, TOWER_SIZE, HEAD_SIZE = 42.0, 6.5, 6.5, 6.0, 8.0
ROW, BAR, TOWER, DOT = 5.8, 18.0, 36.0, 2.8
MIN_WIDTH = 112.0
"""Widths and heights in mm, type in points."""

KEY = "deduplication."


def draw(found: Sources, labels: Mapping[str, str], out: Path) -> None:
    """Draw what searches share; nothing where fewer than two searches have a report.

    Parameters
    ----------
    found : Sources
    labels : mapping
        search_id to its name.
    out : Path
        Folder, for ``search_combinations`` and ``search_pairs``. Drawings of an earlier run are
        removed first.
    """
    for ending in drawing.FORMATS:
        for name in (COMBINATIONS, PAIRS):
            (out / f"{name}.{ending}").unlink(missing_ok=True)
    if len(found.drawn_searches()) > 1:
        combinations(found, labels, out / COMBINATIONS)
        pairs(found, labels, out / PAIRS)


@dataclass(frozen=True)
class _Search:
    """A search that is drawn: its name in lines, and its numbers."""

    id: str
    lines: list[str]
    reports: int
    alone: int

    @property
    def height(self) -> float:
        return max(ROW, grid.height_of(len(self.lines), LABEL_SIZE) + 1.6)


def _searches(found: Sources, labels: Mapping[str, str]) -> list[_Search]:
    rows = {r["search_id"]: r for r in found.by_source.to_dict("records")}
    named = []
    for search in found.drawn_searches():
        lines = grid.wrap(labels.get(search, search), LABEL_WIDTH, LABEL_SIZE)
        row = rows[search]
        named.append(_Search(search, lines, int(row["reports"]), int(row["unique_reports"])))
    return named


def _left_out(found: Sources, labels: Mapping[str, str], width: float) -> list[str]:
    """Say which searches are not drawn, and why, in lines of a width."""
    drawn = set(found.drawn_searches())
    rows = [r for r in found.by_source.to_dict("records") if r["search_id"] not in drawn]
    notes = []
    for words, there in (("Not drawn, with fewer reports: ", True), ("Without a report: ", False)):
        names = [labels.get(r["search_id"], r["search_id"]) for r in rows]
        named = [n for n, r in zip(names, rows, strict=True) if n and bool(r["reports"]) is there]
        if named:
            notes += grid.wrap(words + "; ".join(named) + ".", width, LABEL_SIZE)
    return notes


def _tops(searches: Sequence[_Search], top: float) -> list[float]:
    tops = [top]
    for search in searches:
        tops.append(tops[-1] + search.height)
    return tops


def _names(axes: Axes, searches: Sequence[_Search], tops: Sequence[float], right: float) -> None:
    for search, top in zip(searches, tops, strict=False):
        y = top + (search.height - grid.height_of(len(search.lines), LABEL_SIZE)) / 2
        grid.lines(axes, right, y, search.lines, LABEL_SIZE, ha="right")


def _widest(texts: Sequence[str], size: float) -> float:
    return max(grid.text_width(text, size) for text in texts)


def _label_width(searches: Sequence[_Search]) -> float:
    return _widest([line for s in searches for line in s.lines], LABEL_SIZE)


# --- combinations ---------------------------------------------------------------------------------

HEADING = "Reports by the searches that found them"
LEGEND = ((ONE, "found by one search only"), (SEVERAL, "found by several searches"))
COLUMNS = (("Reports", "reports"), ("Only here", "unique_reports"))


class _Plan:
    """Places and sizes of the drawing of combinations, in mm."""

    def __init__(
        self, searches: Sequence[_Search], sizes: Sequence[int], notes: Sequence[str], rest: bool
    ) -> None:
        self.label = MARGIN + _label_width(searches)
        numbers = [[f"{s.reports:,}" for s in searches], [f"{s.alone:,}" for s in searches]]
        self.rights, x = [], self.label
        for (head, _), column in zip(COLUMNS, numbers, strict=True):
            x += GAP + _widest([head, *column], NUMBER_SIZE)
            self.rights.append(x)
        self.bars = x + GAP
        self.matrix = self.bars + BAR + GAP
        self.step = max(4.6, _widest([f"{n:,}" for n in sizes], TOWER_SIZE) + 0.9)
        self.width = max(self.matrix + len(sizes) * self.step + MARGIN, MIN_WIDTH)
        self.tower = MARGIN + grid.height_of(2, HEAD_SIZE) + grid.height_of(1, NUMBER_SIZE)
        self.foot = self.tower + TOWER
        self.tops = _tops(searches, self.foot + GAP)
        self.notes = self.tops[-1] + GAP
        lines = len(notes) + int(rest)
        self.height = self.notes + grid.height_of(lines, LABEL_SIZE) + MARGIN

    def x(self, column: int) -> float:
        """Middle of a column."""
        return self.matrix + (column + 0.5) * self.step


def combinations(found: Sources, labels: Mapping[str, str], stem: Path) -> list[Path]:
    """Draw the largest combinations of searches, and the reports of each search.

    Parameters
    ----------
    found : Sources
    labels : mapping
        search_id to its name.
    stem : Path
        Path of the files without ending.
    """
    searches = _searches(found, labels)
    drawn = found.drawn_combinations([s.id for s in searches])
    rest = len(found.combinations) - len(drawn)
    notes = _left_out(found, labels, MIN_WIDTH - 2 * MARGIN)
    plan = _Plan(searches, [n for _, n in drawn], notes, rest > 0)
    figure, axes = grid.sheet(plan.width, plan.height)
    _head(axes, plan)
    _stripes(axes, plan, searches)
    _names(axes, searches, plan.tops, plan.label)
    _per_search(axes, plan, searches)
    _towers(axes, plan, drawn)
    _dots(axes, plan, searches, drawn)
    y = plan.notes
    if rest:
        _rest(axes, y, rest, int(found.combinations["reports"].sum()) - sum(n for _, n in drawn))
        y += grid.height_of(1, LABEL_SIZE)
    grid.lines(axes, MARGIN, y, notes, LABEL_SIZE)
    description = (
        "Each column is a combination of searches, marked by filled dots; the bar above it is the "
        "number of reports that exactly these searches found. Bars on the left: reports of each "
        "search, first those that no other search found."
    )
    return drawing.save(figure, stem, f"{HEADING}: {len(searches)} searches", description)


def _head(axes: Axes, plan: _Plan) -> None:
    grid.text(axes, MARGIN, MARGIN + grid.height_of(1, HEAD_SIZE) / 2, HEADING, fontsize=HEAD_SIZE)
    step = grid.height_of(1, LABEL_SIZE) * 1.3
    y = MARGIN + grid.height_of(2, HEAD_SIZE)
    for i, (colour, words) in enumerate(LEGEND):
        grid.boxes(axes, [(MARGIN, y + i * step, 3.0, step * 0.7)], [colour])
        grid.text(axes, MARGIN + 4.5, y + (i + 0.35) * step, words, fontsize=LABEL_SIZE)
    y = plan.foot - grid.height_of(1, NUMBER_SIZE) / 2 + GAP / 2
    for (words, _), right in zip(COLUMNS, plan.rights, strict=True):
        grid.text(axes, right, y, words, ha="right", fontsize=NUMBER_SIZE)


def _stripes(axes: Axes, plan: _Plan, searches: Sequence[_Search]) -> None:
    width = plan.width - 2 * MARGIN
    places = [
        (MARGIN, top, width, search.height)
        for i, (search, top) in enumerate(zip(searches, plan.tops, strict=False))
        if i % 2 == 0
    ]
    grid.boxes(axes, places, [STRIPE] * len(places))


def _per_search(axes: Axes, plan: _Plan, searches: Sequence[_Search]) -> None:
    """Write the numbers of each search, and draw them: first those of it alone."""
    most = max(s.reports for s in searches)
    places, colours = [], []
    for search, top in zip(searches, plan.tops, strict=False):
        y = top + search.height / 2
        values = (search.reports, search.alone)
        for (_, name), right, n in zip(COLUMNS, plan.rights, values, strict=True):
            key = f"{KEY}sources.{search.id}.{name}"
            grid.text(axes, right, y, f"{n:,}", key=key, ha="right", fontsize=NUMBER_SIZE)
        x = plan.bars
        for n, colour in ((search.alone, ONE), (search.reports - search.alone, SEVERAL)):
            places.append((x, y - 1.6, BAR * n / most, 3.2))
            colours.append(colour)
            x += BAR * n / most
    grid.boxes(axes, places, colours)


def _colour(names: Sequence[str]) -> str:
    return ONE if len(names) == 1 else SEVERAL


def _towers(axes: Axes, plan: _Plan, drawn: Sequence[tuple[list[str], int]]) -> None:
    """Draw the bar of each combination with its number above."""
    most = max(n for _, n in drawn)
    wide = min(plan.step * 0.62, 4.0)
    places = []
    for i, (names, n) in enumerate(drawn):
        height = TOWER * n / most
        places.append((plan.x(i) - wide / 2, plan.foot - height, wide, height))
        y = plan.foot - height - grid.height_of(1, TOWER_SIZE) / 2
        key = f"{KEY}source_combinations.{'+'.join(names)}.reports"
        grid.text(axes, plan.x(i), y, f"{n:,}", key=key, ha="center", fontsize=TOWER_SIZE)
    grid.boxes(axes, places, [_colour(names) for names, _ in drawn])
    ends = [plan.matrix, plan.matrix + len(drawn) * plan.step]
    axes.plot(ends, [plan.foot, plan.foot], color="#000000", linewidth=0.6)


def _dots(
    axes: Axes,
    plan: _Plan,
    searches: Sequence[_Search],
    drawn: Sequence[tuple[list[str], int]],
) -> None:
    """Draw a dot for each search and combination, filled where the search is in it."""
    middle = {s.id: top + s.height / 2 for s, top in zip(searches, plan.tops, strict=False)}
    xs, ys, colours = [], [], []
    for i, (names, _) in enumerate(drawn):
        for search, y in middle.items():
            xs.append(plan.x(i))
            ys.append(y)
            colours.append(_colour(names) if search in names else EMPTY_DOT)
        held = [middle[name] for name in names]
        axes.plot([plan.x(i)] * 2, [min(held), max(held)], color=_colour(names), linewidth=1.2)
    size = (DOT / grid.POINT) ** 2
    axes.scatter(xs, ys, s=size, c=colours, linewidths=0, zorder=3)


def _rest(axes: Axes, y: float, n: int, reports: int) -> None:
    """Say what is not drawn, its two numbers traceable."""
    key = f"{KEY}source_combinations_not_drawn"
    parts = (
        ("Smaller combinations that are not drawn:", ""),
        (f"{n:,}", key),
        ("with reports:", ""),
        (f"{reports:,}", f"{key}.reports"),
    )
    x = MARGIN
    for words, named in parts:
        grid.text(
            axes, x, y + grid.height_of(1, LABEL_SIZE) / 2, words, key=named, fontsize=LABEL_SIZE
        )
        x += grid.text_width(words, LABEL_SIZE) / grid.SPARE + 0.9


# --- pairs ----------------------------------------------------------------------------------------


class _Grid:
    """Places and sizes of the matrix of pairs, in mm."""

    def __init__(self, searches: Sequence[_Search], notes: Sequence[str]) -> None:
        numbers = [f"{s.reports:,}" for s in searches]
        self.cell = max(9.0, _widest(numbers, NUMBER_SIZE) + 1.6)
        self.heights = [max(8.0, s.height) for s in searches]
        self.letters = MARGIN + _label_width(searches) + 1.6 * GAP
        self.left = self.letters + 1.2 * GAP
        self.width = max(self.left + len(searches) * self.cell + MARGIN, MIN_WIDTH)
        self.heads = MARGIN + grid.height_of(2, HEAD_SIZE)
        top = self.heads + 1.4 * grid.height_of(1, LABEL_SIZE)
        self.tops = [top + sum(self.heights[:i]) for i in range(len(searches) + 1)]
        self.legend = self.tops[-1] + 2 * GAP
        lines = grid.height_of(1, LABEL_SIZE) * (1.25 * 3 + 3 + len(notes))
        self.height = self.legend + lines + GAP + MARGIN

    def x(self, column: int) -> float:
        """Left edge of a column."""
        return self.left + column * self.cell


def pairs(found: Sources, labels: Mapping[str, str], stem: Path) -> list[Path]:
    """Draw for each search the reports that each other search found too.

    Parameters
    ----------
    found : Sources
    labels : mapping
        search_id to its name.
    stem : Path
        Path of the files without ending.
    """
    letters = [chr(ord("A") + i) for i in range(len(found.drawn_searches()))]
    searches = _searches(found, labels)
    notes = _left_out(found, labels, MIN_WIDTH - 2 * MARGIN)
    plan = _Grid(searches, notes)
    figure, axes = grid.sheet(plan.width, plan.height)
    words = "Reports that two searches share"
    grid.text(axes, MARGIN, MARGIN + grid.height_of(1, HEAD_SIZE) / 2, words, fontsize=HEAD_SIZE)
    _edges(axes, plan, searches, letters)
    _cells(axes, plan, searches, found)
    _legend(axes, plan, notes)
    description = (
        "Each cell: reports of the search of its row that the search of its column found too, "
        "above their share of the reports of the row. Diagonal: all reports of the search, above "
        "those that no other search found."
    )
    return drawing.save(figure, stem, f"{words}: {len(searches)} searches", description)


def _edges(axes: Axes, plan: _Grid, searches: Sequence[_Search], letters: Sequence[str]) -> None:
    """Name the rows, and give rows and columns their letters."""
    head = plan.heads + grid.height_of(1, LABEL_SIZE) / 2
    for i, (search, letter) in enumerate(zip(searches, letters, strict=True)):
        middle = plan.tops[i] + plan.heights[i] / 2
        y = middle - grid.height_of(len(search.lines), LABEL_SIZE) / 2
        grid.lines(axes, plan.letters - 1.6 * GAP, y, search.lines, LABEL_SIZE, ha="right")
        for x, at in ((plan.letters, middle), (plan.x(i) + plan.cell / 2, head)):
            grid.text(axes, x, at, letter, ha="center", fontsize=LABEL_SIZE, weight="bold")


def _cells(axes: Axes, plan: _Grid, searches: Sequence[_Search], found: Sources) -> None:
    columns = (found.overlap[c] for c in ("search_a", "search_b", "shared_reports"))
    shared = {frozenset((a, b)): int(n) for a, b, n in zip(*columns, strict=True)}
    places, colours, texts = [], [], []
    for i, row in enumerate(searches):
        for j, column in enumerate(searches):
            if i == j:
                colour, written = DIAGONAL, _of_search(row)
            else:
                n = shared.get(frozenset((row.id, column.id)), 0)
                colour, written = _shade(n, row.reports), _of_pair(row, column, n)
            places.append((plan.x(j), plan.tops[i], plan.cell, plan.heights[i]))
            colours.append(colour)
            texts.append(written)
    grid.boxes(axes, places, colours)
    for place, colour, written in zip(places, colours, texts, strict=True):
        _write(axes, place, colour, written)
    _frame(axes, plan, len(searches))


def _write(
    axes: Axes,
    place: tuple[float, float, float, float],
    colour: str,
    written: Sequence[tuple[str, str]],
) -> None:
    """Write one or two numbers into a cell, one above the other."""
    x, y, width, height = place
    step = grid.height_of(1, NUMBER_SIZE)
    first = y + height / 2 - step * (len(written) - 1) / 2
    for i, (words, key) in enumerate(written):
        grid.text(
            axes,
            x + width / 2,
            first + i * step,
            words,
            key=key,
            ha="center",
            fontsize=NUMBER_SIZE if i == 0 else NUMBER_SIZE - 0.7,
            color=grid.ink(colour),
        )


def _of_search(search: _Search) -> list[tuple[str, str]]:
    key = f"{KEY}sources.{search.id}"
    return [
        (f"{search.reports:,}", f"{key}.reports"),
        (f"{search.alone:,}", f"{key}.unique_reports"),
    ]


def _of_pair(row: _Search, column: _Search, n: int) -> list[tuple[str, str]]:
    a, b = sorted((row.id, column.id))
    key = f"{KEY}source_overlap.{a}.{b}"
    side = "a" if row.id == a else "b"
    count = (f"{n:,}", f"{key}.shared_reports")
    return [count, (percent(n, row.reports), f"{key}.share_of_{side}")] if n else [count]


def percent(n: int, of: int) -> str:
    """Write a share in whole percent, never 0 for what is there and never 100 for less.

    Examples
    --------
    >>> percent(1, 8), percent(1, 1000), percent(999, 1000)
    ('13%', '<1%', '>99%')
    """
    rounded = half_away(Decimal(100 * n) / Decimal(of), 0)
    if n > 0 and not rounded:
        return "<1%"
    if n < of and rounded == 100:
        return ">99%"
    return f"{rounded:f}%"


def _shade(n: int, of: int) -> str:
    share = Decimal(100 * n) / Decimal(of)
    return next(colour for low, colour, _ in SHARES if share >= low) if n else NONE


def _frame(axes: Axes, plan: _Grid, count: int) -> None:
    """Draw a thin line around the matrix, so that empty cells have an edge."""
    left, right = plan.x(0), plan.x(count)
    top, bottom = plan.tops[0], plan.tops[-1]
    xs, ys = [left, right, right, left, left], [top, top, bottom, bottom, top]
    axes.plot(xs, ys, color="#999999", linewidth=0.5)


def _legend(axes: Axes, plan: _Grid, notes: Sequence[str]) -> None:
    step = grid.height_of(1, LABEL_SIZE)
    column = (plan.width - 2 * MARGIN) / 2
    entries = [*((colour, words) for _, colour, words in SHARES), (NONE, "none")]
    for i, (colour, words) in enumerate(entries):
        x, y = MARGIN + (i % 2) * column, plan.legend + (i // 2) * step * 1.25
        grid.boxes(axes, [(x, y, 4, step * 0.9)], [colour])
        edge = [y, y, y + step * 0.9, y + step * 0.9, y]
        axes.plot([x, x + 4, x + 4, x, x], edge, color="#555555", linewidth=0.4)
        grid.text(axes, x + 5.5, y + step * 0.45, words, fontsize=LABEL_SIZE)
    y = plan.legend + step * 1.25 * 3 + GAP / 2
    reading = [
        "Each cell: reports of the row that the column found too,",
        "and below them their share of the reports of the row.",
        "Diagonal: all reports of the search, above those of it alone.",
    ]
    y = grid.lines(axes, MARGIN, y, reading, LABEL_SIZE)
    grid.lines(axes, MARGIN, y, notes, LABEL_SIZE)
