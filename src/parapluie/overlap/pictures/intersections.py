"""The UpSet plot: which reviews share how many studies that no other review has.

After Lex et al. 2014 (IEEE TVCG 20:1983): a column for each set of reviews, a bar for the studies
that exactly these reviews include, dots for the reviews.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parapluie.figure.below import Below
from parapluie.figure.canvas import Canvas, Place
from parapluie.figure.drawn import Draw
from parapluie.figure.legend import Entry
from parapluie.figure.looks import BAND, INK
from parapluie.figure.sizes import GAP, LINE, MARGIN, MIN_WIDTH, POINTS_PER_MM
from parapluie.figure.spots import Spot
from parapluie.figure.texts import Cell, width, wrap
from parapluie.overlap.pictures.citation_matrix import ONE, SEVERAL
from parapluie.overlap.pictures.frame import LABEL_SHARE, box_sign
from parapluie.overlap.pictures.heat_map import source_of
from parapluie.overlap.pictures.lists import Lists, Sources

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_REVIEWS, TOP = 12, 20
"""Reviews that the plot holds; intersections that are listed where there are more."""
EMPTY = "#D3D9DE"
TOWER, BAR, ROW, DOT, STEP_MIN, STEP_MAX = 96.0, 56.0, 14.0, 7.0, 12.0, 20.0
TITLE = "Studies by the reviews that include them"
CAPTION = (
    "Each column is a set of reviews, marked by filled dots; the bar above it is the number of "
    "studies that exactly these reviews include. On the left: the studies of each review, and "
    "those in no other review."
)


@dataclass(frozen=True)
class Intersection:
    """Reviews, in their order, and how many studies exactly these include."""

    reviews: tuple[int, ...]
    n: int


def intersections_of(lists: Lists) -> list[Intersection]:
    """Count the studies of each set of reviews; the largest first, then the fewest reviews."""
    patterns, counts = np.unique(lists.included, axis=0, return_counts=True)
    found = [
        Intersection(tuple(np.flatnonzero(p).tolist()), int(n))
        for p, n in zip(patterns, counts, strict=True)
    ]
    return sorted(found, key=lambda x: (-x.n, len(x.reviews), x.reviews))


def listed_intersections(lists: Lists) -> list[Intersection]:
    """Give those that the table lists: all where the plot is drawn, else the largest shared."""
    found = intersections_of(lists)
    if len(lists.reviews) <= MOST_REVIEWS:
        return found
    return [x for x in found if len(x.reviews) > 1][:TOP]


def intersection_key(lists: Lists, one: Intersection) -> str:
    """Give the key of the studies of an intersection."""
    return f"overlap.intersections.{'+'.join(lists.reviews[j].id for j in one.reviews)}.studies"


def upset(sources: Sources, lists: Lists, width_mm: float) -> list[Draw]:
    """Give the plot."""
    return [lambda: _draw(sources, lists, width_mm * POINTS_PER_MM)]


class _Plan:
    """Places of the plot in points."""

    def __init__(self, lists: Lists, total: float) -> None:
        found = intersections_of(lists)
        names = [wrap(r.label, LABEL_SHARE * total * 0.8) for r in lists.reviews]
        self.names = names
        self.heights = [max(ROW, len(x) * LINE + 3) for x in names]
        self.label = MARGIN + max(width(line) for x in names for line in x) + GAP
        columns = [["Studies", *map(str, lists.sizes)], ["Only here", *map(str, lists.alone)]]
        self.rights: list[float] = []
        x = self.label
        for column in columns:
            x += max(width(text) for text in column) + GAP
            self.rights.append(x)
        self.bar = BAR if total > 300 else 0.0
        self.bars = x + GAP
        self.left = self.bars + self.bar + GAP
        widest = max(width(str(x.n)) for x in found) + 2
        room = total - MARGIN - self.left
        several = [x for x in found if len(x.reviews) > 1]
        fits = len(found) * max(STEP_MIN, widest) <= room
        self.without_single = bool(several) and not fits and len(several) < len(found)
        found = several if self.without_single else found
        self.step = max(STEP_MIN, widest, min(STEP_MAX, room / len(found)))
        self.shown = found[: max(1, int(room // self.step))]
        self.hidden = found[len(self.shown) :]
        self.width = max(self.left + len(self.shown) * self.step + MARGIN,
                         MIN_WIDTH * POINTS_PER_MM)  # fmt: skip
        self.width = min(total, self.width)
        self.foot = MARGIN + LINE + TOWER
        top = self.foot + GAP
        self.tops = [top + sum(self.heights[:i]) for i in range(len(names) + 1)]

    def x(self, column: int) -> float:
        """Middle of a column."""
        return self.left + (column + 0.5) * self.step

    def y(self, row: int) -> float:
        """Middle of a row."""
        return (self.tops[row] + self.tops[row + 1]) / 2


def _draw(sources: Sources, lists: Lists, total: float) -> tuple[Figure, list[Spot]]:
    plan = _Plan(lists, total)
    entries = [Entry("in several reviews", 9.0, box_sign(SEVERAL, SEVERAL))]
    if plan.bar or any(len(x.reviews) == 1 for x in plan.shown):
        entries.insert(0, Entry("in one review only", 9.0, box_sign(ONE, ONE)))
    below = Below([entries], _notes(sources, plan), plan.width, [r.label for r in lists.reviews])
    high = plan.tops[-1] + 2 * GAP + below.height + MARGIN
    canvas = Canvas(plan.width, high, [*below.texts, *(r.label for r in lists.reviews)])
    spots = [*_reviews(canvas, sources, lists, plan), *_towers(canvas, sources, lists, plan)]
    _dots(canvas, plan)
    below.draw(canvas, plan.tops[-1] + 2 * GAP)
    return canvas.figure, spots


def _notes(sources: Sources, plan: _Plan) -> Iterator[list[Cell]]:
    from parapluie.grid import labels_of
    from parapluie.overlap.pictures.frame import left_out

    if plan.without_single:
        yield [("Studies of one review alone have no column: see Only here.", "")]
    if plan.hidden:
        yield [("Smaller intersections that are not drawn:", ""),
               (str(len(plan.hidden)), "overlap.intersections_not_drawn"), ("with studies:", ""),
               (str(sum(x.n for x in plan.hidden)),
                "overlap.intersections_not_drawn.studies")]  # fmt: skip
    names = labels_of(sources.reviews)
    yield from left_out([names[r] for r in sources.without_list])


def hidden_intersections(lists: Lists, width_mm: float) -> list[Intersection]:
    """Give those that the plot has no room for."""
    return _Plan(lists, width_mm * POINTS_PER_MM).hidden


def _reviews(
    canvas: Canvas, sources: Sources, lists: Lists, plan: _Plan
) -> Iterator[Spot]:  # fmt: skip
    """Write the names and numbers of the reviews, with a bar for each."""
    y = plan.foot - 2
    for right, words in zip(plan.rights, ("Studies", "Only here"), strict=True):
        canvas.write(right, y, words, f"label-head-{words[0]}", ha="right")
    right_end = plan.left + len(plan.shown) * plan.step
    most = max(int(lists.sizes.max()), 1)
    places: list[Place] = []
    for i, (review, lines) in enumerate(zip(lists.reviews, plan.names, strict=True)):
        top, high, y = plan.tops[i], plan.heights[i], plan.y(i)
        if i % 2 == 0:
            canvas.box(MARGIN, top, right_end - MARGIN, high, fc=BAND, zorder=0)
        for m, line in enumerate(lines):
            at = y + (m - (len(lines) - 1) / 2) * LINE
            canvas.write(plan.label - GAP, at, line, f"label-{i}-{m}", ha="right")
        key = f"overlap.reviews.{review.id}"
        facts = []
        for right, n, part, words in zip(
            plan.rights, (lists.sizes[i], lists.alone[i]), ("total", "unique"),
            ("Studies", "In no other review"), strict=True,
        ):  # fmt: skip
            canvas.write(right, y, str(n), f"row{i}|key:{key}.{part}", ha="right")
            facts.append((words, str(n), f"{key}.{part}"))
        places.append((plan.bars, y - 3.5, plan.bar * lists.alone[i] / most, 7.0))
        shared = lists.sizes[i] - lists.alone[i]
        places.append((plan.bars + places[-1][2], y - 3.5, plan.bar * shared / most, 7.0))
        place = (MARGIN, top, plan.left - GAP - MARGIN, high)
        yield Spot(f"row{i}", review.label, [*facts, *source_of(sources, [review.id])], *place)
    if plan.bar:
        canvas.boxes(places, [ONE, SEVERAL] * len(lists.reviews), edgecolors="none")


def _colour(one: Intersection) -> str:
    return ONE if len(one.reviews) == 1 else SEVERAL


def _towers(
    canvas: Canvas, sources: Sources, lists: Lists, plan: _Plan
) -> Iterator[Spot]:  # fmt: skip
    most = max(x.n for x in plan.shown)
    wide = plan.step * 0.62
    places: list[Place] = []
    for c, one in enumerate(plan.shown):
        high = TOWER * one.n / most
        places.append((plan.x(c) - wide / 2, plan.foot - high, wide, high))
        key = intersection_key(lists, one)
        y = plan.foot - high - LINE / 2
        canvas.write(plan.x(c), y, str(one.n), f"column{c}|key:{key}", ha="center")
        names = "; ".join(lists.reviews[j].label for j in one.reviews)
        said = [("Studies of exactly these reviews", str(one.n), key)]
        facts = [*said, *source_of(sources, [lists.reviews[j].id for j in one.reviews])]
        box = (plan.x(c) - plan.step / 2, MARGIN, plan.step, plan.tops[-1] - MARGIN)
        yield Spot(f"column{c}", names, facts, *box)
    canvas.boxes(places, [_colour(x) for x in plan.shown], edgecolors="none")
    canvas.line(plan.left, plan.foot, plan.left + len(plan.shown) * plan.step, plan.foot, color=INK)


def _dots(canvas: Canvas, plan: _Plan) -> None:
    empty: list[tuple[float, float]] = []
    filled: dict[str, list[tuple[float, float]]] = {ONE: [], SEVERAL: []}
    strings: list[Place] = []
    for c, one in enumerate(plan.shown):
        x = plan.x(c)
        for i in range(len(plan.names)):
            place = (x, plan.y(i))
            (filled[_colour(one)] if i in one.reviews else empty).append(place)
        if len(one.reviews) > 1:
            strings.append((x, plan.y(one.reviews[0]), x, plan.y(one.reviews[-1])))
    canvas.segments(strings, colors=SEVERAL, linewidths=1.4)
    canvas.dots(empty, DOT - 1, facecolors=EMPTY)
    for colour, places in filled.items():
        canvas.dots(places, DOT, facecolors=colour, zorder=3)


def reason_for_many(sources: Sources, lists: Lists) -> str:
    """Say why the plot is not drawn, with the largest intersections."""
    largest: Sequence[Intersection] = listed_intersections(lists)[:5]
    named = "; ".join(
        f"{x.n} in {' and '.join(lists.reviews[j].label for j in x.reviews)}" for x in largest
    )
    words = f"too_many: {len(lists.reviews)} reviews, the plot holds {MOST_REVIEWS}"
    return f"{words}. Studies of exactly these reviews, the most: {named}" if named else words
