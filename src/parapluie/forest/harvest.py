"""The harvest plot: directions that reviews report, for what cannot be pooled.

Ogilvie D, Fayter D, Petticrew M et al. BMC Med Res Methodol 2008;8:8. Each bar is a review; its
height is its quality, its place the direction it reports. A bar is no estimate of an effect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parapluie.figure.canvas import Canvas
from parapluie.figure.legend import Entry, draw_legend, lines_of
from parapluie.figure.looks import BAND, GREY, INK, RULE, THIN
from parapluie.figure.spots import Spot
from parapluie.figure.texts import SMALL, flow, note_on_boxes, width, wrap
from parapluie.forest.directions import (
    DIFFERS,
    IMPROVED,
    META,
    MIXED,
    NARRATIVE,
    NO_EFFECT,
    SHOWN,
    UNCLEAR,
    WORSENED,
    Vote,
    votes,
)
from parapluie.forest.layout import POINTS_PER_MM
from parapluie.forest.model import Cell, note
from parapluie.forest.sources import NOT_RATED, Sources, grade_words
from parapluie.forest.umbrella import NO_DOMAIN

MARGIN, GAP, LINE = 4.0, 5.0, 9.6
PITCH_MIN, BAR = 9.5, 5.6
"""From bar to bar at least, and width of a bar."""
STEP, STUB = 4.0, 1.6
"""Height of one step of quality, and of a bar without a grade."""
FOOT = 9.0
"""Height of the number below a bar."""
HEIGHTS = {"critically_low": 1, "low": 2, "moderate": 3, "high": 4}
LABEL_SHARE, LABEL_MIN = 0.3, 44.0
LEGEND_LINE = 12.0
HEADS = {d: words for d, (_, words, _) in SHOWN.items()} | {DIFFERS: "Differs"}
"""Headings of the columns."""
ALWAYS = (WORSENED, NO_EFFECT, IMPROVED)
FILL = {META: "#56B4E9", NARRATIVE: "#FFFFFF", UNCLEAR: "#D5D9DD"}
"""Kind of evidence to the colour of a bar; narrative bars have a line across, too."""
WORDS = {META: "meta-analysis", NARRATIVE: "narrative", UNCLEAR: "kind of evidence not stated"}


@dataclass(frozen=True)
class Harvest:
    """What the plot shows.

    Parameters
    ----------
    domains : sequence
        Domain, and its outcomes with their names.
    columns : sequence of str
        Directions that have a column, from worse to better.
    votes : mapping
        (outcome, direction) to the votes.
    numbers : mapping
        Review to the number under its bars.
    names : mapping
        Review to its name.
    heights : mapping
        Review to the steps of its bars; 0 is not rated.
    """

    domains: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    columns: Sequence[str]
    votes: Mapping[tuple[str, str], Sequence[Vote]]
    numbers: Mapping[str, int]
    names: Mapping[str, str]
    heights: Mapping[str, int]
    grades: Mapping[str, str]
    stem: str = "harvest"
    title: str = "Directions that reviews report (harvest plot)"
    caption: str = (
        "Each bar is a review, named by its number below; it stands under the direction that the "
        "review reports, once for each time of measurement and kind of evidence. The higher the "
        "bar, the better the quality of the review (AMSTAR 2). As reported; not an effect "
        "estimate; reviews may share trials."
    )


def harvest(sources: Sources) -> Harvest | None:
    """Give the plot; ``None`` where no review reports a direction."""
    found = votes(sources)
    if not found:
        return None
    order, names = sources.outcome_order, sources.names
    outcomes = sorted({v.outcome for v in found}, key=lambda o: (order.get(o, len(order)), o))
    domains: dict[str, list[tuple[str, str]]] = {}
    for outcome in outcomes:
        domain = str(sources.outcome(outcome).get("domain", "")).capitalize() or NO_DOMAIN
        domains.setdefault(domain, []).append((outcome, sources.outcome_label(outcome)))
    reviews = sorted({v.review for v in found}, key=lambda r: (str(names.get(r, r)).casefold(), r))
    numbers = {r: i for i, r in enumerate(reviews, start=1)}
    quality = sources.quality()
    grouped: dict[tuple[str, str], list[Vote]] = {}
    for vote in found:
        grouped.setdefault((vote.outcome, vote.direction), []).append(vote)
    for members in grouped.values():
        members.sort(key=lambda v: (numbers[v.review], v.time, v.evidence))
    used = {v.direction for v in found}
    order_of = (WORSENED, NO_EFFECT, MIXED, DIFFERS, UNCLEAR, IMPROVED)
    return Harvest(
        list(domains.items()),
        [d for d in order_of if d in ALWAYS or d in used],
        grouped, numbers, {r: names.get(r, r) for r in reviews},
        {r: _height(quality.get(r, ())) for r in reviews},
        {r: grade_words(quality.get(r, ())) for r in reviews},
    )  # fmt: skip


def _height(grades: tuple[str, ...]) -> int:
    """Give the steps of a bar: of several grades that are possible, the lowest."""
    return min((HEIGHTS[g] for g in grades if g in HEIGHTS), default=0)


# --- places ---------------------------------------------------------------------------------------


class _Places:
    """Places of the plot in points."""

    def __init__(self, found: Harvest, width_mm: float) -> None:
        self.found = found
        self.width = width_mm * POINTS_PER_MM
        self.pitch = max(PITCH_MIN, width(str(len(found.numbers)), SMALL) + 1.5)
        names = [name for _, outcomes in found.domains for _, name in outcomes]
        self.label = min(max(width(n) for n in names) + 8, LABEL_SHARE * self.width)
        self.columns = self._column_widths()
        self.heads = [wrap(HEADS[d], w - 3, bold=True)
                      for d, w in zip(found.columns, self.columns, strict=True)]  # fmt: skip
        self.top = MARGIN + max(len(h) for h in self.heads) * LINE + 4
        self.rows = [row for d in found.domains for row in self._domain(*d)]
        self.notes = self._notes()
        self.legend = self.top + sum(r[3] for r in self.rows) + 6
        self.legends = [(n, lines_of(e, self.width - 2 * MARGIN)) for n, e in _entries(found)]
        tall = sum(len(lines) for _, lines in self.legends) * LEGEND_LINE
        self.height = self.legend + tall + len(self.notes) * LINE + MARGIN

    def _column_widths(self) -> list[float]:
        """Share the room by the most bars of a column; each has room for its heading's words."""
        found = self.found
        most = [
            max((len(v) for (_, d), v in found.votes.items() if d == column), default=0)
            for column in found.columns
        ]
        least = [max(width(w, bold=True) for w in HEADS[c].split()) + 4 for c in found.columns]
        fixed = 2 * MARGIN + GAP
        self.label = max(LABEL_MIN, min(self.label, self.width - fixed - sum(least)))
        spare = self.width - fixed - self.label - sum(least)
        total = sum(most) or 1
        return [a + max(0.0, spare) * n / total for a, n in zip(least, most, strict=True)]

    def each(self, column: int) -> int:
        """Give how many bars stand side by side in a column."""
        return max(1, int((self.columns[column] - 4) // self.pitch))

    def _domain(
        self, domain: str, outcomes: Sequence[tuple[str, str]]
    ) -> list[tuple[str, str, list[str], float]]:
        rows: list[tuple[str, str, list[str], float]] = []
        if [d for d, _ in self.found.domains] != [NO_DOMAIN]:
            rows.append((domain, "", [domain], LINE + 4))
        for outcome, name in outcomes:
            lines = wrap(name, self.label - 4)
            high = max(self.stories(outcome) * self.story(outcome) + 3, len(lines) * LINE + 2)
            rows.append(("", outcome, lines, high))
        return rows

    def stories(self, outcome: str) -> int:
        """Give how many lines of bars an outcome needs."""
        return max(
            -(-len(self.found.votes.get((outcome, d), ())) // self.each(i))
            for i, d in enumerate(self.found.columns)
        )

    def story(self, outcome: str) -> float:
        """Give the height of one line of bars of an outcome, with their numbers."""
        own = [v for (o, _), votes_ in self.found.votes.items() if o == outcome for v in votes_]
        return max(self.found.heights[v.review] for v in own) * STEP + STUB + FOOT + 2

    def _notes(self) -> list[list[Cell]]:
        named = (f"{n} {self.found.names[r]}" for r, n in self.found.numbers.items())
        listed = "; ".join(text.replace(" ", "\u00a0") for text in named)
        notes = [note(f"Reviews: {listed}.")]
        if DIFFERS in self.found.columns:
            notes.append(note("Differs: the review reports more than one direction there."))
        if any(" or " in grade for grade in self.found.grades.values()):
            notes.append(note("Where several grades are possible, the bar has the lowest."))
        notes += [note(t) for t in note_on_boxes(self.found.names.values())]
        return [line for n in notes for line in flow(n, self.width - 2 * MARGIN)]


# --- drawing --------------------------------------------------------------------------------------


def draw_harvest(found: Harvest, width_mm: float) -> tuple[Any, list[Spot]]:
    """Draw the plot; give the figure and its spots."""
    places = _Places(found, width_mm)
    letters = [*found.names.values(), *(n for _, o in found.domains for _, n in o)]
    canvas = Canvas(places.width, places.height, letters)
    lefts = [MARGIN + places.label + GAP]
    for wide in places.columns[:-1]:
        lefts.append(lefts[-1] + wide)
    _heads(canvas, places, lefts)
    spots: list[Spot] = []
    y, counted = places.top, 0
    for i, (domain, outcome, lines, high) in enumerate(places.rows):
        if domain:
            if i:
                canvas.line(MARGIN, y + 2, places.width - MARGIN, y + 2, color=RULE, lw=0.5)
            canvas.write(MARGIN, y + 2 + LINE / 2 + 1, domain, f"label-domain-{i}", weight="bold")
            counted = 0
        else:
            counted += 1
            if counted % 2:
                canvas.box(MARGIN, y, places.width - 2 * MARGIN, high, fc=BAND, zorder=-2)
            _label(canvas, places, lines, y, high, i)
            for n, direction in enumerate(found.columns):
                foot = y + (high - places.stories(outcome) * places.story(outcome)) / 2
                spots += _bars(canvas, places, (outcome, direction), (lefts[n], foot, n), i)
        y += high
    for left in lefts:
        canvas.line(left - 1, places.top - 2, left - 1, y, color=RULE, lw=0.5, zorder=-1)
    _below(canvas, places)
    return canvas.figure, spots


def _heads(canvas: Canvas, places: _Places, lefts: Sequence[float]) -> None:
    for i, (left, lines) in enumerate(zip(lefts, places.heads, strict=True)):
        for n, text in enumerate(lines):
            y = places.top - 4 - (len(lines) - 1 - n) * LINE - LINE / 2 + 1
            canvas.write(left + 2, y, text, f"column-{i}-{n}", weight="bold")
    canvas.write(MARGIN, places.top - 4 - LINE / 2 + 1, "Outcome", "column-outcome", weight="bold")
    canvas.line(MARGIN / 2, places.top - 2, places.width - MARGIN / 2, places.top - 2, lw=THIN)


def _label(
    canvas: Canvas, places: _Places, lines: Sequence[str], y: float, high: float, i: int
) -> None:  # fmt: skip
    for m, line in enumerate(lines):
        at = y + high / 2 + (m - (len(lines) - 1) / 2) * LINE
        canvas.write(MARGIN + 3, at, line, f"label-outcome-{i}-{m}")


def _bars(
    canvas: Canvas, places: _Places, cell: tuple[str, str], at: tuple[float, float, int], row: int
) -> list[Spot]:  # fmt: skip
    """Draw the bars of one outcome and direction."""
    left, top, column = at
    found, spots = places.found, []
    each, story = places.each(column), places.story(cell[0])
    for n, vote in enumerate(found.votes.get(cell, ())):
        x = left + 3 + (n % each) * places.pitch
        foot = top + (n // each + 1) * story - FOOT
        high = found.heights[vote.review] * STEP or STUB
        middle = x + places.pitch / 2
        fill = FILL[vote.evidence]
        canvas.box(middle - BAR / 2, foot - high, BAR, high, fc=fill, ec=INK, lw=0.6)
        gid, number = f"axis-review-{row}-{column}-{n}", str(found.numbers[vote.review])
        canvas.write(middle, foot + FOOT / 2 + 0.5, number, gid, ha="center", size=SMALL,
                     color=GREY)  # fmt: skip
        facts = [
            ("Direction", SHOWN[vote.direction][1].lower(), ""),
            ("Evidence", WORDS[vote.evidence], ""),
            ("Time", vote.time, ""),
            ("AMSTAR 2", found.grades[vote.review], ""),
            ("Source", vote.source or "not stated", ""),
        ]
        place = f"bar{row * 10_000 + column * 1_000 + n}"
        top_of = foot - story + FOOT
        spots.append(Spot(place, found.names[vote.review], facts, x, top_of, places.pitch, story))
    return spots


def _entries(found: Harvest) -> list[tuple[str, list[Entry]]]:
    """Give the legends: kinds of evidence, and heights."""
    used = {v.evidence for members in found.votes.values() for v in members}
    kinds = [Entry(words, BAR, _block(FILL[e], 8.0)) for e, words in WORDS.items() if e in used]
    seen = set(found.heights.values())
    steps = [(0, NOT_RATED), *((h, g.replace("_", " ")) for g, h in HEIGHTS.items())]
    heights = [
        Entry(words, BAR, _block("#FFFFFF", h * STEP * 0.6 or STUB))
        for h, words in steps
        if h in seen
    ]
    return [("evidence", kinds), ("height", [Entry("AMSTAR 2:"), *heights])]


def _block(colour: str, high: float) -> Callable[[Canvas, float, float], None]:
    def draw(canvas: Canvas, x: float, y: float) -> None:
        canvas.box(x, y + 4 - high, BAR, high, fc=colour, ec=INK, lw=0.6)

    return draw


def _below(canvas: Canvas, places: _Places) -> None:
    """Draw legends and notes."""
    y = places.legend
    for name, lines in places.legends:
        y = draw_legend(canvas, lines, MARGIN, y, LEGEND_LINE, name)
    for i, line in enumerate(places.notes):
        canvas.cells(MARGIN, y + (i + 0.5) * LINE, line, f"note-{i}")
