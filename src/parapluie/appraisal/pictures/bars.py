"""Answers by item as stacked bars, each with its denominator; and the grades as bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parapluie.appraisal.pictures.looks import (
    ANSWERS,
    GRADES,
    LEGEND_LINE,
    SET,
    UNGRADED,
    lettered,
    look_of,
    plain_entry,
)
from parapluie.appraisal.pictures.sources import Sources
from parapluie.appraisal.tool import Item
from parapluie.figure.below import Below
from parapluie.figure.canvas import Canvas, Place
from parapluie.figure.drawn import Draw
from parapluie.figure.legend import Entry
from parapluie.figure.looks import GREY, INK
from parapluie.figure.sizes import GAP, LINE, MARGIN, POINTS_PER_MM
from parapluie.figure.spots import Spot
from parapluie.figure.texts import Cell, width, wrap
from parapluie.grid import ink
from parapluie.rounding import half_away

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROW, BAR, LABEL_SHARE = 15.0, 11.0, 0.32
NARROW = 300.0
"""Width in points below which items are named in short."""
ITEM = "appraisal.item"
OVERALL = "appraisal.overall"


@dataclass(frozen=True)
class Piece:
    """A part of a bar: how many reviews, its key, colour and words."""

    n: int
    key: str
    colour: str
    words: str


@dataclass(frozen=True)
class Stack:
    """A bar: its name, its pieces, how many reviews they are, and columns of numbers beside it."""

    place: str
    name: str
    pieces: Sequence[Piece]
    n: Cell
    beside: Sequence[Cell] = ()
    bold: bool = False

    @property
    def total(self) -> int:
        """Reviews of all pieces."""
        return sum(p.n for p in self.pieces)


def stacks_of(sources: Sources, short: bool = False) -> list[Stack]:
    """Count the answers to each item, named in full or in short."""
    stacks = []
    for n, item in enumerate(sources.tool.items):
        given = Counter(r.answers.get(item.id, "") for r in sources.answered)
        key = f"{ITEM}.{item.id}"
        pieces = [Piece(given[a], f"{key}.{a}", look_of(a).colour, look_of(a).word)
                  for a in answers_of(item, given)]  # fmt: skip
        counts = left_over(sources, item)
        beside = [(str(counts[name]), f"{key}.{name}") for name in counts]
        name = f"{sources.number(item)}  {item.short if short else item.label}"
        scored = (str(sum(p.n for p in pieces)), f"{key}.scored")
        stacks.append(Stack(f"row{n}", name, pieces, scored, beside, sources.critical(item)))
    return stacks


def answers_of(item: Item, given: Counter[str]) -> list[str]:
    """Give the answers of an item in the order of the tool, and those that it does not list."""
    return [*item.answers, *sorted(a for a in given if a and a not in item.answers)]


def left_over(sources: Sources, item: Item) -> dict[str, int]:
    """Count the reviews of which the item is not scored, or waits for an answer."""
    states = [(r.states.get(item.id), r.answers.get(item.id, "")) for r in sources.answered]
    return {
        "not_scored": sum(state == "not_scored" for state, _ in states),
        "waiting": sum(state != "not_scored" and not answer for state, answer in states),
    }


def grade_stack(sources: Sources) -> Stack:
    """Count the grades, and the sets of grades of which one holds."""
    finals = Counter(r.grades for r in sources.graded)
    pieces = [
        Piece(finals[(g,)], f"{OVERALL}.{g}", GRADES.get(g, SET), words.lower())
        for g, words in sources.tool.grades.items()
    ]
    for among in sorted(g for g in finals if len(g) > 1):
        words = " or ".join(sources.tool.grades.get(g, g).lower() for g in among)
        pieces.append(Piece(finals[among], f"{OVERALL}.set.{'.'.join(among)}", SET, words))
    rated = (str(sum(finals.values())), f"{OVERALL}.rated")
    return Stack("overall0", "Overall grade", pieces, rated, bold=True)


# --- stacked bars ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Plan:
    """Places of the stacked bars in points."""

    stacks: Sequence[Stack]
    names: Sequence[Sequence[str]]
    columns: Sequence[tuple[str, int]]
    width: float
    left: float
    rights: Sequence[float]
    top: float

    @property
    def heights(self) -> list[float]:
        return [max(ROW, len(lines) * LINE + 4) for lines in self.names]

    @property
    def room(self) -> float:
        """Length of a whole bar."""
        return self.rights[0] - self.left


def stacked_bars(sources: Sources, width_mm: float) -> list[Draw]:
    """Give the figure."""
    return [lambda: _draw_stacks(sources, width_mm * POINTS_PER_MM)]


def _plan(sources: Sources, total: float) -> _Plan:
    stacks = stacks_of(sources, total < NARROW)
    if sources.tool.grades and sources.graded:
        stacks.append(grade_stack(sources))
    names = [wrap(s.name, LABEL_SHARE * total, bold=s.bold) for s in stacks]
    columns = [("Scored", -1)]
    for i, words in enumerate(("Not scored", "Waiting")):
        if any(s.beside and s.beside[i][0] != "0" for s in stacks):
            columns.append((words, i))
    widths = [max(width(w, bold=True) for w in words.split()) + GAP for words, _ in columns]
    label = max(width(line, bold=s.bold) for s, x in zip(stacks, names, strict=True) for line in x)
    ends = [total - MARGIN - sum(widths[i:]) for i in range(len(widths) + 1)]
    heads = max(len(words.split()) for words, _ in columns)
    return _Plan(stacks, names, columns, total, MARGIN + label + GAP, ends,
                 MARGIN + heads * LINE + GAP)  # fmt: skip


def _draw_stacks(sources: Sources, total: float) -> tuple[Figure, list[Spot]]:
    plan = _plan(sources, total)
    below = _below(sources, plan)
    foot = plan.top + sum(plan.heights)
    letters = [*below.texts, *(s.name for s in plan.stacks), "%"]
    canvas = Canvas(total, foot + 3 * LINE + below.height + MARGIN, letters)
    _write_columns(canvas, plan)
    _axis(canvas, plan, foot)
    spots: list[Spot] = []
    top = plan.top
    for i, stack in enumerate(plan.stacks):
        if stack.place.startswith("overall"):
            canvas.line(MARGIN, top, total - MARGIN, top, color=GREY, lw=0.5)
        spots += _stack(canvas, sources, plan, i, top)
        top += plan.heights[i]
    below.draw(canvas, foot + 3 * LINE)
    return canvas.figure, spots


def _below(sources: Sources, plan: _Plan) -> Below:
    given = [p.key.rpartition(".")[2] for s in plan.stacks for p in s.pieces
             if p.n and not s.place.startswith("overall")]  # fmt: skip
    used = {look_of(a) for a in given}
    order = dict.fromkeys([*ANSWERS.values(), *map(look_of, given)])
    answers = [lettered(look) for look in order if look in used]
    last = plan.stacks[-1]
    grades = [plain_entry(p.colour, p.words) for p in last.pieces if p.n]
    grades = [Entry("Grade:"), *grades] if last.place.startswith("overall") else []
    notes = sources.notes(sources.answered)[:1]
    notes.append([(
        "Bars: shares of the reviews of which the item is scored; numbers: reviews, where the part "
        "has room.", "",
    )])  # fmt: skip
    return Below([answers, grades], notes, plan.width, (), LEGEND_LINE)


def _write_columns(canvas: Canvas, plan: _Plan) -> None:
    for (words, _), right in zip(plan.columns, plan.rights[1:], strict=True):
        lines = words.split()
        for m, line in enumerate(lines):
            y = plan.top - GAP / 2 - (len(lines) - m - 0.5) * LINE
            canvas.write(right, y, line, f"label-column-{words[0]}-{m}", ha="right", weight="bold")


def _axis(canvas: Canvas, plan: _Plan, foot: float) -> None:
    canvas.segments(
        [(plan.left + plan.room * s, plan.top, plan.left + plan.room * s, foot + 3)
         for s in (0, 0.25, 0.5, 0.75, 1)],
        colors="#C4C9CE", linewidths=0.5, zorder=0.5,
    )  # fmt: skip
    for share in (0, 50, 100):
        x = plan.left + plan.room * share / 100
        canvas.write(x, foot + 4 + LINE / 2, f"{share} %", f"axis-share-{share}", ha="center")


def _stack(
    canvas: Canvas, sources: Sources, plan: _Plan, i: int, top: float
) -> Iterator[Spot]:  # fmt: skip
    stack, high = plan.stacks[i], plan.heights[i]
    y = top + high / 2
    weight = "bold" if stack.bold else "normal"
    for m, line in enumerate(plan.names[i]):
        at = y + (m - (len(plan.names[i]) - 1) / 2) * LINE
        canvas.write(MARGIN, at, line, f"label-item-{i}-{m}", weight=weight)
    for (_, which), right in zip(plan.columns, plan.rights[1:], strict=True):
        text, key = stack.n if which < 0 else (*stack.beside, ("", ""), ("", ""))[which]
        canvas.write(right, y, text, f"{stack.place}|key:{key}", ha="right")
    _pieces(canvas, plan, stack, y)
    yield Spot(stack.place, stack.name, _facts(sources, plan, stack), MARGIN, top,
               plan.width - 2 * MARGIN, high)  # fmt: skip


def _pieces(canvas: Canvas, plan: _Plan, stack: Stack, y: float) -> None:
    if not stack.total:
        canvas.write(plan.left + 3, y, "no answer scored", f"label-none-{stack.place}", color=GREY)
        return
    x = plan.left
    places: list[Place] = []
    for piece in stack.pieces:
        long = plan.room * piece.n / stack.total
        places.append((x, y - BAR / 2, long, BAR))
        if piece.n and width(str(piece.n)) + 2 <= long:
            canvas.write(x + long / 2, y, str(piece.n), f"{stack.place}|key:{piece.key}",
                         ha="center", color=ink(piece.colour))  # fmt: skip
        x += long
    canvas.boxes(places, [p.colour for p in stack.pieces], edgecolors="#FFFFFF", linewidths=0.6)


def _facts(sources: Sources, plan: _Plan, stack: Stack) -> list[tuple[str, str, str]]:
    facts = []
    for piece in stack.pieces:
        if piece.n:
            share = half_away(100 * piece.n / stack.total, 1)
            facts.append((piece.words.capitalize(), f"{piece.n} ({share:f} %)", piece.key))
    facts.append(("Scored", *stack.n))
    for words, cell in zip(("Not scored", "Waiting"), stack.beside, strict=False):
        if cell[0] != "0":
            facts.append((words, *cell))
    return [*facts, ("Source", "; ".join(sources.files), "")] if sources.files else facts


# --- grades alone ---------------------------------------------------------------------------------


def grade_bars(sources: Sources, width_mm: float) -> list[Draw]:
    """Give the figure of how many reviews have each grade, or each set of grades."""
    return [lambda: _draw_grades(sources, min(width_mm, 120.0) * POINTS_PER_MM)]


def _draw_grades(sources: Sources, wide: float) -> tuple[Figure, list[Spot]]:
    pieces = list(grade_stack(sources).pieces)
    unrated = len(sources.rated) - len(sources.graded)
    if unrated:
        pieces.append(Piece(unrated, f"{OVERALL}.not_rated", UNGRADED, "not rated"))
    names = [p.words[0].upper() + p.words[1:] for p in pieces]
    lines = [wrap(name, 0.4 * wide) for name in names]
    left = MARGIN + max(width(line) for x in lines for line in x) + GAP
    room = wide - MARGIN - left - max(width(str(p.n)) for p in pieces) - GAP
    by_hand = any(r.basis == "override" for r in sources.graded)
    text = "as recorded by the source; the answers to the items are not available."
    text = f"Numbers of reviews; {'some set by hand, the others ' if by_hand else ''}{text}"
    below = Below([], [[(text, "")]], wide, (), LEGEND_LINE)
    foot = MARGIN + ROW * len(pieces)
    canvas = Canvas(wide, foot + GAP + below.height + MARGIN, [*names, *below.texts])
    most = max([p.n for p in pieces] + [1])
    bars: list[Place] = []
    spots = []
    for i, piece in enumerate(pieces):
        y = MARGIN + (i + 0.5) * ROW
        bars.append((left, y - 5, room * piece.n / most, 10))
        for m, line in enumerate(lines[i]):
            at = y + (m - (len(lines[i]) - 1) / 2) * LINE
            canvas.write(left - GAP, at, line, f"label-{i}-{m}", ha="right")
        canvas.write(left + bars[-1][2] + 3, y, str(piece.n), f"row{i}|key:{piece.key}")
        facts = [("Reviews", str(piece.n), piece.key), *_sources_of(sources, piece)]
        spots.append(Spot(f"row{i}", names[i], facts, MARGIN, y - ROW / 2, wide - 2 * MARGIN, ROW))
    seen = [i for i, p in enumerate(pieces) if p.n]
    canvas.boxes([bars[i] for i in seen], [pieces[i].colour for i in seen], edgecolors=INK,
                 linewidths=0.5)  # fmt: skip
    canvas.line(left, MARGIN, left, foot, color=INK)
    below.draw(canvas, foot + GAP)
    return canvas.figure, spots


def _sources_of(sources: Sources, piece: Piece) -> list[tuple[str, str, str]]:
    words = piece.key.removeprefix(f"{OVERALL}.").removeprefix("set.")
    named = [r.source for r in sources.graded if ".".join(r.grades) == words and r.source]
    return [("Source", "; ".join(dict.fromkeys(named)), "")] if named else []
