"""The heat map: corrected covered area of every two reviews, with the number in every cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from parapluie.figure.below import Below
from parapluie.figure.canvas import Canvas, Place
from parapluie.figure.drawn import Draw
from parapluie.figure.looks import GREY
from parapluie.figure.sizes import (
    GAP,
    LINE,
    MARGIN,
    MIN_WIDTH,
    POINTS_PER_MM,
    chunks,
)
from parapluie.figure.spots import Spot
from parapluie.figure.texts import Cell, width, wrap
from parapluie.grid import ink
from parapluie.overlap.cca import BANDS, Pair, band
from parapluie.overlap.pictures.frame import (
    HEAD_MAX,
    LABEL_SHARE,
    box_entry,
    left_out,
    percent,
    turned,
    write_turned,
)
from parapluie.overlap.pictures.lists import Lists, Named, Sources, pair_key
from parapluie.rounding import half_away

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = dict(zip(BANDS, ("#EAF1F8", "#AFCFE8", "#4C95C8", "#0B3C6B"), strict=True))
"""One hue from light to dark: readable in grey and by colour-blind readers."""
NONE, DIAGONAL = "#FFFFFF", "#F2E6C9"
BAND_WORDS = {
    "half_open": (
        "slight, below 5 %", "moderate, 5 to below 10 %", "high, 10 to below 15 %",
        "very high, 15 % or more",
    ),
    "pieper2014": (
        "slight, 0 to 5 %", "moderate, 6 to 10 %", "high, 11 to 15 %", "very high, above 15 %",
    ),
}  # fmt: skip
SCHEMES = {"half_open": "half-open bands, after Bracchiglione 2025",
           "pieper2014": "bands on whole percents, after Pieper 2014"}  # fmt: skip
PITCH_MIN, PITCH_MAX = 17.0, 24.0
"""Width and height of a cell: one number, or two of three digits one above the other."""
LABEL_LEAST, LABEL_SHARE_OF_BLOCKS = 80.0, 0.23
"""Names of rows are wrapped in this room rather than that the triangle is cut into blocks, and in
this share of the width rather than that there are more blocks."""
BETWEEN = 3.0
"""Gap between the blocks of the overview."""
TITLE = "Overlap of primary studies, by pair of reviews"
CAPTION = (
    "Lower triangle: corrected covered area of each pair of reviews in percent (shared studies "
    "over all studies of the two). Diagonal: studies in no other review, above all studies of the "
    "review."
)


@dataclass(frozen=True)
class Counts:
    """Shared studies, and structurally missing cells, of every two reviews."""

    lists: Lists
    shared: NDArray[np.int64]
    apart: NDArray[np.int64]

    def pair(self, i: int, j: int) -> Pair:
        """Give two reviews in the order of the alphabet."""
        a, b = sorted((i, j), key=lambda n: self.lists.reviews[n].id)
        sizes, names = self.lists.sizes, self.lists.reviews
        return Pair(
            names[a].id, names[b].id, int(sizes[a]), int(sizes[b]), int(self.shared[i, j]),
            int(self.apart[i, j]),
        )  # fmt: skip


def counts_of(lists: Lists) -> Counts:
    """Compare every two reviews."""
    held, missing = lists.included.astype(np.int64), lists.missing.astype(np.int64)
    apart = held.T @ missing
    return Counts(lists, held.T @ held, apart + apart.T)


def written(pair: Pair) -> str:
    """Write the number of a cell: 0 where no study is shared, a dash where there is none."""
    if pair.cca is None:
        return "–"
    return percent(pair.cca) if pair.shared else "0"


def heat_maps(sources: Sources, lists: Lists, width_mm: float) -> list[Draw]:
    """Give the parts of the heat map: one triangle, or an overview and its blocks with numbers."""
    counts = counts_of(lists)
    total, n = width_mm * POINTS_PER_MM, len(lists.reviews)
    names = [r.label for r in lists.reviews]
    needed = max(width(f"{n}  {name}") for name in names) + 4
    room = total - 2 * MARGIN - GAP
    label = min(needed, LABEL_SHARE * total)
    if room - n * PITCH_MIN >= min(label, LABEL_LEAST):
        label = min(label, room - n * PITCH_MIN)
    elif n * PITCH_MIN + label > room:
        label = min(label, max(LABEL_LEAST, LABEL_SHARE_OF_BLOCKS * total))
    groups = chunks(n, int((room - label) // PITCH_MIN + 1e-9))
    numbered = len(groups) > 1 or any("…" in turned(name)[-1] for name in names)
    plan = _Plan(sources, counts, total, label, groups, numbered)
    if len(groups) == 1:
        return [lambda: _block(plan, groups[0], groups[0])]
    shown = [(r, c) for i, r in enumerate(groups) for c in groups[: i + 1] if plan.shares(r, c)]
    return [lambda: _overview(plan), *(_later(plan, r, c) for r, c in shown)]


def _later(plan: _Plan, rows: range, columns: range) -> Draw:
    return lambda: _block(plan, rows, columns)


@dataclass(frozen=True)
class _Plan:
    """What all parts share: sizes in points, and how reviews are grouped."""

    sources: Sources
    counts: Counts
    total: float
    label: float
    groups: Sequence[range]
    numbered: bool

    @property
    def reviews(self) -> Sequence[Named]:
        return self.counts.lists.reviews

    @property
    def names(self) -> list[str]:
        named = enumerate(self.reviews, start=1)
        return [f"{i}  {r.label}" if self.numbered else r.label for i, r in named]

    def shares(self, rows: range, columns: range) -> bool:
        """Tell whether a block has anything to show but zeros."""
        block = self.counts.shared[rows.start : rows.stop, columns.start : columns.stop]
        return rows == columns or bool(block.any())

    def place(self, rows: range, columns: range) -> str:
        """Name a block by the numbers of its reviews."""
        by = "" if rows == columns else f" by {_ends(columns)}"
        return f"Reviews {_ends(rows)}{by}"

    def colour(self, i: int, j: int) -> str:
        pair = self.counts.pair(i, j)
        if i == j:
            return DIAGONAL
        return COLOURS[band(pair.cca, self.sources.scheme)] if pair.shared else NONE


# --- legend and notes -----------------------------------------------------------------------------


def _below(plan: _Plan, wide: float, diagonal: bool, more: Sequence[list[Cell]] = ()) -> Below:
    scheme = plan.sources.scheme
    bands = zip(BANDS, BAND_WORDS[scheme], strict=True)
    entries = [box_entry(NONE, "no study shared")]
    entries += [box_entry(COLOURS[name], words) for name, words in bands]
    words = f"Numbers: corrected covered area (CCA) in percent; {SCHEMES[scheme]}."
    notes: list[list[Cell]] = [*more, [(words, "")]]
    if diagonal:
        entries.append(box_entry(DIAGONAL, "studies in no other review, above all of the review"))
    notes += _together(plan.sources)
    notes += _left_out(plan.sources)
    return Below([entries], notes, wide, plan.names)


def _together(sources: Sources) -> Iterator[list[Cell]]:
    """Give the CCA of all reviews, plain and adjusted for structural missingness."""
    plain, adjusted = (
        sources.lines.get(f"overlap.all.{name}", {}).get("value")
        for name in ("cca_percent", "cca_adjusted")
    )
    if plain is None:
        return
    yield [
        ("All these reviews together, in percent:", ""),
        (f"{half_away(float(plain), 1):f}", "overlap.all.cca_percent"),
    ]
    if adjusted is not None:
        yield [
            ("The same without studies that a review could not have included:", ""),
            (percent(float(adjusted)), "overlap.all.cca_adjusted"),
        ]


def _left_out(sources: Sources) -> Iterator[list[Cell]]:
    from parapluie.grid import labels_of

    names = labels_of(sources.reviews)
    yield from left_out([names[r] for r in sources.without_list])
    if sources.shorter:
        named = "; ".join(names[r] for r in sources.shorter)
        yield [(f"Listed with fewer studies than they report: {named}.", "")]


# --- a block with numbers -------------------------------------------------------------------------


class _Sizes:
    """Places of one block, in points."""

    def __init__(self, plan: _Plan, rows: range, columns: range) -> None:
        n = len(columns)
        room = plan.total - 2 * MARGIN - plan.label - GAP
        self.pitch = min(PITCH_MAX, max(PITCH_MIN, room / n))
        names = plan.names
        self.rows = [wrap(names[i], plan.label) for i in rows]
        used = max(width(line) for lines in self.rows for line in lines)
        self.heads = [turned(names[j]) for j in columns]
        self.left = MARGIN + used + GAP
        needed = self.left + n * self.pitch + MARGIN
        self.width = min(plan.total, max(needed, MIN_WIDTH * POINTS_PER_MM))
        self.heights = [max(self.pitch, len(lines) * LINE + 3) for lines in self.rows]
        self.title = "" if rows == columns and len(plan.groups) == 1 else plan.place(rows, columns)
        top = MARGIN + (LINE + GAP if self.title else 0.0)
        self.tops = [top + sum(self.heights[:i]) for i in range(len(rows) + 1)]
        self.foot = self.tops[-1] + 3
        self.below = self.foot + max(width(h) for head in self.heads for h in head) + GAP + 3

    def x(self, column: int) -> float:
        return self.left + column * self.pitch


def _block(plan: _Plan, rows: range, columns: range) -> tuple[Figure, list[Spot]]:
    sizes = _Sizes(plan, rows, columns)
    below = _below(plan, sizes.width, rows == columns)
    letters = [*plan.names, *below.texts, "…–"]
    canvas = Canvas(sizes.width, sizes.below + below.height + MARGIN, letters)
    if sizes.title:
        canvas.write(MARGIN, MARGIN + LINE / 2, sizes.title, "label-title", weight="bold")
    _names(canvas, sizes)
    spots = list(_cells(canvas, plan, sizes, rows, columns))
    below.draw(canvas, sizes.below)
    return canvas.figure, spots


def _names(canvas: Canvas, sizes: _Sizes) -> None:
    for i, lines in enumerate(sizes.rows):
        middle = (sizes.tops[i] + sizes.tops[i + 1]) / 2
        for m, line in enumerate(lines):
            y = middle + (m - (len(lines) - 1) / 2) * LINE
            canvas.write(sizes.left - GAP, y, line, f"label-row-{i}-{m}", ha="right")
    for j, head in enumerate(sizes.heads):
        x = sizes.x(j) + sizes.pitch / 2
        write_turned(canvas, x, sizes.foot, head, f"label-column-{j}", up=False)


def _cells(
    canvas: Canvas, plan: _Plan, sizes: _Sizes, rows: range, columns: range
) -> Iterator[Spot]:  # fmt: skip
    places: list[Place] = []
    colours: list[str] = []
    for n, i in enumerate(rows):
        for m, j in enumerate(columns):
            if j > i:
                continue
            place = (sizes.x(m), sizes.tops[n], sizes.pitch, sizes.heights[n])
            places.append(place)
            colours.append(plan.colour(i, j))
            name = f"cell{n * 1_000 + m}"
            middle = (place[0] + place[2] / 2, place[1] + place[3] / 2)
            if i == j:
                _write_diagonal(canvas, plan, i, middle, name)
                yield Spot(name, plan.reviews[i].label, _facts_of_review(plan, i), *place)
            else:
                pair = plan.counts.pair(i, j)
                canvas.write(*middle, written(pair), f"{name}|key:{pair_key(pair.a, pair.b)}.cca",
                             ha="center", color=ink(colours[-1]))  # fmt: skip
                yield Spot(name, _pair_name(plan, i, j), _facts_of_pair(plan, pair), *place)
    canvas.boxes(places, colours, edgecolors="#C9D2DA", linewidths=0.5)


def _write_diagonal(
    canvas: Canvas, plan: _Plan, i: int, middle: tuple[float, float], name: str
) -> None:  # fmt: skip
    """Write the studies that only this review has above all of its studies."""
    lists = plan.counts.lists
    key = f"{name}|key:overlap.reviews.{lists.reviews[i].id}"
    x, y = middle
    canvas.write(x, y - 4.1, str(lists.alone[i]), f"{key}.unique", ha="center")
    canvas.write(x, y + 4.3, str(lists.sizes[i]), f"{key}.total", ha="center")
    canvas.line(x - 6.5, y, x + 6.5, y, lw=0.5)


def _pair_name(plan: _Plan, i: int, j: int) -> str:
    return f"{plan.reviews[i].label} and {plan.reviews[j].label}"


def _facts_of_review(plan: _Plan, i: int) -> list[tuple[str, str, str]]:
    lists = plan.counts.lists
    review = lists.reviews[i].id
    key = f"overlap.reviews.{review}"
    facts = [("Studies", str(lists.sizes[i]), f"{key}.total"),
             ("In no other review", str(lists.alone[i]), f"{key}.unique")]  # fmt: skip
    return [*facts, *source_of(plan.sources, [review])]


def _facts_of_pair(plan: _Plan, pair: Pair) -> list[tuple[str, str, str]]:
    key, names = pair_key(pair.a, pair.b), {r.id: r.label for r in plan.reviews}
    facts = [("Shared studies", str(pair.shared), f"{key}.shared")]
    for title, value, part in (
        ("CCA", pair.cca, "cca"),
        ("CCA, adjusted", pair.cca_adjusted if pair.x else None, "cca_adjusted"),
        (f"Share of {names[pair.a]}", pair.contained_a, "contained_a"),
        (f"Share of {names[pair.b]}", pair.contained_b, "contained_b"),
    ):
        if value is not None:
            facts.append((title, f"{percent(value)} %", f"{key}.{part}"))
    return [*facts, *source_of(plan.sources, [pair.a, pair.b])]


def source_of(sources: Sources, reviews: Sequence[str]) -> list[tuple[str, str, str]]:
    """Say which documents the lists are from; the file of the lists where none is named."""
    named = dict.fromkeys(d for r in reviews if (d := sources.documents.get(r)))
    return [("Source", "; ".join(named) or sources.shown, "")]


# --- overview -------------------------------------------------------------------------------------


def _overview(plan: _Plan) -> tuple[Figure, list[Spot]]:
    """Draw all pairs in colours alone, with the blocks that the parts with numbers show."""
    n = len(plan.reviews)
    side = max(width(_ends(g)) for g in plan.groups) + GAP
    gaps = (len(plan.groups) - 1) * BETWEEN
    cell = min(8.0, (plan.total - 2 * MARGIN - side - gaps) / n)
    at = [i * cell + g * BETWEEN for g, group in enumerate(plan.groups) for i in group]
    left, long = MARGIN + side, at[-1] + cell
    wide = min(plan.total, max(left + long + MARGIN, MIN_WIDTH * POINTS_PER_MM))
    below = _below(plan, wide, True, [[(_rest(plan), "")]])
    foot = MARGIN + long + LINE + 2 * GAP
    canvas = Canvas(wide, foot + below.height + MARGIN, [*below.texts, "–"])
    places = [(left + at[j], MARGIN + at[i], cell, cell) for i in range(n) for j in range(i + 1)]
    colours = [plan.colour(i, j) for i in range(n) for j in range(i + 1)]
    canvas.boxes(places, colours, edgecolors="#C9D2DA", linewidths=0.25)
    for k, group in enumerate(plan.groups):
        middle = (at[group.start] + at[group.stop - 1] + cell) / 2
        canvas.write(left - GAP, MARGIN + middle, _ends(group), f"axis-row-{k}", ha="right",
                     color=GREY)  # fmt: skip
        y = MARGIN + long + GAP + LINE / 2
        canvas.write(left + middle, y, _ends(group), f"axis-column-{k}", ha="center", color=GREY)
    below.draw(canvas, foot)
    spots = [
        Spot(f"row{i}", f"{i + 1}  {review.label}", _facts_of_review(plan, i), left,
             MARGIN + at[i], at[i] + cell, cell)
        for i, review in enumerate(plan.reviews)
    ]  # fmt: skip
    return canvas.figure, spots


def _ends(group: range) -> str:
    return f"{group.start + 1}–{group.stop}"


def _rest(plan: _Plan) -> str:
    hidden = [
        plan.place(r, c)
        for i, r in enumerate(plan.groups)
        for c in plan.groups[: i + 1]
        if not plan.shares(r, c)
    ]
    words = "Names and numbers stand in the parts that follow, one for each block."
    return words + (
        f" Without a shared study, so without a part: {'; '.join(hidden)}." if hidden else ""
    )


__all__ = ["CAPTION", "HEAD_MAX", "TITLE", "Counts", "counts_of", "heat_maps", "source_of"]
