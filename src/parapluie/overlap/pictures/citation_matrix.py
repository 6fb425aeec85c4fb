"""The citation matrix: which review includes which study, both in the order of their years."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parapluie.drawing import OKABE_ITO
from parapluie.figure.below import Below
from parapluie.figure.canvas import Canvas, Place
from parapluie.figure.drawn import Draw
from parapluie.figure.legend import Entry
from parapluie.figure.looks import BAND, GREY
from parapluie.figure.sizes import (
    GAP,
    LINE,
    MARGIN,
    MIN_WIDTH,
    PAGE_HIGH,
    POINTS_PER_MM,
    chunks,
)
from parapluie.figure.spots import Spot
from parapluie.figure.texts import Cell, width, wrap
from parapluie.overlap.pictures.frame import turned, write_turned
from parapluie.overlap.pictures.heat_map import source_of
from parapluie.overlap.pictures.lists import Lists, Sources, study_key

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ONE, SEVERAL = OKABE_ITO["vermilion"], OKABE_ITO["blue"]
"""Studies of one review (open dots), and of several (filled ones)."""
HATCH, STRING = "#9AA5AF", "#DDE3E8"
PITCH_MIN, PITCH_MAX, ROW, DOT = 7.6, 18.0, 8.2, 5.0
PITCH_PLAIN = 13.0
"""Width of a column where there is room and every name stands on one line."""
LABEL_MAX, LABEL_MIN = 118.0, 62.0
"""Room for the names of studies: as much as they need, at most and at least this."""
BETWEEN = 12.0
"""Gap between columns of studies."""
TALL = 12
"""Studies below which a table is not broken into columns."""
TITLE = "Citation matrix: which review includes which study"
CAPTION = (
    "Columns: reviews, the oldest first. Rows: studies, the oldest first. Filled: the study is in "
    "several reviews; open: in this one only."
)
CROSSED = " Crossed: the study could not have been in the review."


@dataclass(frozen=True)
class _Column:
    """Some studies one below the other: their places in the lists, and the lines of their names."""

    studies: Sequence[int]
    names: Sequence[Sequence[str]]

    @property
    def heights(self) -> list[float]:
        return [max(ROW, len(lines) * LINE + 1) for lines in self.names]


@dataclass(frozen=True)
class _Page:
    """One part: some reviews, and one or more columns of studies."""

    reviews: range
    columns: Sequence[_Column]
    label: float
    pitch: float
    heads: Sequence[Sequence[str]]

    @property
    def head(self) -> float:
        return max(width(line) for lines in self.heads for line in lines) + 5

    @property
    def block(self) -> float:
        return self.label + len(self.reviews) * self.pitch

    @property
    def high(self) -> float:
        return max(sum(c.heights) for c in self.columns)


def matrices(sources: Sources, lists: Lists, width_mm: float) -> list[Draw]:
    """Give the parts of the citation matrix, each with the names of its reviews above."""
    total = width_mm * POINTS_PER_MM
    pages = list(_pages(sources, lists, total))
    return [_later(sources, lists, page, total) for page in pages]


def _later(sources: Sources, lists: Lists, page: _Page, total: float) -> Draw:
    return lambda: _draw(sources, lists, page, total)


# --- places ---------------------------------------------------------------------------------------


def _pages(sources: Sources, lists: Lists, total: float) -> Iterator[_Page]:
    room = total - 2 * MARGIN
    longest = max(width(s.label) for s in lists.studies) + GAP
    for group in chunks(len(lists.reviews), int((room - LABEL_MIN - GAP) // PITCH_MIN)):
        rows = [i for i in range(len(lists.studies)) if _of_group(lists, i, group)]
        blocks = _blocks(len(rows), len(group), room, longest)
        each = (room - (blocks - 1) * BETWEEN) / blocks
        label = min(longest, LABEL_MAX, each - len(group) * PITCH_MIN)
        pitch = min(PITCH_MAX, (each - label) / len(group))
        most = 1 if pitch < 2 * LINE else 2
        heads = [turned(lists.reviews[j].label, most) for j in group]
        if most == 2 and max(map(len, heads)) == 1:
            pitch = PITCH_PLAIN
        page = _Page(group, [], label, pitch, heads)
        high = PAGE_HIGH - page.head - _below(sources, lists, page, total).height - 2 * MARGIN
        columns = _fill(lists, rows, label, high, blocks)
        for at in range(0, len(columns), blocks):
            yield _Page(group, columns[at : at + blocks], label, pitch, heads)


def _of_group(lists: Lists, study: int, group: range) -> bool:
    return bool(lists.included[study, group.start : group.stop].any())


def _blocks(rows: int, reviews: int, room: float, longest: float) -> int:
    """Tell how many columns of studies stand beside each other."""
    least = min(longest, LABEL_MAX, max(LABEL_MIN, 0.7 * longest)) + reviews * PITCH_MIN
    fitting = int((room + BETWEEN) // (least + BETWEEN))
    return max(1, min(fitting, rows // TALL))


def _fill(
    lists: Lists, rows: Sequence[int], label: float, high: float, blocks: int
) -> list[_Column]:  # fmt: skip
    """Put studies into columns; the last part has columns of equal length."""
    names = {i: wrap(lists.studies[i].label, label - GAP) for i in rows}
    tall = {i: max(ROW, len(names[i]) * LINE + 1) for i in rows}
    need = sum(tall.values())
    parts = math.ceil(need / (high * blocks) * 1.02)
    target = min(high, need / (parts * blocks) + max(tall.values()))
    columns: list[list[int]] = [[]]
    used = 0.0
    for i in rows:
        if columns[-1] and used + tall[i] > target:
            columns.append([])
            used = 0.0
        columns[-1].append(i)
        used += tall[i]
    return [_Column(c, [names[i] for i in c]) for c in columns]


def _below(sources: Sources, lists: Lists, page: _Page, wide: float) -> Below:
    entries = [Entry("in several reviews", DOT, _dot(True)),
               Entry("in this review only", DOT, _dot(False))]  # fmt: skip
    notes: list[list[Cell]] = []
    if lists.missing.any():
        entries.append(Entry("could not have been in the review", 7.0, _cross))
    if len(page.reviews) < len(lists.reviews):
        first, last = page.reviews.start + 1, page.reviews.stop
        words = f"Reviews {first} to {last} of {len(lists.reviews)}, with their studies."
        notes.append([(words, "")])
    from parapluie.grid import labels_of
    from parapluie.overlap.pictures.frame import left_out

    names = labels_of(sources.reviews)
    notes += left_out([names[r] for r in sources.without_list])
    letters = [lists.studies[i].label for c in page.columns for i in c.studies]
    letters += [lists.reviews[j].label for j in page.reviews]
    return Below([entries], notes, wide, letters)


# --- drawing --------------------------------------------------------------------------------------


def _draw(
    sources: Sources, lists: Lists, page: _Page, total: float
) -> tuple[Figure, list[Spot]]:  # fmt: skip
    n = len(page.columns)
    needed = 2 * MARGIN + n * page.block + (n - 1) * BETWEEN
    wide = min(total, max(needed, MIN_WIDTH * POINTS_PER_MM))
    below = _below(sources, lists, page, wide)
    top = MARGIN + page.head
    foot = top + page.high + GAP
    letters = [*below.texts, *(line for c in page.columns for x in c.names for line in x),
               *(line for head in page.heads for line in head), "…"]  # fmt: skip
    canvas = Canvas(wide, foot + below.height + MARGIN, letters)
    spots: list[Spot] = []
    for b, column in enumerate(page.columns):
        left = MARGIN + b * (page.block + BETWEEN)
        spots += _heads(canvas, sources, lists, page, (left, top), b, sum(column.heights))
        spots += _rows(canvas, sources, lists, page, (left, top), b)
    below.draw(canvas, foot)
    return canvas.figure, spots


def _heads(
    canvas: Canvas, sources: Sources, lists: Lists, page: _Page, corner: tuple[float, float],
    b: int, high: float,
) -> Iterator[Spot]:  # fmt: skip
    """Write the names of the reviews, turned, and a string down from each for its dots."""
    left, top = corner
    strings: list[Place] = []
    for m, j in enumerate(page.reviews):
        x = left + page.label + (m + 0.5) * page.pitch
        write_turned(canvas, x, top - 3, page.heads[m], f"label-review-{b}-{m}", up=True)
        strings.append((x, top, x, top + high))
        review = lists.reviews[j]
        facts = [
            ("Studies", str(lists.sizes[j]), f"overlap.reviews.{review.id}.total"),
            ("In no other review", str(lists.alone[j]), f"overlap.reviews.{review.id}.unique"),
            *source_of(sources, [review.id]),
        ]
        place = (x - page.pitch / 2, top - page.head, page.pitch, page.head)
        yield Spot(f"head{b * 1_000 + m}", review.label, facts, *place)
    canvas.segments(strings, colors=STRING, linewidths=0.5, zorder=0.5)
    right = left + page.block
    canvas.segments([(left, top, right, top), (left, top + high, right, top + high)],
                    colors=GREY, linewidths=0.5)  # fmt: skip


def _rows(
    canvas: Canvas, sources: Sources, lists: Lists, page: _Page, corner: tuple[float, float],
    b: int,
) -> Iterator[Spot]:  # fmt: skip
    left, y = corner
    marks: dict[str, list[tuple[float, float]]] = {"one": [], "several": [], "missing": []}
    bands: list[Place] = []
    column = page.columns[b]
    for n, (i, lines, high) in enumerate(
        zip(column.studies, column.names, column.heights, strict=True)
    ):
        if n % 2:
            bands.append((left, y, page.block, high))
        for m, line in enumerate(lines):
            at = y + high / 2 + (m - (len(lines) - 1) / 2) * LINE
            canvas.write(left + 1, at, line, f"label-study-{b}-{n}-{m}")
        for m, j in enumerate(page.reviews):
            middle = (left + page.label + (m + 0.5) * page.pitch, y + high / 2)
            if lists.included[i, j]:
                marks["several" if lists.times[i] > 1 else "one"].append(middle)
            elif lists.missing[i, j]:
                marks["missing"].append(middle)
        yield _spot(sources, lists, i, f"row{b * 10_000 + n}", (left, y, page.block, high))
        y += high
    canvas.boxes(bands, [BAND] * len(bands), edgecolors="none", zorder=0)
    _marks(canvas, marks)


def _marks(canvas: Canvas, marks: dict[str, list[tuple[float, float]]]) -> None:
    canvas.dots(marks["several"], DOT, facecolors=SEVERAL, zorder=2)
    canvas.dots(marks["one"], DOT - 1, facecolors="#FFFFFF", edgecolors=ONE, linewidths=1.0,
                zorder=2)  # fmt: skip
    r = 2.4
    crosses: list[Place] = []
    for x, y in marks["missing"]:
        crosses += [(x - r, y - r, x + r, y + r), (x - r, y + r, x + r, y - r)]
    canvas.segments(crosses, colors=HATCH, linewidths=0.6, zorder=2)


def _spot(sources: Sources, lists: Lists, i: int, name: str, place: Place) -> Spot:
    study = lists.studies[i]
    held = [r for r, inside in zip(lists.reviews, lists.included[i], strict=True) if inside]
    never = [r for r, out in zip(lists.reviews, lists.missing[i], strict=True) if out]
    facts = [("Reviews", str(lists.times[i]), study_key(study.id)),
             ("Included by", "; ".join(r.label for r in held), "")]  # fmt: skip
    if never:
        facts.append(("Could not be in", "; ".join(r.label for r in never), ""))
    return Spot(name, study.label, [*facts, *source_of(sources, [r.id for r in held])], *place)


def _dot(several: bool) -> Callable[[Canvas, float, float], None]:
    def draw(canvas: Canvas, x: float, y: float) -> None:
        look = (
            {"facecolors": SEVERAL}
            if several
            else {"facecolors": "#FFFFFF", "edgecolors": ONE, "linewidths": 1.0}
        )
        canvas.dots([(x + DOT / 2, y)], DOT if several else DOT - 1, **look)

    return draw


def _cross(canvas: Canvas, x: float, y: float) -> None:
    canvas.segments([(x + 1, y - 2.4, x + 6, y + 2.4), (x + 1, y + 2.4, x + 6, y - 2.4)],
                    colors=HATCH, linewidths=0.6)  # fmt: skip
